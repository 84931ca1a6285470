import type { Json } from './plain-state.ts';

/** Characters of a line beyond which a list or an object is broken up. */
const WIDTH = 100;

/** JSON text of lines to read: what fits on a line, of which `taken` characters are gone, is on one. */
export function readableJson(json: Json, indent = '', taken = indent.length): string {
  const compact = JSON.stringify(json);
  if (typeof json !== 'object' || json === null || taken + compact.length <= WIDTH) return compact;
  const isList = Array.isArray(json);
  const lines = Object.entries(json).map(([key, value]: [string, Json]) => {
    const start = `${indent}  ${isList ? '' : `${JSON.stringify(key)}: `}`;
    return start + readableJson(value, `${indent}  `, start.length);
  });
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}
