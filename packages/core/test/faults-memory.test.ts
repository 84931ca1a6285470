import { CallbackError, checkpoint, OutOfMemoryError, TrapError, type Batch } from '@tfloop/core';
import { useBackend } from '@tfloop/backend';
import { memoryStore } from '@tfloop/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, expectNoLeak, line, rejection, throwing } from './fixtures.ts';

beforeAll(async () => {
  await useBackend({ backend: 'cpu', log: () => undefined });
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** What back ends and hosts say, as they were seen. */
const complaints: readonly Error[] = [
  new RangeError('Array buffer allocation failed'),
  new RangeError('Invalid typed array length: 17179869184'),
  new RangeError('Invalid array length: 5000000000'),
  new Error('Out of memory'),
  new WebAssembly.RuntimeError('Aborted(). Build with -sASSERTIONS for more info.'),
  new Error('Aborted(OOM)'),
  new Error('abort(OOM). Build with -s ASSERTIONS=1 for more info.'),
  new Error('Cannot enlarge memory arrays to size 2147483648 bytes (OOM).'),
  new RangeError('WebAssembly.Memory.grow(): Maximum memory size exceeded'),
  new Error('OOM when allocating tensor with shape[65536,65536] and type float'),
  new Error('RESOURCE_EXHAUSTED: failed to allocate memory'),
  new Error('WebGL: CONTEXT_LOST_WEBGL: loseContext: context lost'),
  new Error('GL_OUT_OF_MEMORY'),
];

/** Traps, which say nothing of memory. */
const traps: readonly Error[] = [
  new WebAssembly.RuntimeError('memory access out of bounds'),
  new WebAssembly.RuntimeError('null function or function signature mismatch'),
  new WebAssembly.RuntimeError('unreachable'),
];

const other: readonly Error[] = [
  // There is no WebAssembly in this back end: it is the model's own.
  ...traps,
  new RangeError('Invalid typed array length: -1'),
  new Error('the room is out of bounds'),
  new Error('Kernel Boom not registered'),
];

/** A fit with two batches of two, of which the second fails in the way given. */
function failing(error: () => Error, place: 'model' | 'data' | 'optimizer') {
  let broken = true;
  const made = line();
  const { optimizer, model } = made.learner;
  const fail = (when: boolean) => {
    if (broken && when) throw error();
  };
  let calls = 0;
  const learner = line({
    model: {
      variables: { weight: made.weight },
      forward(x, context) {
        // Held when the error comes, so that it is in the figures.
        const held = tf.add(x as tf.Tensor, 0);
        fail(place === 'model' && context.training && calls++ === 1);
        return model.forward(held, context);
      },
    },
    optimizer: {
      ...optimizer,
      step(parameters, gradients) {
        fail(place === 'optimizer' && calls++ === 1);
        optimizer.step(parameters, gradients);
      },
    },
    data: {
      train: function* (): Iterable<Batch> {
        yield { x: tf.tensor1d([1, 2]), y: tf.tensor1d([2, 4]) };
        fail(place === 'data');
        yield { x: tf.tensor1d([1, 2]), y: tf.tensor1d([2, 4]) };
      },
    },
  }).learner;
  return { learner, mend: () => (broken = false) };
}

test.each(complaints.map((error) => [error.message, error] as const))('%s', async (said, cause) => {
  const { learner, mend } = failing(() => cause, 'model');
  await expectNoLeak(async () => {
    const error = await rejection(learner.fit(1));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toMatch(
      `Learner: memory ran out in batch 1 of data.train in epoch 0 (step 1) of 2 examples: ${said.replace(/\.$/, '')}. TensorFlow.js held `,
    );
    expect(error.message).toMatch(
      /held \d+ tensors, \d+\.\d MiB\. Make the batches or the model smaller, or leave out callbacks that keep tensors\.$/,
    );
    expect(error.cause).toBe(cause);
  });
  mend();
  expect((await learner.fit(1)).rows).toHaveLength(1);
});

test.each(other.map((error) => [error.message, error] as const))('not: %s', async (_, cause) => {
  const { learner } = failing(() => cause, 'model');
  const error = await rejection(learner.fit(1));
  expect(error).not.toBeInstanceOf(OutOfMemoryError);
  expect(error.message).toMatch(/^Learner: the model failed/);
});

describe('on WASM', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'wasm', log: () => undefined });
  });
  afterAll(async () => {
    await tf.setBackend('cpu');
  });

  test.each(traps.map((error) => [error.message, error] as const))(
    'the trap "%s" is none of memory for sure',
    async (said, cause) => {
      const { learner } = failing(() => cause, 'model');
      await expectNoLeak(async () => {
        const error = await rejection(learner.fit(1));
        expect(error).toBeInstanceOf(TrapError);
        expect(error.message).toMatch(
          `Learner: WebAssembly failed in batch 1 of data.train in epoch 0 (step 1) of 2 examples: ${said}. TensorFlow.js held `,
        );
        expect(error.message).toMatch(
          / MiB\. Either memory had run out before, or a kernel can't do what it was asked for: try the CPU back end\. The WASM back end may not recover: go on in a new process\.$/,
        );
        expect(error.cause).toBe(cause);
      });
    },
  );
});

describe('wherever it happens', () => {
  const cause = () => new RangeError('Array buffer allocation failed');

  test.each(['data', 'optimizer'] as const)('in the %s', async (place) => {
    const { learner, mend } = failing(cause, place);
    await expectNoLeak(async () => {
      const error = await rejection(learner.fit(1));
      expect(error.message).toMatch(/^Learner: memory ran out in batch 1 of data\.train/);
    });
    mend();
    expect((await learner.fit(1)).rows).toHaveLength(1);
  });

  test.each(['beforeBatch', 'afterPred', 'afterStep', 'cleanupBatch'] as const)(
    'in a callback’s %s, which is named',
    async (event) => {
      const { learner } = line();
      await expectNoLeak(async () => {
        const error = await rejection(
          learner.fit(1, [throwing(event, cause, () => true, 'keeper')]),
        );
        expect(error.message).toMatch(
          `in batch 0 of data.train in epoch 0 (step ${event === 'afterStep' || event === 'cleanupBatch' ? 1 : 0}) of 2 examples: keeper.${event}: Array buffer allocation failed. `,
        );
        expect(error.cause).toBeInstanceOf(CallbackError);
      });
      expect((await learner.fit(1)).rows).toHaveLength(1);
    },
  );

  test('inside the tape it counts what was made there', async () => {
    const { learner } = line();
    let counted = 0;
    const count = at('afterPred', () => (counted = tf.memory().numTensors), 'a counter');
    const { message } = await rejection(learner.fit(1, [count, throwing('afterPred', cause)]));
    expect(message).toContain(` held ${counted} tensors, `);
  });

  test('in validation', async () => {
    const { learner } = line();
    const fail = throwing('afterPred', cause, ({ phase }) => phase === 'valid');
    expect((await rejection(learner.fit(1, [fail]))).message).toMatch(
      'memory ran out in batch 0 of data.valid in epoch 0 of 1 examples',
    );
  });

  test('the figures are those of the moment, and the last good checkpoint is named', async () => {
    const { learner } = failing(cause, 'model');
    const held: tf.Tensor[] = [];
    const keeper = at('afterBatch', () => held.push(tf.zeros([1024, 1024])), 'keeper');
    const callbacks = [keeper, checkpoint({ dir: memoryStore(), every: { steps: 1 } })];
    const { numTensors } = tf.memory();
    const { message } = await rejection(learner.fit(1, callbacks));
    expect(message).toMatch(/ The last good checkpoint is step-00000001 in memory\.$/);
    const [, tensors, size] = /held (\d+) tensors, ([\d.]+) MiB/.exec(message)!;
    // The batch's x and y, the tensor held in the model, and the callback's.
    expect(Number(tensors)).toBeGreaterThanOrEqual(numTensors + 4);
    expect(Number(size)).toBeCloseTo(4, 1);
    tf.dispose(held);
  });
});

test('a model that really needs too much on the CPU', async () => {
  const { learner, weight } = line();
  const greedy = line({
    model: {
      variables: { weight },
      forward(x, context) {
        if (!context.training) return tf.mul(x as tf.Tensor, weight);
        const row = tf.mul(tf.ones([2 ** 18]), weight);
        return tf.sum(tf.outerProduct(row as tf.Tensor1D, row as tf.Tensor1D));
      },
    },
  }).learner;
  await expectNoLeak(async () => {
    const error = await rejection(greedy.fit(1));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toMatch(
      /: Invalid typed array length: 68719476736\. TensorFlow\.js held /,
    );
  });
  expect((await learner.fit(1)).rows).toHaveLength(1);
});

test('a model that really needs too much on WASM', async () => {
  await useBackend({ backend: 'wasm', log: () => undefined });
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const weight = tf.variable(tf.scalar(1));
  const { learner } = line({
    model: {
      variables: { weight },
      forward(x, { training }) {
        if (!training) return tf.mul(x as tf.Tensor, weight);
        // A little less than 4 GiB, which is all that there could be: the back end asks for it at once.
        const greedy = tf.outerProduct(tf.zeros([2 ** 15]), tf.zeros([2 ** 15 - 1]));
        return tf.add(tf.mul(x as tf.Tensor, weight), tf.sum(greedy));
      },
    },
  });
  const validated = await learner.validate();
  await expectNoLeak(async () => {
    const error = await rejection(learner.fit(1));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(error.message).toMatch(
      /: out of memory: WebAssembly can't give another 4095\.9 MiB\. TensorFlow.* leave out callbacks that keep tensors\.$/,
    );
  });
  // Nothing was written where it must not be.
  expect(await learner.validate()).toEqual(validated);
});
