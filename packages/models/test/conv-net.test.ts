import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from '@jest/globals';
import { convNet } from '@tfloop/models';
import { falls, names, weights } from './helpers.ts';

describe('convNet', () => {
  it('answers 28 x 28 images with ten logits', () => {
    const model = convNet();
    expect(model.inputs[0]!.shape).toEqual([null, 28, 28, 1]);
    expect(model.outputs[0]!.shape).toEqual([null, 10]);
    expect(model.layers.at(-1)!.getConfig()['activation']).toBe('linear');
    // 3 * 3 * 1 * 8 + 8 = 80, 3 * 3 * 8 * 16 + 16 = 1168, 28 / 4 = 7 and 7 * 7 * 16 * 10 + 10 = 7850.
    expect(model.countParams()).toBe(9098);
    model.dispose();
  });

  it('has four numbers a channel in place of the bias with batch normalization', () => {
    const model = convNet({ batchNorm: true });
    // 72 + 4 * 8 = 104, 1152 + 4 * 16 = 1216, 7850.
    expect(model.countParams()).toBe(9170);
    // Scale and offset train, the running mean and variance do not.
    expect(model.trainableWeights).toHaveLength(8);
    expect(model.nonTrainableWeights).toHaveLength(4);
    model.dispose();
  });

  it('rounds halves up and takes images of any size, down to one pixel', () => {
    const model = convNet({ inputShape: [5, 1, 3], classes: 4, channels: [2, 3, 2] });
    // 5 -> 3 -> 2 -> 1: 9 * 3 * 2 + 2 = 56, 9 * 2 * 3 + 3 = 57, 9 * 3 * 2 + 2 = 56, 2 * 4 + 4 = 12.
    expect(model.countParams()).toBe(181);
    const logits = model.predict(tf.ones([7, 5, 1, 3])) as tf.Tensor;
    expect(logits.shape).toEqual([7, 4]);
    logits.dispose();
    model.dispose();
  });

  it('names its layers itself, whatever was built before', () => {
    const small = { inputShape: [4, 4, 1], channels: [2, 2], batchNorm: true } as const;
    const [first, second] = [convNet(small), convNet(small)];
    expect(names(first)).toEqual([
      'convNet/conv1/kernel',
      'convNet/norm1/gamma',
      'convNet/norm1/beta',
      'convNet/conv2/kernel',
      'convNet/norm2/gamma',
      'convNet/norm2/beta',
      'convNet/logits/kernel',
      'convNet/logits/bias',
      'convNet/norm1/moving_mean',
      'convNet/norm1/moving_variance',
      'convNet/norm2/moving_mean',
      'convNet/norm2/moving_variance',
    ]);
    expect(names(second)).toEqual(names(first));
    expect(first.layers.map(({ name }) => name)).toEqual(second.layers.map(({ name }) => name));
    const named = convNet({ ...small, name: 'a.b-1' });
    expect(names(named)[0]).toBe('a.b-1/conv1/kernel');
    for (const model of [first, second, named]) model.dispose();
  });

  it('draws its weights from the seed alone', () => {
    const [first, again, other] = [{}, { name: 'again' }, { seed: 1 }].map((o) => convNet(o));
    const withNorm = convNet({ batchNorm: true });
    expect(weights(again!)).toEqual(weights(first!));
    expect(weights(other!)).not.toEqual(weights(first!));
    expect(weights(withNorm)[0]).toEqual(weights(first!)[0]);
    for (const model of [first!, again!, other!, withNorm]) model.dispose();
  });

  it.each([false, true])('learns, batchNorm %s', (batchNorm) => {
    falls(convNet({ inputShape: [8, 8, 1], channels: [4, 4], classes: 3, batchNorm }));
  });

  it.each([
    [5, 'convNet: options must be an object with names, got 5'],
    [{ channels: 8 }, 'convNet: channels must be a list of integers >= 1, got 8'],
    [{ inputShape: [28, 28] }, 'convNet: inputShape.length must be one of 3, got 2'],
    [{ inputShape: [28, 0, 1] }, 'convNet: inputShape[1] must be an integer >= 1, got 0'],
    [{ channels: [] }, 'convNet: channels.length must be an integer >= 1, got 0'],
    [{ channels: [8, 1.5] }, 'convNet: channels[1] must be an integer >= 1, got 1.5'],
    [{ classes: -1 }, 'convNet: classes must be an integer >= 1, got -1'],
    [{ batchNorm: 'yes' }, 'convNet: batchNorm must be one of true, false, got "yes"'],
    [{ batchnorm: true }, 'convNet: there is no option "batchnorm"; the options are inputShape'],
  ])('refuses %j', (options, message) => {
    expect(() => convNet(options as object)).toThrow(message);
  });
});
