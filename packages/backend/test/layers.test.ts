// A model of each layer, and each op that models are made of besides, has the gradients of the CPU back end. It runs on
// WASM, or on what TFLOOP_TEST_ENGINE names.
import { beforeAll, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { expectClose, random, runOn, sumsOfProducts, useEngine, type Result } from './compare.ts';

beforeAll(() => useEngine());

const { layers } = tf;
type Shape = readonly number[];
type Case = readonly [name: string, shape: Shape, ...make: (() => tf.layers.Layer)[]];

const row: Shape = [7];
const series: Shape = [6, 3];
const image: Shape = [6, 5, 3];
const volume: Shape = [4, 3, 4, 2];

const seeded = (seed: number) => tf.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed });
const kernel = { kernelInitializer: seeded(1), biasInitializer: seeded(2) };
const depth = {
  depthwiseInitializer: seeded(3),
  pointwiseInitializer: seeded(4),
  biasInitializer: seeded(2),
};
const recurrent = { units: 3, kernelInitializer: seeded(1), recurrentInitializer: seeded(5) };

const activations = [
  ...['elu', 'hardSigmoid', 'relu', 'relu6', 'selu', 'sigmoid', 'softmax', 'softplus'],
  ...['softsign', 'tanh', 'swish', 'mish', 'gelu', 'gelu_new'],
] as Parameters<typeof layers.activation>[0]['activation'][];

const ofActivations = activations.flatMap((activation): Case[] => [
  [`activation ${activation}`, row, () => layers.activation({ activation })],
  [
    `convolution and ${activation}`,
    image,
    () => layers.conv2d({ filters: 4, kernelSize: 3, activation, ...kernel }),
  ],
  [`dense and ${activation}`, row, () => layers.dense({ units: 4, activation, ...kernel })],
]);

const ofWindows = (['same', 'valid'] as const).flatMap((padding) =>
  [1, 2].flatMap((strides): Case[] => {
    const name = (layer: string) => `${layer}, ${padding}, strides ${strides}`;
    const by = { padding, strides };
    const three = { kernelSize: 3, ...by };
    return [
      [name('conv1d'), series, () => layers.conv1d({ filters: 4, ...three, ...kernel })],
      [name('conv2d'), image, () => layers.conv2d({ filters: 4, ...three, ...kernel })],
      [
        name('conv2dTranspose'),
        image,
        () => layers.conv2dTranspose({ filters: 4, ...three, ...kernel }),
      ],
      [
        name('conv3d'),
        volume,
        () => layers.conv3d({ filters: 3, kernelSize: 2, ...by, ...kernel }),
      ],
      [
        name('depthwiseConv2d'),
        image,
        () => layers.depthwiseConv2d({ depthMultiplier: 2, ...three, ...depth }),
      ],
      [
        name('separableConv2d'),
        image,
        () => layers.separableConv2d({ filters: 4, ...three, ...depth }),
      ],
      [name('maxPooling1d'), series, () => layers.maxPooling1d({ poolSize: 3, ...by })],
      [name('maxPooling2d'), image, () => layers.maxPooling2d({ poolSize: 3, ...by })],
      [
        name('maxPooling3d'),
        volume,
        () => layers.maxPooling3d({ poolSize: 2, dataFormat: 'channelsLast', ...by }),
      ],
    ];
  }),
);

const others: Case[] = [
  ['reLU', row, () => layers.reLU()],
  ['reLU with a greatest value', row, () => layers.reLU({ maxValue: 0.5 })],
  ['leakyReLU', row, () => layers.leakyReLU({ alpha: 0.2 })],
  ['prelu', image, () => layers.prelu({ alphaInitializer: seeded(3) })],
  ['prelu, shared', image, () => layers.prelu({ alphaInitializer: seeded(3), sharedAxes: [1, 2] })],
  ['elu', row, () => layers.elu()],
  ['softmax', row, () => layers.softmax()],
  ['globalAveragePooling1d', series, () => layers.globalAveragePooling1d()],
  ['globalAveragePooling2d', image, () => layers.globalAveragePooling2d({})],
  ['globalMaxPooling1d', series, () => layers.globalMaxPooling1d()],
  ['globalMaxPooling2d', image, () => layers.globalMaxPooling2d({})],
  ['batchNormalization', image, () => layers.batchNormalization({ gammaInitializer: seeded(6) })],
  ['batchNormalization of rows', series, () => layers.batchNormalization()],
  ['layerNormalization', image, () => layers.layerNormalization()],
  ['lstm', series, () => layers.lstm(recurrent)],
  ['gru, sequences', series, () => layers.gru({ returnSequences: true, ...recurrent })],
  ['simpleRNN', series, () => layers.simpleRNN(recurrent)],
  [
    'bidirectional',
    series,
    () =>
      layers.bidirectional({
        mergeMode: 'concat',
        layer: layers.lstm(recurrent),
      }),
  ],
  [
    'convLstm2d',
    [3, 5, 5, 2],
    () => layers.convLstm2d({ filters: 2, kernelSize: 2, ...recurrent }),
  ],
  [
    'timeDistributed',
    series,
    () => layers.timeDistributed({ layer: layers.dense({ units: 2, ...kernel }) }),
  ],
  [
    'zeroPadding2d',
    image,
    () =>
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [3, 0],
        ],
      }),
  ],
  [
    'cropping2D',
    image,
    () =>
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 1],
        ],
      }),
  ],
  ['flatten and dense', image, () => layers.flatten(), () => layers.dense({ units: 2, ...kernel })],
  ['permute', image, () => layers.permute({ dims: [3, 1, 2] })],
  ['reshape', image, () => layers.reshape({ targetShape: [15, 6] })],
  ['repeatVector', row, () => layers.repeatVector({ n: 3 })],
  ['rescaling', image, () => layers.rescaling({ scale: 0.5, offset: 1 })],
];

const make = (shape: Shape, layersOf: readonly (() => tf.layers.Layer)[]): tf.Sequential =>
  tf.sequential({
    layers: [layers.inputLayer({ inputShape: [...shape] }), ...layersOf.map((layer) => layer())],
  });

/** A weighted sum of what comes out of two examples, and its gradients by them and by all weights. */
async function gradients(
  engine: string,
  shape: Shape,
  start: () => { readonly run: (x: tf.Tensor) => tf.Tensor; readonly model?: tf.LayersModel },
): Promise<Result[]> {
  return runOn(engine, () => {
    const { run, model } = start();
    const x = tf.variable(random(7, [2, ...shape]));
    const weights = model?.trainableWeights.map((weight) => weight.read()) ?? [];
    const variables = [x, ...weights].filter((value) => value instanceof tf.Variable);
    const { value, grads } = tf.variableGrads(() => {
      const y = run(x);
      return tf.sum(tf.mul(y, random(9, y.shape)));
    }, variables);
    model?.dispose();
    x.dispose();
    return [value, ...variables.map(({ name }) => grads[name]!)];
  });
}

const startOf = (shape: Shape, layersOf: readonly (() => tf.layers.Layer)[]) => () => {
  const model = make(shape, layersOf);
  return { model, run: (x: tf.Tensor) => model.apply(x, { training: true }) as tf.Tensor };
};

test.each([...ofActivations, ...ofWindows, ...others])('%s', async (_, shape, ...layersOf) => {
  const start = startOf(shape, layersOf);
  const expected = await gradients('cpu', shape, start);
  expectClose(await gradients('wasm', shape, start), expected, sumsOfProducts);
});

const means = (['same', 'valid'] as const).flatMap((padding) =>
  [1, 2].flatMap((strides): Case[] => {
    const by = { padding, strides };
    const name = (layer: string) => `${layer}, ${padding}, strides ${strides}`;
    return [
      [name('averagePooling1d'), series, () => layers.averagePooling1d({ poolSize: 3, ...by })],
      [name('averagePooling2d'), image, () => layers.averagePooling2d({ poolSize: 3, ...by })],
      [
        name('averagePooling3d'),
        volume,
        () => layers.averagePooling3d({ poolSize: 2, dataFormat: 'channelsLast', ...by }),
      ],
    ];
  }),
);

const resized: Case[] = [
  ['upSampling2d', image, () => layers.upSampling2d({ size: [2, 3] })],
  [
    'upSampling2d, bilinear',
    image,
    () => layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }),
  ],
];

// The CPU back end's gradients of these are none where there is padding, or where images are not square. The layers are linear:
// what each number of the input adds to the output is the gradient.
test.each([...means, ...resized])('%s, a linear layer', async (_, shape, ...layersOf) => {
  const start = startOf(shape, layersOf);
  const size = tf.util.sizeFromShape([...shape]);
  const [expected] = await runOn('cpu', () => {
    const { run, model } = start();
    const parts = run(tf.reshape(tf.eye(size), [size, ...shape]));
    const weights = random(9, [2, ...parts.shape.slice(1)]);
    model.dispose();
    const dx = tf.matMul(tf.reshape(weights, [2, -1]), tf.reshape(parts, [size, -1]), false, true);
    return [tf.reshape(dx, [2, ...shape])];
  });
  const [, dx] = await gradients('wasm', shape, start);
  expectClose([dx!], [expected!]);
});

const ops: [name: string, op: (x: tf.Tensor4D) => tf.Tensor][] = [
  ['slice', (x) => tf.slice(x, [0, 1, 1, 0], [2, 3, 2, 3])],
  ['gather', (x) => tf.gather(x, tf.tensor1d([3, 0, 3], 'int32'), 1)],
  ['tile', (x) => tf.tile(x, [1, 2, 1, 3])],
  ['concat', (x) => tf.concat([x, tf.mul(x, 2)], 3)],
  ['stack', (x) => tf.stack([x, tf.square(x)], 1)],
  ['split', (x) => tf.mul(...(tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor]))],
  [
    'pad',
    (x) =>
      tf.pad(
        x,
        [
          [0, 0],
          [1, 2],
          [0, 1],
          [0, 0],
        ],
        0.5,
      ),
  ],
  [
    'mirrorPad',
    (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 2],
          [0, 1],
          [0, 0],
        ],
        'reflect',
      ),
  ],
  ['transpose', (x) => tf.transpose(x, [0, 3, 1, 2])],
  ['reverse', (x) => tf.reverse(x, 1)],
  ['max', (x) => tf.max(x, 2)],
  ['min', (x) => tf.min(x, [1, 2])],
  ['prod', (x) => tf.prod(x, 2)],
  ['logSumExp', (x) => tf.logSumExp(x, 1)],
  ['logSoftmax', (x) => tf.logSoftmax(x)],
  ['norm', (x) => tf.norm(x)],
  ['moments', (x) => tf.moments(x, [1, 2]).variance],
  ['clipByValue', (x) => tf.clipByValue(x, -0.5, 0.5)],
  ['pow', (x) => tf.pow(tf.add(x, 2), 1.5)],
  ['maximum', (x) => tf.maximum(x, tf.reverse(x, 2))],
  ['squaredDifference', (x) => tf.squaredDifference(x, tf.reverse(x, 2))],
  ['erf', (x) => tf.erf(x)],
  ['broadcastTo', (x) => tf.broadcastTo(tf.mean(x, 0, true), [4, 6, 5, 3])],
  [
    'spaceToBatchND',
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 1],
        [
          [0, 0],
          [0, 0],
        ],
      ),
  ],
  ['localResponseNormalization', (x) => tf.localResponseNormalization(x)],
  ['dilation2d', (x) => tf.dilation2d(x, tf.ones([2, 2, 3]), 1, 'same')],
  ['matMul of batches', (x) => tf.matMul(x, x, false, true)],
];

test.each(ops)('tf.%s', async (_, op) => {
  const start = () => ({ run: (x: tf.Tensor) => op(x as tf.Tensor4D) });
  const expected = await gradients('cpu', image, start);
  expectClose(await gradients('wasm', image, start), expected, sumsOfProducts);
});
