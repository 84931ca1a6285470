import { expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as backend from '@tfloop/backend';
import { useBackend } from '@tfloop/backend';
import * as tf from '@tensorflow/tfjs';
import { libraryOverrides } from '../src/native/library/library-overrides.ts';
import { nativeOverrides } from '../src/native/native-overrides.ts';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');

test('the example of the README runs', async () => {
  const said = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
  // Native may be installed here.
  process.env['TFLOOP_BACKEND'] = 'wasm';
  // example
  const { name } = await useBackend();
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ inputShape: [8, 8, 1], filters: 4, kernelSize: 3 }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 1 }));
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const { history } = await model.fit(tf.ones([16, 8, 8, 1]), tf.ones([16, 1]));
  console.log(name, history.loss);
  // end
  expect(said.mock.calls).toEqual([['wasm', [expect.any(Number)]]]);
  jest.restoreAllMocks();
  delete process.env['TFLOOP_BACKEND'];

  const imports = [
    `import * as tf from '@tensorflow/tfjs';`,
    `import { useBackend } from '@tfloop/backend';`,
  ];
  const source =
    /\/\/ example\n([\s\S]*?) {2}\/\/ end/u.exec(readFileSync(__filename, 'utf8'))?.[1] ?? '';
  const lines = [...imports, '', ...source.replaceAll(/^ {2}/gmu, '').trimEnd().split('\n')];
  expect(lines.length).toBeLessThanOrEqual(15);
  expect(readme).toContain(`\`\`\`ts\n${lines.join('\n')}\n\`\`\``);
});

test('the tables of the README name every override', async () => {
  await useBackend({ backend: 'wasm', log: () => undefined });
  const { overrides } = backend.describeBackend();
  const native = [...nativeOverrides, ...libraryOverrides];
  const all = [...overrides, ...native.map(({ name }) => name)];
  expect(all.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  expect(readme).toContain(`${overrides.length} overrides for training`);
});

test('the list of kernels that remain missing is true', async () => {
  await useBackend({ backend: 'wasm', log: () => undefined });
  const wasm = new Set(tf.getKernelsForBackend('wasm').map(({ kernelName }) => kernelName));
  const missing = tf
    .getKernelsForBackend('cpu')
    .map(({ kernelName }) => kernelName)
    .filter((name) => !wasm.has(name))
    .sort();
  const listed = /Still missing on WASM[^:]*: ([\s\S]*?)\. Of/u.exec(readme)?.[1] ?? '';
  expect(listed.split(/,\s+/u).map((name) => name.replaceAll('`', ''))).toEqual(missing);
});

test('the package exports what it says', () => {
  const { name, exports } = createRequire(__filename)('../package.json') as {
    name: string;
    exports: object;
  };
  expect(name).toBe('@tfloop/backend');
  expect(Object.keys(exports)).toEqual(['.', './package.json']);
  expect(Object.keys(backend).sort()).toEqual([
    'UnavailableError',
    'describeBackend',
    'useBackend',
  ]);
});
