import * as tf from '@tensorflow/tfjs';
import type { CallbackState } from '../callback.ts';

/** What JSON can hold. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A state as JSON that loses nothing: NaN, infinities and -0 become `{ "$number": "NaN" }`, a tensor becomes
 * `{ "$tensor": name }` and goes to `tensors` under that name, and a key that begins with `$` gets a second one.
 */
export function toPlain(state: CallbackState, path: string, tensors: Map<string, tf.Tensor>): Json {
  if (state instanceof tf.Tensor) {
    let name = path;
    // Keys may hold slashes themselves.
    while (tensors.has(name)) name += '+';
    tensors.set(name, state);
    return { $tensor: name };
  }
  if (typeof state === 'number')
    return Number.isFinite(state) && !Object.is(state, -0)
      ? state
      : { $number: Object.is(state, -0) ? '-0' : String(state) };
  if (typeof state !== 'object' || state === null) return state;
  if (isList(state)) return state.map((value, i) => toPlain(value, `${path}/${i}`, tensors));
  return Object.fromEntries(
    Object.entries(state).map(([key, value]) => [
      key.startsWith('$') ? `$${key}` : key,
      toPlain(value, `${path}/${key}`, tensors),
    ]),
  );
}

/** The state that `toPlain` made JSON of. Throws where a tensor is missing. */
export function fromPlain(json: Json, tensors: ReadonlyMap<string, tf.Tensor>): CallbackState {
  if (typeof json !== 'object' || json === null) return json;
  if (isList(json)) return json.map((value) => fromPlain(value, tensors));
  if (typeof json['$number'] === 'string') return Number(json['$number']);
  if (typeof json['$tensor'] === 'string') {
    const tensor = tensors.get(json['$tensor']);
    if (!tensor) throw new Error(`there is no tensor "${json['$tensor']}"`);
    return tensor;
  }
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key.startsWith('$$') ? key.slice(1) : key,
      fromPlain(value, tensors),
    ]),
  );
}

function isList<T>(value: T | readonly T[] | Readonly<Record<string, T>>): value is readonly T[] {
  return Array.isArray(value);
}
