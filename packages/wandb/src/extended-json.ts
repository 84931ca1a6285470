/**
 * JSON in which NaN, Infinity and -Infinity stand bare, as the official client writes it. Only what has to be changed is
 * parsed: values go from the log to the service as they are written.
 */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/g;
const mark = '\u0000';

/** Parses extended JSON. @throws {SyntaxError} where it isn't any. */
export function parseExtended(text: string): unknown {
  const marked = text.replace(token, (part) =>
    part.startsWith('"') ? part : JSON.stringify(mark + part),
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? Number(value.slice(1)) : value,
  );
}

/** Writes extended JSON. */
export function stringifyExtended(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(stringifyExtended).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, inner]) => `${JSON.stringify(key)}:${stringifyExtended(inner)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}
