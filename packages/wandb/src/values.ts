import type { Tensor } from '@tensorflow/tfjs';
import { histogramCounts } from './media/histogram-counts.ts';
import { isTensor } from './media/host-numbers.ts';
import { isWandbMedia } from './media/media.ts';
import type { Item } from './record.ts';

/** Told of a value that was left out or cut short: the value's key, deeper keys after dots, and why. */
export type Warn = (key: string, why: string) => void;

/** Elements up to which a tensor or a typed array is written out; longer ones become a histogram. */
const LIST_LENGTH = 32;
/** Bins of the histogram that such a longer one becomes. */
const HISTOGRAM_BINS = 32;
/** Elements up to which a tensor is read from the device on the way. */
const READ_LENGTH = 65_536;
const MAX_DEPTH = 64;
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
 *   circular references, getters that throw, promises and the like, an empty key of the row, media values (a run renders those),
 *   and what is nested more than 64 deep. In a list null takes its place.
 *
 * Neither throws nor changes the row.
 */
export function toItems(row: object, warn: Warn = silent): Item[] {
  const items: Item[] = [];
  for (const key of keysOf(row, '', warn)) {
    const before = items.length;
    try {
      const value = (row as Readonly<Record<string, unknown>>)[key];
      // What rows are made of, on the short way.
      if (typeof value === 'number' && key !== '')
        items.push({ key, valueJson: numberText(value) });
      else addItems(items, value, [key], [row], warn);
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
    return textOf(value, key, [], warn);
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

/** What a value looks like on paper. */
type Form =
  | { readonly text: string }
  | { readonly list: ArrayLike<unknown> }
  | { readonly members: readonly (readonly [string, unknown])[] }
  | { readonly nothing: string | undefined };

function addItems(
  items: Item[],
  value: unknown,
  path: readonly string[],
  within: readonly object[],
  warn: Warn,
): void {
  const name = path.join('.');
  if (path.length === 1 && name === '') {
    warn(name, 'its key is empty');
    return;
  }
  const form = formOf(value, name, within, warn);
  if ('members' in form) {
    const inside = [...within, value as object];
    for (const [key, member] of form.members) addItems(items, member, [...path, key], inside, warn);
    return;
  }
  const valueJson = textOfForm(form, value, name, within, warn);
  const [key, ...deeper] = path;
  if (valueJson !== undefined && key !== undefined)
    items.push({ key: deeper.length > 0 ? path : key, valueJson });
}

function textOf(
  value: unknown,
  name: string,
  within: readonly object[],
  warn: Warn,
): string | undefined {
  if (typeof value === 'number') return numberText(value);
  return textOfForm(formOf(value, name, within, warn), value, name, within, warn);
}

function textOfForm(
  form: Form,
  value: unknown,
  name: string,
  within: readonly object[],
  warn: Warn,
): string | undefined {
  if ('text' in form) return form.text;
  if ('nothing' in form) {
    if (form.nothing !== undefined) warn(name, form.nothing);
    return undefined;
  }
  const inside = [...within, value as object];
  if ('list' in form)
    return `[${Array.from(form.list, (element) => textOf(element, name, inside, warn) ?? 'null').join(',')}]`;
  const members = form.members.flatMap(([key, member]) => {
    const text = textOf(member, `${name}.${key}`, inside, warn);
    return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`];
  });
  return `{${members.join(',')}}`;
}

function formOf(value: unknown, name: string, within: readonly object[], warn: Warn): Form {
  switch (typeof value) {
    case 'number':
      return { text: numberText(value) };
    case 'string':
      return { text: JSON.stringify(value) };
    case 'boolean':
      return { text: String(value) };
    case 'bigint':
      return { text: bigintText(value) };
    case 'undefined':
      return { nothing: undefined };
    case 'object':
      return value === null ? { text: 'null' } : formOfObject(value, name, within, warn);
    default:
      return { nothing: `a ${typeof value} can't be logged` };
  }
}

function formOfObject(value: object, name: string, within: readonly object[], warn: Warn): Form {
  if (within.includes(value)) return { nothing: 'it contains itself' };
  if (within.length >= MAX_DEPTH) return { nothing: `it is nested more than ${MAX_DEPTH} deep` };
  if (Array.isArray(value)) return { list: value };
  if (isWandbMedia(value)) return { nothing: 'media is logged by itself, not within a value' };
  if (isTensor(value)) return formOfTensor(value, name, warn);
  if (isTypedArray(value)) return formOfArray(value, [value.length]);
  if (value instanceof Map)
    return { members: Array.from(value, ([key, member]) => [String(key), member] as const) };
  if (value instanceof Set) return { list: [...value] };
  if (value instanceof Error) return { text: JSON.stringify(String(value)) };
  if (hasToJson(value)) return formOf(value.toJSON(), name, [...within, value], warn);
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return formOf(value.valueOf(), name, within, warn);
  return formOfMembers(value, name, warn);
}

function formOfMembers(value: object, name: string, warn: Warn): Form {
  const keys = keysOf(value, name, warn);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (keys.length === 0 && !isPlain)
    return { nothing: `${Object.prototype.toString.call(value)} can't be written as JSON` };
  return {
    members: keys.map((key) => {
      try {
        return [key, (value as Readonly<Record<string, unknown>>)[key]] as const;
      } catch (error) {
        warn(`${name}.${key}`, `reading it failed: ${message(error)}`);
        return [key, undefined] as const;
      }
    }),
  };
}

function formOfTensor(tensor: Tensor, name: string, warn: Warn): Form {
  const { dtype, shape, size } = tensor;
  const note = `${dtype} tensor [${shape.join(', ')}]`;
  if (size > READ_LENGTH || dtype === 'complex64' || (dtype === 'string' && size > LIST_LENGTH)) {
    warn(
      name,
      `a ${note} is not read while training, its type and shape are logged; log its mean or a histogram of it`,
    );
    return { text: JSON.stringify(note) };
  }
  const data: ArrayLike<unknown> = tensor.dataSync();
  if (dtype === 'bool' && size <= LIST_LENGTH)
    return formOfArray(
      Array.from(data, (element) => element === 1),
      shape,
    );
  return formOfArray(data, shape);
}

function formOfArray(data: ArrayLike<unknown>, shape: readonly number[]): Form {
  if (data.length === 1) return formOf(data[0], '', [], silent);
  if (data.length <= LIST_LENGTH) return { list: nested(data, shape) };
  const numbers =
    typeof data[0] === 'bigint' ? Float64Array.from(data, Number) : (data as ArrayLike<number>);
  const { values, bins } = histogramCounts(numbers, HISTOGRAM_BINS);
  return {
    members: [
      ['_type', 'histogram'],
      ['values', values],
      ['bins', bins],
    ],
  };
}

function nested(data: ArrayLike<unknown>, [length = 0, ...inner]: readonly number[]): unknown[] {
  if (inner.length === 0) return Array.from(data);
  const width = length === 0 ? 0 : data.length / length;
  return Array.from({ length }, (_, i) =>
    nested(Array.prototype.slice.call(data, i * width, (i + 1) * width), inner),
  );
}

function isTypedArray(value: object): value is Float64Array {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function keysOf(value: object, name: string, warn: Warn): string[] {
  try {
    return Object.keys(value);
  } catch (error) {
    warn(name, `reading its keys failed: ${message(error)}`);
    return [];
  }
}

/** A number as JSON text, with NaN, Infinity, -Infinity and -0 as themselves. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function bigintText(value: bigint): string {
  const digits = value.toString();
  return Number.isSafeInteger(Number(value)) ? digits : `"${digits}"`;
}

function message(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'an error that can not be read';
  }
}

function silent(): void {
  // Nobody wants to know.
}
