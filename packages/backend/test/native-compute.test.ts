// The same computations on the CPU back end and on another: WASM, or what TFLOOP_TEST_ENGINE names. Only what every back
// end takes is in it.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { describeBackend } from '@tfloop/backend';
import { engine, expectSame, random, useEngine, values } from './compare.ts';

beforeAll(async () => {
  const { engineName } = await useEngine();
  expect(engineName).toBe(engine);
});

/** Loss and gradients of `layers`, whose first parameter is the input. */
function gradients(
  shapes: readonly (readonly number[])[],
  layers: (...p: tf.Tensor[]) => tf.Tensor,
) {
  return (): tf.Tensor[] => {
    const parameters = shapes.map((shape, index) => random(index + 1, shape));
    const loss = (...p: tf.Tensor[]): tf.Scalar => tf.mean(tf.square(layers(...p)));
    const { value, grads } = tf.valueAndGrads(loss)(parameters);
    return [value, ...grads];
  };
}

test.each([
  ['same', 1],
  ['same', 2],
  ['valid', 1],
  ['valid', 2],
] as const)(
  'convolutions have the same gradients, padding %s, stride %d',
  async (padding, stride) => {
    const shapes = [
      [3, 8, 9, 4],
      [3, 3, 4, 6],
      [3, 3, 6, 1],
      [1, 1, 6, 5],
    ];
    await expectSame(
      gradients(shapes, (x, w, depth, point) => {
        const h = tf.relu(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, padding));
        return tf.separableConv2d(h, depth as tf.Tensor4D, point as tf.Tensor4D, stride, padding);
      }),
    );
  },
);

test('pooling and batch normalisation have the same gradients', async () => {
  const shapes = [[4, 8, 8, 3], [3], [3]];
  await expectSame(
    gradients(shapes, (x, scale, offset) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const normed = tf.batchNorm(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        1e-3,
      );
      return tf.avgPool(tf.maxPool(normed, 2, 2, 'valid'), 2, 2, 'valid');
    }),
    { tolerance: 1e-4 },
  );
});

test('embeddings, products and softmax have the same gradients', async () => {
  const shapes = [[5, 6], [6, 3], [3]];
  await expectSame(
    gradients(shapes, (table, w, bias) => {
      const labels = tf.oneHot(tf.tensor1d([0, 2, 1, 1], 'int32'), 3);
      const rows = tf.tensor1d([1, 4, 1, 0], 'int32');
      const logits = tf.add(tf.matMul(tf.gather(table, rows), w), bias);
      return tf.mul(labels, tf.logSoftmax(logits));
    }),
  );
});

test('a layers model trains to the same losses, and leaves no tensor behind', async () => {
  const fit = async (name: string): Promise<number[]> => {
    await tf.setBackend(name);
    const { numTensors } = tf.memory();
    const seed = { seed: 3 };
    const initializer = tf.initializers.glorotNormal(seed);
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [8, 8, 1],
          filters: 4,
          kernelSize: 3,
          activation: 'relu',
          kernelInitializer: initializer,
        }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: initializer }),
      ],
    });
    const optimizer = tf.train.adam(0.01);
    model.compile({ optimizer, loss: 'categoricalCrossentropy' });
    const x = tf.tensor4d(values(1, 24 * 64), [24, 8, 8, 1]);
    const classes = Int32Array.from({ length: 24 }, (_, row) => row % 3);
    const y = tf.tidy(() => tf.oneHot(tf.tensor1d(classes), 3));
    const { history } = await model.fit(x, y, {
      epochs: 5,
      batchSize: 8,
      shuffle: false,
    });
    tf.dispose([x, y]);
    model.dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
    return history['loss'] as number[];
  };
  const expected = await fit('cpu');
  const actual = await fit(engine);
  expect(expected.at(-1)).toBeLessThan(expected[0]!);
  actual.forEach((loss, epoch) => expect(loss).toBeCloseTo(expected[epoch]!, 4));
  expect(describeBackend().engineName).toBe(engine);
});

// On TensorFlow, whose threads these are.
(engine === 'tensorflow' ? test : test.skip)(
  'a program may have one thread of it instead of 3',
  () => {
    const said = execFileSync(
      process.execPath,
      [
        '--conditions=@tfloop/source',
        `--import=${pathToFileURL(join(__dirname, '../../../tools/typescript.js')).href}`,
        join(__dirname, 'native-threads-process.ts'),
      ],
      { encoding: 'utf8', timeout: 50_000, env: { ...process.env, TF_NUM_INTRAOP_THREADS: '3' } },
    );
    expect(JSON.parse(said)).toEqual({ threads: 1, reason: 'asked for by the backend option' });
  },
);
