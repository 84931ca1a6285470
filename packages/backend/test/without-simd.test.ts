import { afterEach, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { describeBackend, useBackend } from '@tfloop/backend';
import { fusedKernel } from '@tfloop/core';
import * as fc from 'fast-check';
import {
  depthwise,
  depthwiseFilterGradient,
  filterGradient,
  geometry,
  inputGradient,
} from './convolution-cases.ts';
import { maxPoolGradient, pool, segments, segmentSum } from './other-cases.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

test('where WASM has no SIMD the fused kernels are left off, and it is said why; what is composed trains', async () => {
  jest
    .spyOn(WebAssembly, 'compile')
    .mockRejectedValue(new WebAssembly.CompileError('invalid value type'));
  const lines: string[] = [];
  const description = await useBackend({ backend: 'wasm', log: (line) => lines.push(line) });
  const lack = 'no fused kernels, as WASM with SIMD does not work here (invalid value type)';
  expect(describeBackend()).toEqual(description);
  expect(description.lack).toBe(lack);
  expect(lines).toEqual([expect.stringContaining(lack)]);
  expect(description.overrides).toContain('Conv2DBackpropFilter');
  expect(description.overrides.filter((name) => name.startsWith('Tfloop'))).toEqual([]);
  expect(fusedKernel('TfloopSgdUpdate')).toBeUndefined();
  const x = tf.ones<tf.Rank.R4>([1, 2, 2, 1]);
  const dw = tf.tidy(() =>
    tf
      .grad((w) => tf.conv2d(x, w as tf.Tensor4D, 1, 'valid'))(tf.ones<tf.Rank.R4>([1, 1, 1, 1]))
      .arraySync(),
  );
  expect(dw).toEqual([[[[4]]]]);
});

test('what is composed there agrees with the CPU back end', async () => {
  const few = { numRuns: 40 };
  await fc.assert(fc.asyncProperty(geometry, filterGradient), few);
  await fc.assert(fc.asyncProperty(geometry, inputGradient), few);
  await fc.assert(fc.asyncProperty(depthwise, depthwiseFilterGradient), few);
  await fc.assert(fc.asyncProperty(pool, maxPoolGradient), few);
  await fc.assert(fc.asyncProperty(segments, segmentSum), few);
});

test('the next call tries again', async () => {
  const { lack, overrides } = await useBackend({ backend: 'wasm', log: () => undefined });
  expect(lack).toBeUndefined();
  expect(overrides).toContain('TfloopSgdUpdate');
});
