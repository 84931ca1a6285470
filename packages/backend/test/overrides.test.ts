import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { describeBackend, useBackend } from '@tfloop/backend';
import { gradientOverride } from '../src/overrides/gradient-override.ts';
import { kernelOverride } from '../src/overrides/kernel-override.ts';

const use = (without?: readonly string[]) =>
  useBackend({ backend: 'wasm', log: () => undefined, ...(without && { without }) });

beforeAll(() => use());
afterAll(() => use());

const kernel = (name: string) => tf.getKernel(name, 'wasm').kernelFunc;

test('an override that is left off gives way to what was there, and comes back', async () => {
  const ours = kernel('MaxPoolGrad');
  const { overrides } = await use(['MaxPoolGrad']);
  expect(overrides).not.toContain('MaxPoolGrad');
  expect(kernel('MaxPoolGrad')).not.toBe(ours);
  await use(['Slice']);
  const { overrides: others } = describeBackend();
  expect([others.includes('MaxPoolGrad'), others.includes('Slice')]).toEqual([true, false]);
  await use();
  expect(describeBackend().overrides).toEqual(expect.arrayContaining(['MaxPoolGrad', 'Slice']));
});

test('each can be left off, and then nothing of it is left', async () => {
  const { overrides } = await use();
  const registered = () => tf.getKernelsForBackend('wasm').length;
  const all = registered();
  const { overrides: none } = await use(overrides);
  expect(none).toEqual([]);
  expect(registered()).toBeLessThan(all);
  expect((await use()).overrides).toEqual(overrides);
  expect(registered()).toBe(all);
});

test('what is of another back end may be named, and changes nothing', async () => {
  const { overrides } = await use();
  expect((await use(['Sum gradient', 'Slice'])).overrides).toEqual(
    overrides.filter((name) => name !== 'Slice'),
  );
  expect((await use()).overrides).toEqual(overrides);
});

test('what there is not can not be left off: the error lists what there is, and nothing has changed', async () => {
  const { overrides } = await use();
  for (const [name, shown] of [
    ['Slices', '"Slices"'],
    [5 as unknown as string, '5'],
  ] as const) {
    const refused = await use(['Slice', name]).then(String, String);
    expect(refused).toMatch(
      `RangeError: useBackend: without must name overrides, got ${shown}; there are Abs gradient, Add, `,
    );
    const listed = refused.slice(refused.indexOf('there are ') + 'there are '.length).split(', ');
    expect(listed).toEqual(expect.arrayContaining([...overrides, 'Sum gradient']));
  }
  expect(describeBackend().overrides).toEqual(overrides);
});

test('a kernel override can lean on the kernel that it replaces, where there is one', async () => {
  await tf.setBackend('cpu');
  const asColumn = kernelOverride('cpu', 'Neg', 'wrong', (stock) => (call) => ({
    ...(stock(call) as tf.TensorInfo),
    shape: [2, 1],
  }));
  const minus = () => tf.tidy(() => tf.neg([1, 2]).arraySync());
  asColumn.install();
  asColumn.install();
  expect([asColumn.installed(), minus()]).toEqual([true, [[-1], [-2]]]);
  asColumn.remove();
  asColumn.remove();
  expect([asColumn.installed(), minus()]).toEqual([false, [-1, -2]]);

  const alone = kernelOverride('cpu', 'NoSuchKernel', 'missing', (stock) => stock);
  alone.install();
  expect(() => tf.engine().runKernel('NoSuchKernel', {})).toThrow(
    '@tfloop/backend: the cpu back end has no kernel NoSuchKernel to fall back to',
  );
  alone.remove();
  expect(tf.getKernel('NoSuchKernel', 'cpu')).toBeUndefined();
});

test('a gradient override holds on its own back end, for the calls that it takes', async () => {
  const double = (dys: tf.Tensor | tf.Tensor[]) => ({ x: () => tf.mul(dys as tf.Tensor, 2) });
  const onCpu = gradientOverride('cpu', 'Square', 'wrong', double);
  const onWasm = gradientOverride('wasm', 'Square', 'wrong', () => undefined);
  const slopes = async () => {
    const found: number[] = [];
    for (const backend of ['cpu', 'wasm']) {
      await tf.setBackend(backend);
      const slope = tf.grad((x) => tf.square(x))(tf.scalar(3));
      found.push(...slope.dataSync<'float32'>());
    }
    return found;
  };
  expect(await slopes()).toEqual([6, 6]);
  onCpu.install();
  onCpu.install();
  onWasm.install();
  expect([onCpu.installed(), onWasm.installed(), await slopes()]).toEqual([true, true, [2, 6]]);
  onWasm.remove();
  expect([onCpu.installed(), onWasm.installed(), await slopes()]).toEqual([true, false, [2, 6]]);
  onCpu.remove();
  onCpu.remove();
  expect([onCpu.installed(), await slopes()]).toEqual([false, [6, 6]]);
});
