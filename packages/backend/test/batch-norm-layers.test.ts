// Batch norm layers that run on kernels of the back end, and the ReLU behind them: which of them do, and that no model's
// numbers become others. The kernels here are composed on the CPU back end; those of a back end have tests of their own.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { batchNormalization } from '../src/layers/batch-normalization.ts';
import { rectified } from '../src/layers/rectified.ts';
import { random } from './compare.ts';

/** Whether each call of the forward kernel was to rectify. */
const calls: boolean[] = [];

beforeAll(async () => {
  await tf.setBackend('cpu');
  // The composed kernels make tensors of their own, which the engine of tests would take for a leak.
  tf.env().set('IS_TEST', false);
  const attributes = (attrs: unknown) => attrs as { epsilon: number; relu: boolean };
  tf.registerKernel({
    kernelName: 'TfloopBatchNorm',
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, scale, offset } = inputs as unknown as Record<string, tf.Tensor>;
      const { epsilon, relu } = attributes(attrs);
      calls.push(relu);
      const axes = x!.shape.map((_, axis) => axis).slice(0, -1);
      const { mean, variance } = tf.moments(x!, axes);
      const y = tf.batchNorm(x!, mean, variance, offset, scale, epsilon);
      return [relu ? tf.relu(y) : y, mean, variance];
    },
  });
  tf.registerKernel({
    kernelName: 'TfloopBatchNormGrad',
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs }) => {
      const { dy, x, y, scale, mean, variance } = inputs as unknown as Record<string, tf.Tensor>;
      const { epsilon, relu } = attributes(attrs);
      const axes = x!.shape.map((_, axis) => axis).slice(0, -1);
      const g = relu ? tf.mul(dy!, tf.step(y!)) : dy!;
      const inverse = tf.rsqrt(tf.add(variance!, epsilon));
      const normal = tf.mul(tf.sub(x!, mean!), inverse);
      const [meanOfG, meanOfGx] = [tf.mean(g, axes), tf.mean(tf.mul(g, normal), axes)];
      const dx = tf.mul(
        tf.sub(tf.sub(g, meanOfG), tf.mul(normal, meanOfGx)),
        tf.mul(inverse, scale!),
      );
      return [dx, tf.sum(tf.mul(g, normal), axes), tf.sum(g, axes)];
    },
  });
});

afterAll(() => {
  batchNormalization.remove();
  rectified.remove();
});

const { layers } = tf;
const dense = (inputShape?: number[]) =>
  layers.dense({
    units: 4,
    kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }),
    ...(inputShape && { inputShape }),
  });

/** Models, and whether each of their batch norms takes a ReLU into it. */
const models: readonly (readonly [string, () => tf.LayersModel, readonly boolean[]])[] = [
  [
    'a ReLU behind',
    () =>
      tf.sequential({ layers: [dense([3]), layers.batchNormalization(), layers.reLU(), dense()] }),
    [true],
  ],
  [
    'an activation behind',
    () =>
      tf.sequential({
        layers: [
          dense([3]),
          layers.batchNormalization(),
          layers.activation({ activation: 'relu' }),
        ],
      }),
    [true],
  ],
  [
    'a ReLU with a bound',
    () =>
      tf.sequential({
        layers: [dense([3]), layers.batchNormalization(), layers.reLU({ maxValue: 1 })],
      }),
    [false],
  ],
  [
    'another activation',
    () =>
      tf.sequential({
        layers: [
          dense([3]),
          layers.batchNormalization(),
          layers.activation({ activation: 'tanh' }),
        ],
      }),
    [false],
  ],
  [
    'nothing behind',
    () => tf.sequential({ layers: [dense([3]), layers.batchNormalization()] }),
    [false],
  ],
  [
    'a model within',
    () => {
      const inner = tf.sequential({
        layers: [dense([4]), layers.batchNormalization(), layers.reLU()],
      });
      return tf.sequential({ layers: [dense([3]), layers.batchNormalization(), inner] });
    },
    // What is behind the outer one is a model, and no ReLU.
    [false, true],
  ],
  [
    'two readers',
    () => {
      const input = tf.input({ shape: [4] });
      const normal = layers.batchNormalization().apply(input) as tf.SymbolicTensor;
      const bent = layers.reLU().apply(normal) as tf.SymbolicTensor;
      return tf.model({
        inputs: input,
        outputs: layers.add().apply([normal, bent]) as tf.SymbolicTensor,
      });
    },
    [false],
  ],
  [
    'an answer of the model',
    () => {
      const input = tf.input({ shape: [4] });
      const normal = layers.batchNormalization().apply(input) as tf.SymbolicTensor;
      return tf.model({
        inputs: input,
        outputs: [layers.reLU().apply(normal) as tf.SymbolicTensor, normal],
      });
    },
    [false],
  ],
  [
    'a reader in another model',
    () => {
      const input = tf.input({ shape: [4] });
      const normal = layers.batchNormalization().apply(input) as tf.SymbolicTensor;
      layers.activation({ activation: 'tanh' }).apply(normal);
      return tf.model({ inputs: input, outputs: layers.reLU().apply(normal) as tf.SymbolicTensor });
    },
    [false],
  ],
];

/** Answers, gradients and moving averages of a training step. */
function train(make: () => tf.LayersModel): number[][] {
  const model = make();
  const before = tf.memory().numTensors;
  const result = tf.tidy(() => {
    const x = random(1, [6, model.inputs[0]!.shape[1]!]);
    const answers: tf.Tensor[] = [];
    const loss = (): tf.Scalar => {
      const y = [model.apply(x, { training: true }) as tf.Tensor | tf.Tensor[]].flat();
      answers.push(...y.map((one) => tf.keep(one)));
      return tf.addN<tf.Scalar>(y.map((one) => tf.mean(tf.square(tf.sub(one, 0.3)))));
    };
    const { grads } = tf.variableGrads(
      loss,
      model.trainableWeights.map((w) => w.read()).filter((w) => w instanceof tf.Variable),
    );
    const all = [
      ...answers,
      ...Object.keys(grads).map((name) => grads[name]!),
      ...model.weights.map((w) => w.read()),
    ];
    const read = all.map((tensor) => Array.from(tensor.dataSync()));
    tf.dispose(answers);
    return read;
  });
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
  return result;
}

test.each(models)('with %s: the numbers of the layers as they come', (_name, make, relus) => {
  batchNormalization.remove();
  rectified.remove();
  const stock = train(make);
  batchNormalization.install();
  rectified.install();
  calls.length = 0;
  const ours = train(make);
  expect(calls).toEqual(relus);
  expect(ours.length).toBe(stock.length);
  ours.forEach((tensor, i) =>
    tensor.forEach((value, j) => expect(value).toBeCloseTo(stock[i]![j]!, 5)),
  );
});

test('what has no kernel, and inference, are as they were', () => {
  calls.length = 0;
  const model = tf.sequential({
    layers: [
      layers.batchNormalization({ inputShape: [2, 3], axis: 1 }),
      layers.batchNormalization(),
    ],
  });
  const x = random(1, [4, 2, 3]);
  tf.tidy(() => void model.apply(x));
  expect(calls).toEqual([]);
  tf.tidy(() => void model.apply(x, { training: true }));
  expect(calls).toEqual([false]);
  tf.dispose([x]);
  model.dispose();
});
