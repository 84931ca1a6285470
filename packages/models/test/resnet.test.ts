import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from '@jest/globals';
import { crossEntropy } from '@tfloop/core';
import { resnet18, resnet9 } from '@tfloop/models';
import { names, weights } from './helpers.ts';

const networks = { resnet9, resnet18 };
type Network = (typeof networks)[keyof typeof networks];

/**
 * Trainable parameters with the default width of 64. Their number is a polynomial of degree 2 in the width, and
 * three small networks, which are made at once, have that of any.
 */
function trainable(network: Network): number {
  const [one, two, three] = [1, 2, 3].map((width) => {
    const model = network({ width });
    const sizes = model.trainableWeights.map(({ shape }) =>
      tf.util.sizeFromShape(shape as number[]),
    );
    model.dispose();
    return sizes.reduce((sum, size) => sum + size, 0);
  }) as [number, number, number];
  return one + 63 * (two - one) + ((63 * 62) / 2) * (three - 2 * two + one);
}

describe('resnet9', () => {
  it('has the parameters of its plan', () => {
    const model = resnet9({ width: 2 });
    expect(model.inputs[0]!.shape).toEqual([null, 32, 32, 3]);
    expect(model.outputs[0]!.shape).toEqual([null, 10]);
    // Convolutions 9 * (3 * 64 + 64 * 128 + 2 * 128² + 128 * 256 + 256 * 512 + 2 * 512²) = 6,563,520, scale
    // and offset of 64 + 3 * 128 + 256 + 3 * 512 = 2,240 channels, 512 * 10 + 10.
    expect(trainable(resnet9)).toBe(6_573_130);
    expect(model.getLayer('resnet9/pool4').outputShape).toEqual([null, 4, 4, 16]);
    model.dispose();
  });

  it('names its layers in order', () => {
    const model = resnet9({ inputShape: [8, 8, 1], width: 2 });
    expect(names(model).filter((weight) => weight.endsWith('kernel'))).toEqual([
      'resnet9/conv1/conv/kernel',
      'resnet9/conv2/conv/kernel',
      'resnet9/residual2a/conv/kernel',
      'resnet9/residual2b/conv/kernel',
      'resnet9/conv3/conv/kernel',
      'resnet9/conv4/conv/kernel',
      'resnet9/residual4a/conv/kernel',
      'resnet9/residual4b/conv/kernel',
      'resnet9/logits/kernel',
    ]);
    model.dispose();
  });
});

describe('resnet18', () => {
  it('has as many parameters as ResNet-18 with a 3 x 3 stem has in PyTorch', () => {
    const model = resnet18({ width: 2 });
    expect(model.inputs[0]!.shape).toEqual([null, 32, 32, 3]);
    expect(model.outputs[0]!.shape).toEqual([null, 10]);
    // torchvision's resnet18 has 11,689,512: a stem of 7² * 3 * 64 less 3² * 3 * 64, and 1000 classes less 10
    // at 513 numbers each.
    expect(trainable(resnet18)).toBe(11_689_512 - (49 - 9) * 3 * 64 - 990 * 513);
    expect(model.getLayer('resnet18/stage4/block2/relu').outputShape).toEqual([null, 4, 4, 16]);
    model.dispose();
  });

  it('projects where a block changes the shape, and nowhere else', () => {
    const model = resnet18({ inputShape: [8, 8, 1], width: 2 });
    expect(names(model).filter((weight) => weight.endsWith('shortcut/conv/kernel'))).toEqual(
      [2, 3, 4].map((stage) => `resnet18/stage${stage}/block1/shortcut/conv/kernel`),
    );
    model.dispose();
  });
});

describe.each(['resnet9', 'resnet18'] as const)('%s', (name) => {
  const network = networks[name];
  const small = { inputShape: [8, 8, 1], classes: 3, width: 2 } as const;

  it('draws its weights from the seed alone, whatever its name', () => {
    const [first, again, other] = [{}, { name: 'again' }, { seed: 1 }].map((options) =>
      network({ ...small, ...options }),
    );
    expect(weights(again!)).toEqual(weights(first!));
    expect(weights(other!)).not.toEqual(weights(first!));
    expect(names(again!)[0]).toMatch(/^again\//);
    for (const model of [first, again, other]) model!.dispose();
  });

  it('takes images of any size and rounds halves up', () => {
    const model = network({ ...small, inputShape: [5, 1, 3] });
    const logits = model.predict(tf.ones([2, 5, 1, 3])) as tf.Tensor;
    expect(logits.shape).toEqual([2, 3]);
    tf.dispose([logits]);
    model.dispose();
  });

  it('moves every weight, downhill', () => {
    const model = network({ ...small, inputShape: [4, 4, 1] });
    const x = tf.randomNormal([6, 4, 4, 1], 0, 1, 'float32', 1);
    const y = tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32');
    const optimizer = tf.train.sgd(0.01);
    const before = weights(model);
    const step = () => {
      const loss = () =>
        tf.mean<tf.Scalar>(crossEntropy()(model.apply(x, { training: true }) as tf.Tensor, y));
      return tf.tidy(() => optimizer.minimize(loss, true)!.dataSync()[0]!);
    };
    const first = step();
    const after = weights(model);
    after.forEach((values, i) => expect([i, values]).not.toEqual([i, before[i]]));
    const losses = Array.from({ length: 4 }, step);
    expect(losses.at(-1)!).toBeLessThan(first);
    tf.dispose([x, y]);
    optimizer.dispose();
    model.dispose();
  });

  it.each([
    ['small', 'options must be an object with names, got "small"'],
    [{ inputShape: [32, 32] }, 'inputShape.length must be one of 3, got 2'],
    [{ inputShape: [32, 0, 3] }, 'inputShape[1] must be an integer >= 1, got 0'],
    [{ classes: 0 }, 'classes must be an integer >= 1, got 0'],
    [{ width: 1.5 }, 'width must be an integer >= 1, got 1.5'],
    [{ seed: NaN }, 'seed must be an integer, got NaN'],
    [{ depth: 18 }, 'there is no option "depth"; the options are inputShape'],
  ])('refuses %j', (options, message) => {
    expect(() => network(options as object)).toThrow(`${name}: ${message}`);
  });
});
