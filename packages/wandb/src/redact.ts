import { REDACTED } from './config-values.ts';

/** Takes the key out of what is written. */
export interface Redaction {
  /** A text without the key. */
  text(text: string): string;
  /** Plain values, such as a record, without the key in their texts. Names of members are left. */
  values<T>(values: T): T;
}

/** Redacts one key, which is asked for each time and kept nowhere. */
export function redaction(apiKey: () => string | undefined): Redaction {
  return {
    text(text) {
      const key = apiKey();
      return key === undefined ? text : text.replaceAll(key, REDACTED);
    },
    values(values) {
      const key = apiKey();
      // Every batch has a record, and hardly any has a copy made of it.
      return key !== undefined && holds(values, key) ? without(values, key) : values;
    },
  };
}

function holds(value: unknown, key: string): boolean {
  if (typeof value === 'string') return value.includes(key);
  if (Array.isArray(value)) return value.some((member) => holds(member, key));
  if (typeof value !== 'object' || value === null) return false;
  for (const name in value)
    if (holds((value as Readonly<Record<string, unknown>>)[name], key)) return true;
  return false;
}

function without<T>(value: T, key: string): T;
function without(value: unknown, key: string): unknown {
  if (typeof value === 'string') return value.replaceAll(key, REDACTED);
  if (Array.isArray(value)) return value.map((member: unknown) => without(member, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, without(member, key)]),
  );
}
