import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { parseExtended } from '../src/extended-json.ts';
import { toItems, toValueJson, warnOncePerKey } from '../src/values.ts';
import { golden } from './media-golden.ts';

let tensorsBefore = 0;
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The rows of the oracle, in its order. */
const ROWS: readonly object[] = [
  { int: 3, float: 2.5, nan: NaN, inf: Infinity, minus: -Infinity, zero: -0 },
  {
    text: 'a "b"\n\u2028\u0001é😀',
    true: true,
    none: null,
    large: 1e21,
    small: 1e-7,
    safe: 2 ** 53 - 1,
  },
  { nested: { a: 1, b: { c: [1, 2], d: NaN } }, empty: {}, 'dot.ted': 3, 'slash/ed': 4 },
  { list: [1, { a: 1 }, [2]], set: new Set([1, 2]), nans: [NaN], none_in: [null] },
  {
    scalar: Float32Array.of(0.1),
    one: { dtype: 'float32', shape: [1, 1], size: 1, dataSync: () => Float32Array.of(5) },
    vector: Float64Array.of(0, 1, 2),
    matrix: {
      dtype: 'float32',
      shape: [2, 2],
      size: 4,
      dataSync: () => Float32Array.of(0, 1, 2, 3),
    },
  },
  {
    bool: { dtype: 'bool', shape: [2], size: 2, dataSync: () => Uint8Array.of(1, 0) },
    int: Int32Array.from(range(32)),
    no: new Float32Array(0),
    none: { dtype: 'float32', shape: [2, 0], size: 0, dataSync: () => new Float32Array(0) },
  },
  {
    float32: Float32Array.from(range(100), (i) => i / 7),
    float64: Float64Array.from(range(33), (i) => i / 3),
    deep: { ints: Int32Array.from(range(50)) },
  },
];

test.each(ROWS.map((row, i) => [Object.keys(row).join(' '), row, golden.rows[i]!] as const))(
  'writes what the official client writes: %s',
  (_, row, expected) => {
    const items = toItems(row, (key, why) => {
      throw new Error(`${key}: ${why}`);
    });
    const byPath = (pairs: readonly (readonly [readonly string[], string])[]): object =>
      Object.fromEntries(pairs.map(([path, text]) => [path.join('\0'), parseExtended(text)]));
    expect(byPath(items.map(({ key, valueJson }) => [[key].flat(), valueJson]))).toEqual(
      byPath(expected),
    );
  },
);

test('writes numbers that are none as bare words', () => {
  expect(toItems({ a: NaN, b: Infinity, c: -Infinity, d: -0, e: 1e-7 })).toEqual([
    { key: 'a', valueJson: 'NaN' },
    { key: 'b', valueJson: 'Infinity' },
    { key: 'c', valueJson: '-Infinity' },
    { key: 'd', valueJson: '-0' },
    { key: 'e', valueJson: '1e-7' },
  ]);
});

test('reads tensors of any shape and leaves them to their owner', () => {
  const tensors = {
    scalar: tf.scalar(1.5),
    matrix: tf.tensor2d([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    truth: tf.tensor1d([true, false], 'bool'),
    texts: tf.tensor1d(['a', 'b']),
    deep: tf.ones([2, 1, 2]),
    variable: tf.variable(tf.scalar(7)),
  };
  expect(toItems(tensors).map(({ valueJson }) => valueJson)).toEqual([
    '1.5',
    '[[1,2,3],[4,5,6]]',
    '[true,false]',
    '["a","b"]',
    '[[[1,1]],[[1,1]]]',
    '7',
  ]);
  expect(tensors.scalar.isDisposed).toBe(false);
  // tf.variable keeps a tensor of its own.
  tf.disposeVariables();
  tf.dispose(tensors);
  tf.engine().disposeVariables();
});

test('does not read what is large, complex or disposed', () => {
  const large = tf.zeros([300, 300]);
  const complex = tf.complex([1], [2]);
  const disposed = tf.scalar(1);
  disposed.dispose();
  const warnings: string[] = [];
  let reads = 0;
  large.dataSync = () => {
    reads++;
    throw new Error('was read');
  };
  const items = toItems({ large, complex, disposed, last: 1 }, (key) => warnings.push(key));
  expect(items).toEqual([
    { key: 'large', valueJson: '"float32 tensor [300, 300]"' },
    { key: 'complex', valueJson: '"complex64 tensor [1]"' },
    { key: 'last', valueJson: '1' },
  ]);
  expect(reads).toBe(0);
  expect(warnings).toEqual(['large', 'complex', 'disposed']);
  tf.dispose([large, complex]);
});

test('makes a histogram of the finite values of a larger tensor', () => {
  const tensor = tf.tensor1d([...range(40), NaN, Infinity]);
  const items = toItems({ weights: tensor });
  expect(items.map(({ key }) => key)).toEqual([
    ['weights', '_type'],
    ['weights', 'values'],
    ['weights', 'bins'],
  ]);
  const counts = JSON.parse(items[1]!.valueJson) as number[];
  expect(counts).toHaveLength(32);
  expect(counts.reduce((sum, count) => sum + count)).toBe(40);
  tensor.dispose();
});

test('writes BigInts, dates, maps, errors and what has a toJSON', () => {
  const row = {
    safe: 2n ** 53n - 1n,
    unsafe: -(2n ** 53n),
    date: new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
    map: new Map<unknown, unknown>([
      ['a', 1],
      [2, new Map([['b', new Set(['x'])]])],
    ]),
    error: new TypeError('no'),
    url: new URL('http://localhost/x'),
    bytes: Buffer.from('ab'),
    ints: BigInt64Array.of(1n, -2n),
    boxed: Object('text') as unknown,
    inList: [new Date(0), 5n, undefined, new Map([['a', 1]])],
    ignored: undefined,
  };
  expect(toItems(row)).toEqual([
    { key: 'safe', valueJson: '9007199254740991' },
    { key: 'unsafe', valueJson: '"-9007199254740992"' },
    { key: 'date', valueJson: '"2026-01-02T03:04:05.006Z"' },
    { key: ['map', 'a'], valueJson: '1' },
    { key: ['map', '2', 'b'], valueJson: '["x"]' },
    { key: 'error', valueJson: '"TypeError: no"' },
    { key: 'url', valueJson: '"http://localhost/x"' },
    { key: 'bytes', valueJson: '[97,98]' },
    { key: 'ints', valueJson: '[1,-2]' },
    { key: 'boxed', valueJson: '"text"' },
    { key: 'inList', valueJson: '["1970-01-01T00:00:00.000Z",5,null,{"a":1}]' },
  ]);
});

test('drops what can not be written, says so, and keeps the rest', () => {
  const circular: Record<string, unknown> = { before: 1 };
  circular['self'] = circular;
  circular['after'] = [circular, 2];
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const endless: object = new Proxy({}, { get: () => endless, ownKeys: () => ['a'] });
  const deep = range(100).reduce<object>((inner) => ({ inner }), {});
  const warnings: [string, string][] = [];
  const row = {
    function: () => 1,
    symbol: Symbol('s'),
    circular,
    promise: Promise.resolve(),
    view: new DataView(new ArrayBuffer(1)),
    get getter() {
      throw new Error('no entry');
    },
    nested: {
      get getter() {
        throw new Error('no entry');
      },
      fine: true,
    },
    revoked: revoked.proxy,
    endless,
    deep,
    list: [() => 1, 1],
    toJson: {
      toJSON() {
        throw new Error('no json');
      },
    },
    '': 1,
    last: 'kept',
  };
  const keys = Object.keys(row);
  expect(toItems(row, (key, why) => warnings.push([key, why]))).toEqual([
    { key: ['circular', 'before'], valueJson: '1' },
    { key: ['circular', 'after'], valueJson: '[null,2]' },
    { key: ['nested', 'fine'], valueJson: 'true' },
    { key: 'list', valueJson: '[null,1]' },
    { key: 'last', valueJson: '"kept"' },
  ]);
  expect(new Set(warnings.map(([key]) => key))).toEqual(
    new Set([
      'function',
      'symbol',
      'circular.self',
      'circular.after',
      'promise',
      'view',
      'getter',
      'nested.getter',
      'revoked',
      warnings.find(([key]) => key.startsWith('deep'))![0],
      'list',
      'toJson',
      '',
    ]),
  );
  expect(warnings).toContainEqual(['getter', 'reading it failed: Error: no entry']);
  expect(Object.keys(row)).toEqual(keys);
});

test('takes no longer for a graph with ever more ways through it', () => {
  const crowd: object[] = [];
  for (let i = 0; i < 50; i++) crowd.push({ crowd, others: [...crowd], number: i });
  const twins = range(60).reduce<object>((inner) => ({ one: inner, other: inner }), {});
  const warnings: string[] = [];
  const row = {
    first: 1,
    crowd: { count: 50, crowd },
    twins,
    wide: Object.assign({}, range(20_001)),
    last: 2,
  };
  const items = toItems(row, (key, why) => {
    if (!why.includes('itself')) warnings.push(`${key}: ${why}`);
  });
  // Nothing of a value that is given up on the way is left.
  expect(items).toEqual([
    { key: 'first', valueJson: '1' },
    { key: 'last', valueJson: '2' },
  ]);
  const why = 'reading it failed: RangeError: it holds more than 20000 objects and members';
  expect(warnings).toEqual([`crowd: ${why}`, `twins: ${why}`, `wide: ${why}`]);
  expect(toValueJson(range(100_000))).toHaveLength(range(100_000).join().length + 2);
});

test('a row that can not be read has no items', () => {
  const warnings: string[] = [];
  const row = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('closed');
      },
    },
  );
  expect(toItems(row, (_, why) => warnings.push(why))).toEqual([]);
  expect(warnings).toEqual(['reading its keys failed: Error: closed']);
  expect(toItems(new Map([['a', 1]]))).toEqual([]);
});

test('toValueJson writes one value in full, or nothing', () => {
  expect(toValueJson({ a: { b: [NaN, new Float32Array([0.5, 1])] }, c: undefined })).toBe(
    '{"a":{"b":[NaN,[0.5,1]]}}',
  );
  const warnings: string[] = [];
  expect(toValueJson(undefined, (key) => warnings.push(key))).toBeUndefined();
  expect(warnings).toEqual([]);
  expect(
    toValueJson(
      () => 1,
      (key) => warnings.push(key),
      'metadata',
    ),
  ).toBeUndefined();
  expect(warnings).toEqual(['metadata']);
});

test('warnOncePerKey passes a key on once, and not without end', () => {
  const told: string[] = [];
  const warn = warnOncePerKey((key) => told.push(key));
  for (const i of [...range(3000), 0, 1]) warn(`key ${i}`, 'why');
  expect(told).toEqual(range(1000).map((i) => `key ${i}`));
});

test('any JSON value is written so that it parses back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(toValueJson(value)!)).toStrictEqual(value);
    }),
  );
});

test('any number is written so that it reads back', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(Number(toValueJson(value))).toBe(value);
    }),
  );
});

test('the items of a row make the row again', () => {
  const leaves = (value: unknown, path: readonly string[] = []): [string, string][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
      : [[JSON.stringify(path), JSON.stringify(value)]];
  // JSON.stringify, which the row is compared with, forgets the sign.
  const withoutMinusZero = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  const row = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue().map(withoutMinusZero));
  fc.assert(
    fc.property(row, (value) => {
      const items = toItems(value).map(({ key, valueJson }): [string, string] => [
        JSON.stringify([key].flat()),
        valueJson,
      ]);
      const text = (pairs: [string, string][]): Map<string, unknown> =>
        new Map(pairs.map(([path, json]) => [path, JSON.parse(json) as unknown]));
      expect(text(items)).toEqual(text(leaves(value)));
    }),
  );
});

test('whatever a row holds, nothing is thrown, all of it parses, and the row stays as it was', () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  const look = (value: unknown): string => inspect(value, { depth: null, showHidden: true });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), anything), (row) => {
      const before = look(row);
      for (const { valueJson } of toItems(row)) parseExtended(valueJson);
      expect(look(row)).toBe(before);
    }),
    { numRuns: 300 },
  );
});
