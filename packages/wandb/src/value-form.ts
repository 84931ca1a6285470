import type { Tensor } from '@tensorflow/tfjs';
import { histogramCounts } from './media/histogram-counts.ts';
import { isTensor } from './media/host-numbers.ts';
import { isWandbMedia } from './media/media.ts';

/** Told of a value that was left out or cut short: the value's key, deeper keys after dots, and why. */
export type Warn = (key: string, why: string) => void;

/** Elements up to which a tensor or a typed array is written out; longer ones become a histogram. */
const LIST_LENGTH = 32;
/** Bins of the histogram that such a longer one becomes. */
const HISTOGRAM_BINS = 32;
/** Elements up to which a tensor is read from the device on the way. */
const READ_LENGTH = 65_536;
const MAX_DEPTH = 64;
/** Objects and their members below a key: graphs with many ways to one object would take for ever. */
const MAX_MEMBERS = 20_000;

/** Who hears of what is left out, and how many members the value may still have. */
export interface Scope {
  readonly warn: Warn;
  left: number;
}

/** What a value looks like on paper: `nothing` says why it is left out, if that is worth saying. */
export type Form =
  | { readonly text: string }
  | { readonly list: ArrayLike<unknown> }
  | { readonly members: readonly (readonly [string, unknown])[] }
  | { readonly nothing: string | undefined };

/** Room for one value. */
export function openScope(warn: Warn): Scope {
  return { warn, left: MAX_MEMBERS };
}

/** The form of a value, which lies `within` these objects. */
export function formOf(
  value: unknown,
  name: string,
  within: readonly object[],
  scope: Scope,
): Form {
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
      return value === null ? { text: 'null' } : formOfObject(value, name, within, scope);
    default:
      return { nothing: `a ${typeof value} can't be logged` };
  }
}

function formOfObject(value: object, name: string, within: readonly object[], scope: Scope): Form {
  spend(scope, 1);
  if (within.includes(value)) return { nothing: 'it contains itself' };
  if (within.length >= MAX_DEPTH) return { nothing: `it is nested more than ${MAX_DEPTH} deep` };
  if (Array.isArray(value)) return { list: value };
  if (isWandbMedia(value)) return { nothing: 'media is logged by itself, not within a value' };
  if (isTensor(value)) return formOfTensor(value, name, scope);
  if (isTypedArray(value)) return formOfArray(value, [value.length]);
  if (value instanceof Map)
    return { members: Array.from(value, ([key, member]) => [String(key), member] as const) };
  if (value instanceof Set) return { list: [...value] };
  if (value instanceof Error) return { text: JSON.stringify(String(value)) };
  if (hasToJson(value)) return formOf(value.toJSON(), name, [...within, value], scope);
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return formOf(value.valueOf(), name, within, scope);
  return formOfMembers(value, name, scope);
}

function formOfMembers(value: object, name: string, scope: Scope): Form {
  const keys = keysOf(value, name, scope);
  spend(scope, keys.length);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (keys.length === 0 && !isPlain)
    return { nothing: `${Object.prototype.toString.call(value)} can't be written as JSON` };
  return {
    members: keys.map((key) => {
      try {
        return [key, (value as Readonly<Record<string, unknown>>)[key]] as const;
      } catch (error) {
        scope.warn(`${name}.${key}`, `reading it failed: ${message(error)}`);
        return [key, undefined] as const;
      }
    }),
  };
}

function formOfTensor(tensor: Tensor, name: string, scope: Scope): Form {
  const { dtype, shape, size } = tensor;
  const note = `${dtype} tensor [${shape.join(', ')}]`;
  if (size > READ_LENGTH || dtype === 'complex64' || (dtype === 'string' && size > LIST_LENGTH)) {
    scope.warn(
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
  if (data.length === 1) return formOf(data[0], '', [], { warn: silent, left: 1 });
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

// Thrown to where the key's items are taken back.
function spend(scope: Scope, members: number): void {
  scope.left -= members;
  if (scope.left < 0) throw new RangeError(`it holds more than ${MAX_MEMBERS} objects and members`);
}

/** An object's own keys: none where they can't be read. */
export function keysOf(value: object, name: string, scope: Scope): string[] {
  try {
    return Object.keys(value);
  } catch (error) {
    scope.warn(name, `reading its keys failed: ${message(error)}`);
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

/** What an error says, whatever was thrown. */
export function message(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'an error that can not be read';
  }
}

/** Tells nobody. */
export function silent(): void {
  // Nobody wants to know.
}
