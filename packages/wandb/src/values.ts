import type { Item } from './record.ts';
import {
  formOf,
  keysOf,
  message,
  numberText,
  openScope,
  silent,
  type Form,
  type Scope,
  type Warn,
} from './value-form.ts';

export type { Warn } from './value-form.ts';

const MAX_WARNINGS = 1000;

/**
 * A row, config or summary as the items of a log record, in the row's own order.
 *
 * - Numbers as they are; NaN, Infinity and -Infinity as these words. A BigInt is a number where that is exact, else
 *   a string of its digits. A date is its ISO string, an error its message.
 * - A plain object, a Map or any other object with members of its own gives an item for each leaf, its key being the
 *   path; an empty one gives none. A Set is a list. An object with `toJSON` is what that returns.
 * - A tensor or typed array of 1 element is a scalar, up to 32 elements a (nested) list, and more than that a
 *   histogram of 32 bins over its finite values, as in the official client. Tensors are read at once, with
 *   `dataSync`, and never disposed; one of more than 65,536 elements is not read: a string with its type and shape
 *   stands for it, with a warning.
 * - `undefined` is no value and leaves no item. What can't be written is left out with a warning: functions, symbols,
 *   circular references, getters that throw, promises and the like, an empty key of the row, media values (a run
 *   renders those), and what is nested more than 64 deep or holds more than 20,000 objects and members. In a list
 *   null takes its place.
 *
 * Neither throws nor changes the row.
 */
export function toItems(row: object, warn: Warn = silent): Item[] {
  const items: Item[] = [];
  for (const key of keysOf(row, '', openScope(warn))) {
    const before = items.length;
    try {
      const value = (row as Readonly<Record<string, unknown>>)[key];
      // What rows are made of, on the short way.
      if (typeof value === 'number' && key !== '')
        items.push({ key, valueJson: numberText(value) });
      else addItems(items, value, [key], [row], openScope(warn));
    } catch (error) {
      items.length = before;
      warn(key, `reading it failed: ${message(error)}`);
    }
  }
  return items;
}

/**
 * A value as JSON text, by the rules of {@link toItems}, nested objects in full. `undefined` where it is no value or
 * can't be written; `warn` is then told under the name `key`.
 */
export function toValueJson(
  value: unknown,
  warn: Warn = silent,
  key = 'value',
): string | undefined {
  try {
    return textOf(value, key, [], openScope(warn));
  } catch (error) {
    warn(key, `reading it failed: ${message(error)}`);
    return undefined;
  }
}

/** Passes on the first warning of every key, of 1000 keys at most. */
export function warnOncePerKey(warn: Warn): Warn {
  const keys = new Set<string>();
  return (key, why) => {
    if (keys.has(key) || keys.size >= MAX_WARNINGS) return;
    keys.add(key);
    warn(key, why);
  };
}

function addItems(
  items: Item[],
  value: unknown,
  path: readonly string[],
  within: readonly object[],
  scope: Scope,
): void {
  const name = path.join('.');
  if (path.length === 1 && name === '') {
    scope.warn(name, 'its key is empty');
    return;
  }
  const form = formOf(value, name, within, scope);
  if ('members' in form) {
    const inside = [...within, value as object];
    for (const [key, member] of form.members)
      addItems(items, member, [...path, key], inside, scope);
    return;
  }
  const valueJson = textOfForm(form, value, name, within, scope);
  const [key, ...deeper] = path;
  if (valueJson !== undefined && key !== undefined)
    items.push({ key: deeper.length > 0 ? path : key, valueJson });
}

function textOf(
  value: unknown,
  name: string,
  within: readonly object[],
  scope: Scope,
): string | undefined {
  if (typeof value === 'number') return numberText(value);
  return textOfForm(formOf(value, name, within, scope), value, name, within, scope);
}

function textOfForm(
  form: Form,
  value: unknown,
  name: string,
  within: readonly object[],
  scope: Scope,
): string | undefined {
  if ('text' in form) return form.text;
  if ('nothing' in form) {
    if (form.nothing !== undefined) scope.warn(name, form.nothing);
    return undefined;
  }
  const inside = [...within, value as object];
  if ('list' in form)
    return `[${Array.from(form.list, (element) => textOf(element, name, inside, scope) ?? 'null').join(',')}]`;
  const members = form.members.flatMap(([key, member]) => {
    const text = textOf(member, `${name}.${key}`, inside, scope);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${members.join(',')}}`;
}
