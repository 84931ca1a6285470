import * as tf from '@tensorflow/tfjs';
import { METADATA } from './safetensors-header.ts';

/** What JSON can hold. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A state as JSON that loses nothing.
 *
 * NaN, infinities, -0 and undefined become `{ "$value": "NaN" }`; a tensor becomes `{ "$tensor": name }` and goes to
 * `tensors` under that name, its path as far as that is free; a key that begins with `$` gets a second one. Throws a
 * TypeError on what is neither a plain value nor a tensor.
 */
export function toPlain(state: unknown, tensors: Map<string, tf.Tensor>, path = ''): Json {
  if (state instanceof tf.Tensor) {
    const name = freeName(path, tensors);
    tensors.set(name, state as tf.Tensor);
    return { $tensor: name };
  }
  if (typeof state === 'number' && Number.isFinite(state) && !Object.is(state, -0)) return state;
  if (typeof state === 'number' || state === undefined)
    return { $value: Object.is(state, -0) ? '-0' : String(state) };
  if (state === null || typeof state === 'boolean' || typeof state === 'string') return state;
  if (Array.isArray(state))
    return Array.from(state, (value: unknown, i) => toPlain(value, tensors, below(path, `${i}`)));
  if (!isPlainObject(state))
    throw new TypeError(
      `checkpoint: "${path}" of the state is ${kindOf(state)}; a state holds numbers, strings, booleans, null, tensors, and lists and plain objects of them`,
    );
  return Object.fromEntries(
    Object.entries(state).map(([key, value]) => [
      key.startsWith('$') ? `$${key}` : key,
      toPlain(value, tensors, below(path, key)),
    ]),
  );
}

/** The state that `toPlain` made JSON of. Takes its tensors out of `tensors`; throws where there is none. */
export function fromPlain(json: Json, tensors: Map<string, tf.Tensor>): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (isList(json)) return json.map((value) => fromPlain(value, tensors));
  const { $value: value, $tensor: name } = json;
  if (value === 'undefined') return undefined;
  if (typeof value === 'string') return Number(value);
  if (typeof name === 'string') {
    const tensor = tensors.get(name);
    // Each has one owner, so none is given out twice.
    if (!tensors.delete(name)) throw new Error(`there is no tensor "${name}"`);
    return tensor;
  }
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key.startsWith('$') ? key.slice(1) : key,
      fromPlain(value, tensors),
    ]),
  );
}

/** Keys may hold slashes and what a file can't have in a name. */
function freeName(path: string, tensors: ReadonlyMap<string, tf.Tensor>): string {
  let name = path.replace(/\p{Surrogate}/gu, '\ufffd');
  while (tensors.has(name) || name === METADATA) name += '+';
  return name;
}

function below(path: string, key: string): string {
  return path === '' ? key : `${path}/${key}`;
}

/** Another window's or worker's plain objects are plain as well. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  return `of the type ${value.constructor.name}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
