import { expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import './without-native.ts';

test('where WASM does not start it takes the CPU back end, and says why', async () => {
  const silence = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const lines: string[] = [];
  const wasmPaths = '/nowhere/';
  const options = { wasmPaths, log: (line: string) => lines.push(line) };
  expect(await useBackend(options)).toMatchObject({ name: 'cpu' });
  expect(tf.getBackend()).toBe('cpu');
  expect(lines).toEqual([expect.stringContaining('wasm did not start')]);
  await expect(useBackend({ ...options, backend: 'wasm' })).rejects.toThrow(
    'reload with the right wasmPaths',
  );
  silence.mockRestore();
});
