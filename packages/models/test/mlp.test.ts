import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from '@jest/globals';
import { mlp, type MlpOptions } from '@tfloop/models';
import { falls, names, weights } from './helpers.ts';

describe('mlp', () => {
  it('answers with logits', () => {
    const model = mlp({ inputShape: [28, 28, 1], classes: 10 });
    expect(model.inputs[0]!.shape).toEqual([null, 28, 28, 1]);
    expect(model.outputs[0]!.shape).toEqual([null, 10]);
    expect(model.layers.at(-1)!.getConfig()['activation']).toBe('linear');
    // 784 * 128 + 128 = 100480, 128 * 10 + 10 = 1290.
    expect(model.countParams()).toBe(101770);
    model.dispose();
  });

  it('has the hidden layers asked for', () => {
    const model = mlp({ inputShape: [4], hidden: [5, 3], classes: 2 });
    // 4 * 5 + 5 = 25, 5 * 3 + 3 = 18, 3 * 2 + 2 = 8.
    expect(model.countParams()).toBe(51);
    model.dispose();
    const linear = mlp({ inputShape: [2, 2], hidden: [], classes: 3 });
    // 4 * 3 + 3.
    expect(linear.countParams()).toBe(15);
    linear.dispose();
  });

  it('names its layers itself, whatever was built before', () => {
    const first = mlp({ inputShape: [4], hidden: [5, 3], classes: 2 });
    const second = mlp({ inputShape: [4], hidden: [5, 3], classes: 2, name: 'student' });
    const third = mlp({ inputShape: [4], hidden: [5, 3], classes: 2 });
    expect(names(first)).toEqual([
      'mlp/hidden1/kernel',
      'mlp/hidden1/bias',
      'mlp/hidden2/kernel',
      'mlp/hidden2/bias',
      'mlp/logits/kernel',
      'mlp/logits/bias',
    ]);
    expect(names(third)).toEqual(names(first));
    expect(names(second)).toEqual(names(first).map((name) => name.replace('mlp/', 'student/')));
    expect([first.name, second.name]).toEqual(['mlp', 'student']);
    expect(first.layers.map(({ name }) => name)).toEqual(third.layers.map(({ name }) => name));
    for (const model of [first, second, third]) model.dispose();
  });

  it.each([0, 1, -7])('draws its weights from the seed %i alone', (seed) => {
    const options: MlpOptions = { inputShape: [6], hidden: [6, 6], classes: 6, seed };
    const first = mlp(options);
    tf.randomNormal([10]).dispose();
    const again = mlp({ ...options, name: 'again' });
    const other = mlp({ ...options, seed: seed + 1 });
    expect(weights(again)).toEqual(weights(first));
    const kernels = [first, other].flatMap((model) =>
      weights(model).filter((values) => values.length === 36),
    );
    // Three kernels of one shape in each model: no two are alike.
    expect(new Set(kernels.map((kernel) => kernel.join())).size).toBe(6);
    for (const model of [first, again, other]) model.dispose();
  });

  it('starts with variance 2 / fan-in before a ReLU and 1 / fan-in at the end, and no bias', () => {
    const model = mlp({ inputShape: [784], hidden: [128], classes: 500 });
    const [hidden, bias, logits] = weights(model);
    const deviation = (values: readonly number[]) =>
      Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
    // Cut off at two standard deviations, a normal distribution keeps 0.87963 of its own.
    expect(deviation(hidden!) / (0.87963 * Math.sqrt(2 / 784))).toBeCloseTo(1, 1);
    expect(deviation(logits!) / (0.87963 * Math.sqrt(1 / 128))).toBeCloseTo(1, 1);
    expect(bias!.every((value) => value === 0)).toBe(true);
    model.dispose();
  });

  it('learns', () => {
    falls(mlp({ inputShape: [8, 8, 1], hidden: [16], classes: 3 }));
  });

  it.each([
    [{ classes: 0 }, 'mlp: classes must be an integer >= 1, got 0'],
    [{ hidden: [8, 0.5] }, 'mlp: hidden[1] must be an integer >= 1, got 0.5'],
    [{ inputShape: 784 }, 'mlp: inputShape must be a list of integers >= 1, got 784'],
    [{ inputShape: undefined }, 'mlp: inputShape must be a list of integers >= 1, got undefined'],
    [{ inputShape: [] }, 'mlp: inputShape.length must be an integer >= 1, got 0'],
    [{ inputShape: [3, -1] }, 'mlp: inputShape[1] must be an integer >= 1, got -1'],
    [{ seed: NaN }, 'mlp: seed must be an integer, got NaN'],
    [{ layers: [3] }, 'mlp: there is no option "layers"; the options are inputShape, hidden'],
  ])('refuses %j', (options, message) => {
    const given = { inputShape: [4], classes: 2, ...options } as MlpOptions;
    expect(() => mlp(given)).toThrow(message);
  });

  it('refuses to be made of nothing', () => {
    expect(() => mlp(undefined as never)).toThrow('mlp: inputShape must be a list of integers');
  });
});
