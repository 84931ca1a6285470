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
  process.env['TF_NUM_INTRAOP_THREADS'] = '3';
  const lines: string[] = [];
  const description = await useBackend({ log: (line) => lines.push(line) });
  expect(tf.getBackend()).toBe('tensorflow');
  expect(description).toMatchObject({
    name: 'native',
    engineName: 'tensorflow',
    packageName: '@tensorflow/tfjs-node',
    version: '4.22.0',
    threads: 3,
  });
  expect(lines).toHaveLength(1);
});
