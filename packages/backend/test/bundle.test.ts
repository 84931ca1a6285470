import { expect, test } from '@jest/globals';
import { build } from 'esbuild';

test('esbuild bundles the package for a browser, without Node built-ins of ours', async () => {
  const { outputFiles, metafile, warnings } = await build({
    stdin: {
      contents: `export { useBackend } from '@tfloop/backend';`,
      resolveDir: __dirname,
    },
    bundle: true,
    platform: 'browser',
    format: 'esm',
    conditions: ['@tfloop/source'],
    logLevel: 'silent',
    metafile: true,
    write: false,
  });
  expect(warnings).toEqual([]);
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((path) => path.endsWith('platform/browser.ts'))).toHaveLength(1);
  expect(inputs.filter((path) => path.endsWith('platform/node.ts'))).toEqual([]);
  expect(outputFiles[0]?.text).not.toMatch(/["']node:/u);
});
