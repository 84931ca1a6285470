import type { Tensor, TypedArray } from '@tensorflow/tfjs';

/** Numbers that a media value is made of: a tensor, a typed array or a list. */
export type Numbers = Tensor | TypedArray | ArrayLike<number>;

/** Rows of equal length: a tensor of rank 2 or a list of rows. */
export type NumberRows = Tensor | readonly ArrayLike<number>[];

/** Numbers that are read, in the order of the tensor's elements. */
export interface HostNumbers {
  /** May be the caller's own memory, or a tensor's: to be used at once. */
  readonly data: TypedArray | number[];
  readonly shape: readonly number[];
  /** Whether they stand for whole numbers or truth values. */
  readonly isInteger: boolean;
  readonly isBoolean: boolean;
}

/**
 * Brings numbers into the host's memory, waiting for the device where they come from a tensor, which is not
 * disposed. Throws a TypeError on a tensor of strings or complex numbers.
 */
export function hostNumbers(owner: string, option: string, numbers: Numbers): HostNumbers {
  if (!isObject(numbers))
    throw new TypeError(`${owner}: ${option} must be a tensor, a typed array or a list of numbers`);
  if (isTensor(numbers)) {
    const { dtype, shape } = numbers;
    if (dtype === 'string' || dtype === 'complex64')
      throw new TypeError(`${owner}: ${option} must be numbers, got a tensor of ${dtype}`);
    const data = numbers.dataSync();
    return { data, shape, isInteger: dtype !== 'float32', isBoolean: dtype === 'bool' };
  }
  const data = ArrayBuffer.isView(numbers) ? numbers : Array.from(numbers);
  const isFloat = Array.isArray(data) || Object.prototype.toString.call(data).includes('Float');
  return { data, shape: [data.length], isInteger: !isFloat, isBoolean: false };
}

/** The rows of a tensor of rank 2, or of a list of rows. Throws a RangeError where they differ in length. */
export function hostRows(owner: string, option: string, rows: NumberRows): ArrayLike<number>[] {
  if (isTensor(rows)) {
    const { data, shape } = hostNumbers(owner, option, rows);
    const [count = 0, width = 0] = shape;
    if (shape.length !== 2)
      throw new RangeError(
        `${owner}: ${option} must have rank 2, got the shape [${shape.join(', ')}]`,
      );
    return Array.from({ length: count }, (_, i) => data.slice(i * width, (i + 1) * width));
  }
  const read = rows.map((row) => hostNumbers(owner, option, row).data);
  const width = read[0]?.length ?? 0;
  const odd = read.findIndex((row) => row.length !== width);
  if (odd >= 0)
    throw new RangeError(
      `${owner}: ${option} must have rows of one length, got ${width} and, in row ${odd}, ${read[odd]?.length ?? 0}`,
    );
  return read;
}

/** Whether these are rows of numbers, not numbers. */
export function isRows(numbers: Numbers | NumberRows): numbers is NumberRows {
  return isTensor(numbers) ? numbers.shape.length !== 1 : typeof numbers[0] === 'object';
}

/** Whether a value is a tensor: by its shape, not its class, as the caller may have loaded another copy of tfjs. */
export function isTensor(value: unknown): value is Tensor {
  return (
    isObject(value) &&
    'dataSync' in value &&
    typeof value.dataSync === 'function' &&
    'shape' in value &&
    Array.isArray(value.shape) &&
    'dtype' in value &&
    typeof value.dtype === 'string'
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
