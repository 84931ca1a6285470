import { describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CallbackState } from '../src/callback.ts';
import {
  readCheckpoint,
  readWeights,
  writeCheckpoint,
} from '../src/checkpoints/checkpoint-files.ts';
import type { CheckpointStore } from '../src/checkpoints/checkpoint-store.ts';
import { DamagedCheckpointError } from '../src/checkpoints/damaged-checkpoint-error.ts';
import { findCheckpoint } from '../src/checkpoints/find-checkpoint.ts';
import { decodeSafetensors } from '../src/checkpoints/safetensors.ts';
import type { RunState } from '../src/checkpoints/run-state.ts';
import { disposeRunState } from '../src/checkpoints/take-snapshot.ts';
import { sha256 } from '../src/sha256.ts';
import { memoryStore } from '../src/testing/memory-store.ts';
import { VERSION } from '../src/version.ts';

/** A run state with every kind of figure; `callbacks` are those given. */
function runState(
  callbacks: Record<string, CallbackState> = {},
  { step = 120, view = true } = {},
): RunState {
  return {
    id: '0123456789abcdef',
    fingerprint: {
      epochs: 5,
      seed: -3,
      model: [
        { name: 'dense/kernel', shape: [2, 3], dtype: 'float32', trainable: true },
        { name: 'mean', shape: [3], dtype: 'float32', trainable: false },
      ],
      optimizer: { name: 'adam', options: '{"lr":0.1}' },
      layers: null,
      loss: 'crossEntropy',
      data: { train: { batches: 3, examples: null, digest: null }, valid: null },
      metrics: ['accuracy'],
      trainMetrics: false,
      callbacks: [{ name: 'lookahead', options: '{"k":5}' }],
      backend: 'cpu',
    },
    position: {
      epoch: 1,
      step,
      batch: step + 1,
      dataEpochs: { train: 2, valid: null },
      smoothLoss: [0.1 + 0.2, 1e-320],
      inEpoch: {
        batches: 2,
        dataOrder: [1, 2, 3, 4294967295],
        firstBatch: null,
        seconds: 0.5,
        trainLoss: [NaN, 7],
        trainMetrics: { accuracy: [-0, 7] },
      },
    },
    history: [
      {
        epoch: 0,
        trainLoss: Infinity,
        smoothLoss: -Infinity,
        validLoss: undefined,
        metrics: {},
        trainMetrics: {},
        hyperparameters: { lr: 0.001 },
        seconds: 1.5,
      },
    ],
    streams: { 'data order train': [4294967295, 0, 1, 2], mixup: [5, 6, 7, 8] },
    weights: {
      'dense/kernel': tf.tensor2d([NaN, -0, Infinity, 0.1, 1e-45, 3], [2, 3]),
      mean: tf.tensor1d([1, 2, step]),
      __proto__name: tf.scalar(1, 'bool'),
      count: tf.scalar(7, 'int32'),
    },
    view: view
      ? { name: 'slow', weights: { 'dense/kernel': tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]) } }
      : undefined,
    optimizer: {
      optimizer: 'adam',
      groups: [{ lr: 1e-3, beta1: -0 }, { lr: Infinity }],
      counters: { step: { 'dense/kernel': 2 ** 40 } },
      slots: {
        mean: { 'dense/kernel': tf.zeros([2, 3]) },
        'odd/slot': { kernel: tf.ones([1]) },
        empty: {},
      },
    },
    callbacks,
  };
}

/** Every tensor as its dtype, shape and bits, so that states compare. */
function plain(value: unknown): unknown {
  if (value instanceof tf.Tensor) {
    const values = value.dataSync<'float32'>();
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return { tensor: [value.dtype, value.shape, Array.from(bytes)] };
  }
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([key, one]) => [key, plain(one)])
    .sort(byKey);
}

function byKey([a]: unknown[], [b]: unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}

async function filesOf(store: CheckpointStore, name: string): Promise<Map<string, Uint8Array>> {
  const state = JSON.parse(new TextDecoder().decode(await store.read(name, 'state.json'))) as {
    files: Record<string, unknown>;
  };
  const names = [...Object.keys(state.files), 'state.json'];
  return new Map(
    await Promise.all(names.map(async (file) => [file, await store.read(name, file)] as const)),
  );
}

function put(store: CheckpointStore, name: string, files: ReadonlyMap<string, Uint8Array>) {
  return store.write(name, new Map([...files].map(([file, bytes]) => [file, [bytes]])));
}

/** A store with one whole checkpoint of some state. */
async function written(state: RunState, name = 'step-1'): Promise<CheckpointStore> {
  const store = memoryStore();
  await writeCheckpoint(store, name, state);
  return store;
}

const sample = () =>
  runState({
    lookahead: { slow: { 'dense/kernel': tf.ones([2, 3]) }, phase: 3 },
    schedule: null,
  });

describe('a state', () => {
  for (const view of [true, false])
    test(`comes back whole, ${view ? 'with' : 'without'} a view`, async () => {
      const before = tf.memory().numTensors;
      const state = runState({ a: { $tensor: 'x', list: [tf.scalar(1), -0] } }, { view });
      const made = tf.memory().numTensors;
      const store = await written(state);
      expect(tf.memory().numTensors).toBe(made);
      const read = await readCheckpoint(store, 'step-1');
      expect(plain(read)).toEqual(plain(state));
      expect(tf.memory().numTensors).toBe(made + (made - before));
      disposeRunState(state);
      disposeRunState(read);
      expect(tf.memory().numTensors).toBe(before);
    });

  const key = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '__proto__',
      '__metadata__',
      '$tensor',
      '$value',
      '$$tensor',
      '$',
      'a/b',
      'a',
      '0',
      'constructor',
      '\ud83d',
    ),
  );
  const tensor = fc.constantFrom(
    () => tf.scalar(NaN),
    () => tf.tensor1d([], 'int32'),
    () => tf.tensor2d([[true, false]], [1, 2], 'bool'),
    () => tf.tensor1d([-0, 1e-45, Infinity]),
  );
  // Tensors are made late: shrinking may throw states away.
  const { state: anyState } = fc.letrec<{ state: unknown }>((tie) => ({
    state: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, NaN, Infinity, -Infinity, -0, 'NaN', ''),
      fc.double(),
      fc.string({ unit: 'binary' }),
      tensor,
      fc.array(tie('state')),
      fc.dictionary(key, tie('state')),
    ),
  }));
  const made = (value: unknown): CallbackState => {
    if (typeof value === 'function') return (value as () => tf.Tensor)();
    if (Array.isArray(value)) return value.map(made);
    if (typeof value !== 'object' || value === null) return value as CallbackState;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, made(one)]));
  };

  test('of any callbacks comes back deep-equal, and nothing leaks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, anyState), async (recipe) => {
        const before = tf.memory().numTensors;
        const state = runState(made(recipe) as Record<string, CallbackState>);
        const store = await written(state);
        const read = await readCheckpoint(store, 'step-1');
        expect(plain(read.callbacks)).toEqual(plain(state.callbacks));
        expect(Object.getPrototypeOf(read.callbacks)).toBe(Object.prototype);
        disposeRunState(state);
        disposeRunState(read);
        expect(tf.memory().numTensors).toBe(before);
      }),
      { numRuns: 300 },
    );
  });

  test('with what no checkpoint can hold is refused by its path, and nothing is written', async () => {
    const store = memoryStore();
    const odd = { mixup: { deep: [new Float32Array(2)] } } as unknown as Record<
      string,
      CallbackState
    >;
    const state = runState(odd);
    await expect(writeCheckpoint(store, 'a', state)).rejects.toThrow(
      '"mixup/deep/0" of the state is of the type Float32Array; a state holds',
    );
    await expect(
      writeCheckpoint(store, 'a', { ...state, callbacks: { f: (() => 1) as never } }),
    ).rejects.toThrow('is a function');
    const text = tf.tensor(['text']);
    await expect(
      writeCheckpoint(store, 'a', { ...state, callbacks: {}, weights: { text } }),
    ).rejects.toThrow('"text" has the dtype string');
    expect(await store.list()).toEqual([]);
    text.dispose();
    disposeRunState({ ...state, callbacks: {} });
  });

  test('is read from the device all at once', async () => {
    const state = sample();
    const order: string[] = [];
    const data = jest.spyOn(tf.Tensor.prototype, 'data').mockImplementation(function (
      this: tf.Tensor,
    ) {
      order.push('asked');
      const values = this.dataSync();
      return new Promise((resolve) =>
        setImmediate(() => {
          order.push('got');
          resolve(values);
        }),
      );
    });
    try {
      await written(state);
    } finally {
      data.mockRestore();
    }
    expect(order.lastIndexOf('asked')).toBeLessThan(order.indexOf('got'));
    expect(order).toHaveLength(2 * 8);
    disposeRunState(state);
  });
});

test('state.json is for people as well', async () => {
  const state = sample();
  const store = await written(state);
  const text = new TextDecoder().decode(await store.read('step-1', 'state.json'));
  const lines = text.split('\n');
  expect(lines.slice(0, 3)).toEqual(['{', '  "format": "tfloop checkpoint",', '  "schema": 1,']);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(101);
  const json = JSON.parse(text) as {
    savedAt: string;
    versions: unknown;
    files: Record<string, { bytes: number; sha256: string }>;
    digest: string;
  };
  expect(json.versions).toEqual({
    '@tfloop/core': VERSION,
    '@tensorflow/tfjs': tf.version.tfjs,
  });
  expect(Date.parse(json.savedAt)).toBeCloseTo(Date.now(), -5);
  expect(Object.keys(json.files).sort()).toEqual([
    'callbacks.safetensors',
    'optimizer.safetensors',
    'weights.safetensors',
    'weights.slow.safetensors',
  ]);
  for (const [file, { bytes, sha256: sum }] of Object.entries(json.files)) {
    const content = await store.read('step-1', file);
    expect([content.length, await sha256([content])]).toEqual([bytes, sum]);
  }
  expect(json.digest).toBe(await sha256([new TextEncoder().encode(text.slice(0, -68))]));
  const names = async (file: string) => [
    ...decodeSafetensors(await store.read('step-1', file)).keys(),
  ];
  expect(await names('optimizer.safetensors')).toEqual(['mean/dense/kernel', 'odd/slot/kernel']);
  expect(await names('callbacks.safetensors')).toEqual(['lookahead/slow/dense/kernel']);
  disposeRunState(state);
});

test('without tensors of callbacks and without a view there are no files for them', async () => {
  const state = runState({ schedule: { step: 3 } }, { view: false });
  const files = await filesOf(await written(state), 'step-1');
  expect([...files.keys()].sort()).toEqual([
    'optimizer.safetensors',
    'state.json',
    'weights.safetensors',
  ]);
  disposeRunState(state);
});

test('the version is the package’s', () => {
  const manifest = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
  expect(VERSION).toBe((JSON.parse(manifest) as { version: string }).version);
});

describe('damage', () => {
  const kinds: Record<string, (bytes: Uint8Array) => Uint8Array | undefined> = {
    missing: () => undefined,
    empty: () => new Uint8Array(),
    truncated: (bytes) => bytes.slice(0, -1),
    'cut in half': (bytes) => bytes.slice(0, bytes.length / 2),
    lengthened: (bytes) => Uint8Array.from([...bytes, 10]),
    zeroed: (bytes) => bytes.slice().fill(0),
  };
  const file = [
    'state.json',
    'weights.safetensors',
    'optimizer.safetensors',
    'callbacks.safetensors',
    'weights.slow.safetensors',
  ];
  for (const name of file)
    for (const [kind, damage] of Object.entries(kinds))
      test(`${name} ${kind} is told, and nothing leaks`, async () => {
        const state = sample();
        const store = await written(state);
        disposeRunState(state);
        const files = await filesOf(store, 'step-1');
        const damaged = damage(files.get(name)!);
        if (damaged) files.set(name, damaged);
        else files.delete(name);
        await put(store, 'step-1', files);
        const before = tf.memory().numTensors;
        const error: unknown = await readCheckpoint(store, 'step-1').catch(
          (error: unknown) => error,
        );
        expect(error).toBeInstanceOf(DamagedCheckpointError);
        expect(error).toMatchObject({ checkpoint: 'memory/step-1', file: name });
        expect((error as Error).message).toMatch(
          new RegExp(`^the checkpoint memory/step-1 is damaged: ${name}: [a-z].*`),
        );
        expect(tf.memory().numTensors).toBe(before);
      });

  test('of any byte is told, and nothing leaks', async () => {
    const state = sample();
    const whole = await filesOf(await written(state), 'step-1');
    disposeRunState(state);
    const before = tf.memory().numTensors;
    const bytes = [...whole].flatMap(([file, { length }]) =>
      Array.from({ length }, (_, at) => [file, at] as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bytes),
        fc.integer({ min: 1, max: 255 }),
        async ([file, at], mask) => {
          const store = memoryStore();
          const altered = whole.get(file)!.slice();
          altered[at]! ^= mask;
          await put(store, 'step-1', new Map(whole).set(file, altered));
          await expect(readCheckpoint(store, 'step-1')).rejects.toMatchObject({
            name: 'DamagedCheckpointError',
            file,
          });
          if (file === 'state.json' || file === 'weights.safetensors')
            await expect(readWeights(store, 'step-1', 'fast')).rejects.toThrow(
              DamagedCheckpointError,
            );
          expect(tf.memory().numTensors).toBe(before);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a device that fails while a checkpoint is read is no damage, and nothing leaks', async () => {
    const state = sample();
    const store = await written(state);
    disposeRunState(state);
    const before = tf.memory().numTensors;
    const engine = tf.engine();
    const makeTensor = engine.makeTensor.bind(engine);
    for (let allowed = 0; allowed < 8; allowed++) {
      let left = allowed;
      const spy = jest.spyOn(engine, 'makeTensor').mockImplementation((...rest) => {
        if (left-- === 0) throw new Error('out of memory');
        return makeTensor(...rest);
      });
      try {
        await expect(readCheckpoint(store, 'step-1')).rejects.toThrow(/^out of memory/);
      } finally {
        spy.mockRestore();
      }
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test('a state with a right digest that refers to no tensor, or to one twice, is refused', async () => {
    const state = runState({ a: { one: tf.scalar(1), two: tf.scalar(2) } });
    const files = await filesOf(await written(state), 'step-1');
    const before = tf.memory().numTensors;
    for (const [from, to, message] of [
      ['"a/two"', '"a/none"', 'there is no tensor "a/none"'],
      ['"a/two"', '"a/one"', 'there is no tensor "a/one"'],
      ['{"$tensor":"a/two"}', 'null', 'nothing in it refers to the tensor "a/two"'],
    ] as const) {
      const store = memoryStore();
      await put(store, 'step-1', new Map(files).set('state.json', await resigned(files, from, to)));
      await expect(readCheckpoint(store, 'step-1')).rejects.toThrow(message);
      expect(tf.memory().numTensors).toBe(before);
    }
    disposeRunState(state);
  });

  test('a newer schema is not damage, and has its own words', async () => {
    const state = sample();
    const store = await written(state);
    const files = await filesOf(store, 'step-1');
    files.set('state.json', await resigned(files, '"schema": 1', '"schema": 2'));
    await put(store, 'step-1', files);
    for (const read of [readCheckpoint, readWeights]) {
      const error: unknown = await read(store, 'step-1').catch((error: unknown) => error);
      expect(error).not.toBeInstanceOf(DamagedCheckpointError);
      expect((error as Error).message).toBe(
        `the checkpoint memory/step-1 has schema 2, but @tfloop/core ${VERSION} reads 1 at most: update @tfloop/core`,
      );
    }
    disposeRunState(state);
  });

  /** The state with a text replaced and a digest that is right. */
  async function resigned(files: ReadonlyMap<string, Uint8Array>, from: string, to: string) {
    const text = new TextDecoder().decode(files.get('state.json'));
    expect(text).toContain(from);
    const head = text.slice(0, -68).replace(from, to);
    const digest = await sha256([new TextEncoder().encode(head)]);
    return new TextEncoder().encode(`${head}${digest}"\n}\n`);
  }
});

describe('weights alone', () => {
  test('are those that were validated, or the trained ones', async () => {
    const state = sample();
    const store = await written(state);
    const before = tf.memory().numTensors;
    const [shown, slow, fast] = await Promise.all([
      readWeights(store, 'step-1'),
      readWeights(store, 'step-1', 'slow'),
      readWeights(store, 'step-1', 'fast'),
    ]);
    expect(plain(fast)).toEqual(plain(state.weights));
    expect(plain(slow)).toEqual(plain({ ...state.weights, ...state.view!.weights }));
    expect(plain(shown)).toEqual(plain(slow));
    tf.dispose([shown, slow, fast]);
    expect(tf.memory().numTensors).toBe(before);
    await expect(readWeights(store, 'step-1', 'ema')).rejects.toThrow(
      'the checkpoint memory/step-1 has no weights "ema", only "fast" and "slow"',
    );
    disposeRunState(state);
  });

  test('of a view with any name are found', async () => {
    const state = runState();
    for (const name of ['../x', 'a*~b', 'ümläut', '']) {
      const named = { ...state, view: { ...state.view!, name } };
      const store = await written(named);
      const read = await readCheckpoint(store, 'step-1');
      expect(read.view?.name).toBe(name);
      disposeRunState(read);
    }
    disposeRunState(state);
  });
});

describe('the newest', () => {
  const save = async (store: CheckpointStore, name: string, step: number) => {
    const state = runState({}, { step });
    await writeCheckpoint(store, name, state);
    disposeRunState(state);
  };
  const nameOf = async (store: CheckpointStore, prefer?: string) => {
    const { found, skipped } = await findCheckpoint(store, prefer === undefined ? {} : { prefer });
    if (found) disposeRunState(found.state);
    return [found?.name, skipped.map(({ name }) => name)];
  };

  test('is what was made last, whatever it is called and however far it is', async () => {
    const store = memoryStore();
    expect(await nameOf(store)).toEqual([undefined, []]);
    await save(store, 'z', 1000);
    await save(store, 'step-9', 9);
    await save(store, 'step-10', 10);
    expect(await nameOf(store)).toEqual(['step-10', []]);
    await save(store, 'a', 3);
    expect(await nameOf(store)).toEqual(['a', []]);
    expect(await nameOf(store, 'z')).toEqual(['z', []]);
    expect(await nameOf(store, 'none')).toEqual(['a', []]);
  });

  test('is what was made last by a clock that goes back', async () => {
    const store = memoryStore();
    const clock = jest.spyOn(Date, 'now');
    try {
      clock.mockReturnValue(2e12);
      await save(store, 'b', 5);
      clock.mockReturnValue(1e12);
      await save(store, 'a', 6);
    } finally {
      clock.mockRestore();
    }
    expect(await nameOf(store)).toEqual(['a', []]);
  });

  test('is the newest that is whole; the others are named with reasons; other things are left alone', async () => {
    const store = memoryStore();
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) await save(store, name, i);
    const truncate = async (name: string, file: string) => {
      const files = await filesOf(store, name);
      await put(store, name, files.set(file, files.get(file)!.slice(1)));
    };
    await truncate('d', 'weights.safetensors');
    await truncate('c', 'state.json');
    await put(store, 'logs', new Map([['log.txt', new Uint8Array(3)]]));
    const half = await filesOf(store, 'a');
    half.delete('state.json');
    await put(store, 'half', half);
    const before = tf.memory().numTensors;
    const { found, skipped } = await findCheckpoint(store);
    expect(found?.name).toBe('b');
    expect(found?.state.position.step).toBe(1);
    expect(Object.fromEntries(skipped.map(({ name, reason }) => [name, reason]))).toEqual({
      c: expect.stringMatching(/^the checkpoint memory\/c is damaged: state.json: it was altered/),
      d: expect.stringMatching(/weights.safetensors: it has \d+ bytes, but \d+ were written$/),
      half: expect.stringContaining('there is no file state.json of half'),
    });
    disposeRunState(found!.state);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('may be replaced while it is read: then the new one is read', async () => {
    const store = memoryStore();
    await save(store, 'best', 1);
    let replaced = false;
    const slow: CheckpointStore = {
      ...store,
      async read(name, file) {
        const bytes = await store.read(name, file);
        if (!replaced && file === 'state.json') {
          replaced = true;
          await save(store, 'best', 2);
        }
        return bytes;
      },
    };
    const state = await readCheckpoint(slow, 'best');
    expect(state.position.step).toBe(2);
    disposeRunState(state);
  });
});
