import * as tf from '@tensorflow/tfjs';
import { check } from './check.ts';
import { digestOf } from './digest-of.ts';
import { sha256 } from './sha256.ts';
import { single } from './loss.ts';
import type { Batch, DataSource } from './data-source.ts';
import {
  exampleCount,
  holdsTensors,
  mapTensors,
  showShape,
  tensorsOf,
  type Tensors,
} from './tensors.ts';

/** Numbers in the host's memory with the shape of the whole, first dimension the examples. */
export interface HostArray {
  readonly values: Float32Array | Int32Array | Uint8Array;
  /** `[examples, ...]`. @default [values.length] */
  readonly shape?: readonly number[];
}

/** A whole data set column: tensors, or typed arrays that stay in the host's memory. */
export type Column = Tensors | HostArray | HostArray['values'];

/** The columns of a data set. */
export interface Columns {
  readonly x: Column;
  readonly y: Column;
  /** A weight for each example. */
  readonly weights?: Column;
}

/** Options of {@link batches}. */
export interface BatchesOptions {
  /** @default 64 */
  readonly batchSize?: number;
  /** Draws a new order every training epoch; validation keeps the given one. @default false */
  readonly shuffle?: boolean;
  /** What becomes of a last batch that is not full. @default 'keep' */
  readonly partial?: 'keep' | 'drop';
}

/**
 * A data source of batches out of columns in memory, in a seeded order.
 *
 * Tensors stay the caller's. Of typed arrays only the running batch is on the device; `Float32Array` becomes
 * `float32`, `Int32Array` `int32` and `Uint8Array` `float32` where it has several dimensions (pixels) and
 * `int32` where it has one (labels).
 */
export function batches(columns: Columns, options: BatchesOptions = {}): DataSource {
  checkColumns(columns);
  const { batchSize = 64, shuffle = false, partial = 'keep' } = check.options('batches', options);
  check.known('batches', options, ['batchSize', 'shuffle', 'partial']);
  check.integer('batches', 'batchSize', batchSize, { min: 1 });
  check.oneOf('batches', 'shuffle', shuffle, [true, false]);
  check.oneOf('batches', 'partial', partial, ['keep', 'drop']);
  const [x, y] = [reader('x', columns.x), reader('y', columns.y)];
  const weights = columns.weights === undefined ? undefined : reader('weights', columns.weights);
  for (const other of [y, ...(weights ? [weights] : [])])
    if (other.examples !== x.examples)
      throw new RangeError(
        `batches: x and ${other.column} must have as many examples as each other, got ${x.examples} and ${other.examples}`,
      );
  const examples = partial === 'drop' ? x.examples - (x.examples % batchSize) : x.examples;
  if (examples === 0)
    throw new RangeError(
      `batches: there is no batch in ${x.examples} examples at batchSize ${batchSize}, partial '${partial}'`,
    );
  return {
    batches: Math.ceil(examples / batchSize),
    examples,
    owner: 'loop',
    seeks: true,
    digest: async () => {
      const sample = await digestOfSample([x, y, ...(weights ? [weights] : [])]);
      return sha256([
        new TextEncoder().encode(JSON.stringify({ sample, batchSize, shuffle, partial })),
      ]);
    },
    *epoch({ phase, rng, from = 0 }): Iterable<Batch> {
      const order =
        shuffle && phase === 'train'
          ? rng.permutation(x.examples)
          : Int32Array.from({ length: x.examples }, (_, i) => i);
      for (let start = from * batchSize; start < examples; start += batchSize) {
        const rows = order.subarray(start, Math.min(start + batchSize, examples));
        yield tf.tidy(() => {
          const index = tf.tensor1d(rows, 'int32');
          return {
            x: x.read(rows, index),
            y: y.read(rows, index),
            ...(weights && { weights: single('batches: weights', weights.read(rows, index)) }),
          };
        });
      }
    },
  };
}

/** Plain JavaScript may pass anything. */
function checkColumns(columns: Columns): void {
  const given: unknown = columns;
  const isRecord = typeof given === 'object' && given !== null && !Array.isArray(given);
  if (!isRecord || given instanceof tf.Tensor || ArrayBuffer.isView(given))
    throw new TypeError(
      'batches: the columns must be { x, y, weights? } in one object: batches({ x, y }, options)',
    );
  const unknown = Object.keys(given).find((name) => !['x', 'y', 'weights'].includes(name));
  if (unknown !== undefined)
    throw new TypeError(`batches: there is no column "${unknown}"; the columns are x, y, weights`);
}

/** Examples that a data set's digest looks at: enough to tell it from another, and soon read. */
const SAMPLE = 256;

function digestOfSample(columns: readonly Reader[]): Promise<string> {
  const { examples } = columns[0] as Reader;
  const size = Math.min(SAMPLE, examples);
  const rows = Int32Array.from({ length: size }, (_, i) => Math.floor((i * examples) / size));
  const sample = tf.tidy(() => {
    const index = tf.tensor1d(rows, 'int32');
    return columns.map(({ read }) => read(rows, index));
  });
  return digestOf(sample.flatMap(tensorsOf)).finally(() => {
    tf.dispose(sample);
  });
}

interface Reader {
  readonly column: string;
  readonly examples: number;
  /** The rows asked for, given both on the host and on the device. */
  readonly read: (rows: Int32Array, index: tf.Tensor1D) => Tensors;
}

function reader(column: string, value: Column): Reader {
  if (ArrayBuffer.isView(value)) return hostReader(column, { values: value });
  // Plain JavaScript may pass anything.
  if (typeof value !== 'object' || (value as unknown) === null) throw notAColumn(column);
  if (!Array.isArray(value) && 'values' in value && ArrayBuffer.isView(value.values))
    return hostReader(column, value as HostArray);
  const tensors = value;
  if (!holdsTensors(tensors)) throw notAColumn(column);
  const examples = exampleCount(tensors);
  for (const tensor of tensorsOf(tensors))
    if (tensor.shape[0] !== examples)
      throw new RangeError(
        `batches: the tensors of ${column} must have equal first dimensions, got ${examples} and ${tensor.shape.join(' × ')}`,
      );
  // Gathering serves any order, and on WASM a slice would copy the whole column to the host.
  return {
    column,
    examples,
    read: (_rows, index) =>
      mapTensors(tensors, (tensor) => {
        if (tensor.isDisposed)
          throw new Error(`batches: ${column} was disposed of; keep it for as long as it is used`);
        return tf.gather(tensor, index);
      }),
  };
}

function notAColumn(column: string): TypeError {
  return new TypeError(
    `batches: ${column} must be tensors, a typed array or { values, shape }, such as { values: Float32Array, shape: [n, 28, 28, 1] }`,
  );
}

function hostReader(column: string, { values, shape = [values.length] }: HostArray): Reader {
  const [examples = 0, ...rest] = shape;
  const width = rest.reduce((product, size) => product * size, 1);
  if (examples * width !== values.length)
    throw new RangeError(
      `batches: ${column} has ${values.length} values, which is not the shape ${showShape(shape)}`,
    );
  const float = values instanceof Float32Array || (values instanceof Uint8Array && rest.length > 0);
  return {
    column,
    examples,
    read(rows) {
      const picked = float
        ? new Float32Array(rows.length * width)
        : new Int32Array(rows.length * width);
      rows.forEach((row, i) => {
        picked.set(values.subarray(row * width, (row + 1) * width), i * width);
      });
      return tf.tensor(picked, [rows.length, ...rest], float ? 'float32' : 'int32');
    },
  };
}
