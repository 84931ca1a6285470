import type { Json } from './plain-state.ts';

/** Characters of a line beyond which a list or an object is broken up. */
const WIDTH = 100;

/** JSON text of lines to read: what fits on a line is on one. */
export function readableJson(json: Json, indent = ''): string {
  const compact = JSON.stringify(json);
  if (typeof json !== 'object' || json === null || indent.length + compact.length <= WIDTH)
    return compact;
  const inner = `${indent}  `;
  const isList = Array.isArray(json);
  const lines = Object.entries(json).map(([key, value]: [string, Json]) => {
    const text = readableJson(value, inner);
    return `${inner}${isList ? '' : `${JSON.stringify(key)}: `}${text}`;
  });
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}
