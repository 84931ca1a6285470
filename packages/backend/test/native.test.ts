import { expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';

// Stand-ins for the optional packages: one that is installed but broken, one that works.
jest.mock(
  '@tensorflow/tfjs-node-gpu',
  () => {
    throw new Error('libcudart.so.11.0: cannot open shared object file\n  at Module._extensions');
  },
  { virtual: true },
);
jest.mock(
  '@tensorflow/tfjs-node',
  () => {
    tf.registerBackend('tensorflow', () => tf.findBackendFactory('cpu')());
    return { version: { 'tfjs-node': '4.22.0' } };
  },
  { virtual: true },
);

test('native is taken first, by the first package that loads', async () => {
  const lines: string[] = [];
  const description = await useBackend({ threads: 3, log: (line) => lines.push(line) });
  expect(tf.getBackend()).toBe('tensorflow');
  expect(description).toMatchObject({
    name: 'native',
    engineName: 'tensorflow',
    packageName: '@tensorflow/tfjs-node',
    version: '4.22.0',
    threads: 3,
  });
  expect(lines).toHaveLength(1);
  // Where TensorFlow reads it, as it is loaded.
  expect(process.env['TF_NUM_INTRAOP_THREADS']).toBe('3');
});

test('once it is loaded, it keeps its threads, and says why', async () => {
  const { threads, reason } = await useBackend({ threads: 2, log: () => undefined });
  expect({ threads, reason }).toMatchObject({
    threads: 3,
    reason: expect.stringContaining(
      '3 threads instead of 2, as TensorFlow takes their number as it is loaded, by the main thread',
    ) as unknown,
  });
});
