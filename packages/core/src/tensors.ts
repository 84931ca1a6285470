import * as tf from '@tensorflow/tfjs';

/** One tensor, or several by position or by name: what goes into or comes out of a model. */
export type Tensors = tf.Tensor | tf.Tensor[] | Record<string, tf.Tensor>;

/**
 * A function of what a model gives and what it should give.
 *
 * A method's type, because TypeScript then lets a function of single tensors, `(pred: tf.Tensor, target:
 * tf.Tensor) => …`, stand for it; whether there is one tensor is the model's business.
 */
export type Comparison = {
  compare(pred: Tensors, target: Tensors): tf.Tensor;
}['compare'];

/** Every tensor of a {@link Tensors}, in its own order. */
export function tensorsOf(value: Tensors): tf.Tensor[] {
  if (value instanceof tf.Tensor) return [value];
  return Array.isArray(value) ? value : Object.values(value);
}

/** The same structure with every tensor replaced by `change(tensor)`. */
export function mapTensors(value: Tensors, change: (tensor: tf.Tensor) => tf.Tensor): Tensors {
  if (value instanceof tf.Tensor) return change(value);
  if (Array.isArray(value)) return value.map(change);
  return Object.fromEntries(Object.entries(value).map(([name, t]) => [name, change(t)]));
}

/** How many examples a value holds: the first dimension of its first tensor. */
export function exampleCount(value: Tensors): number {
  const first = value instanceof tf.Tensor ? value : tensorsOf(value)[0];
  return first?.shape[0] ?? 0;
}

/** A shape as error messages show it: `[2, 3]`. */
export function showShape(shape: readonly (number | null)[]): string {
  return `[${shape.map(String).join(', ')}]`;
}

/** Whether a value really is a {@link Tensors}: data comes from outside the types' reach. */
export function holdsTensors(value: unknown): value is Tensors {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof tf.Tensor) return true;
  const tensors: unknown[] = tensorsOf(value as Tensors);
  return tensors.length > 0 && tensors.every((tensor) => tensor instanceof tf.Tensor);
}

/** Every tensor of a value with what messages call it: `x`, or `x.0` and `x.left` where there are several. */
export function named(name: string, value: Tensors): (readonly [string, tf.Tensor])[] {
  if (value instanceof tf.Tensor) return [[name, value]];
  return Object.entries(value).map(([key, tensor]) => [name && `${name}.${key}`, tensor]);
}

/** Shape and dtype of a tensor as error messages show them: `[8, 4] float32`. */
export function showKind({ shape, dtype }: Pick<tf.Tensor, 'shape' | 'dtype'>): string {
  return `${showShape(shape)} ${dtype}`;
}

/** Shapes and dtypes of all of a value: `x.left [8, 4] float32, x.right [8, 2] float32`. */
export function showTensors(name: string, value: Tensors): string {
  return named(name, value)
    .map(([full, tensor]) => `${full} ${showKind(tensor)}`.trim())
    .join(', ');
}
