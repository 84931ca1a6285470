import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { buildSideModule, findToolchain, shippedModule } from '../side-module/build.ts';

const toolchain = findToolchain();

if ('problem' in toolchain) {
  test.skip(`the shipped side module is what its sources give: ${toolchain.problem}`, () =>
    undefined);
} else {
  test('the shipped side module is what its sources give again', () => {
    const shipped = readFileSync(shippedModule, 'utf8');
    expect(buildSideModule(toolchain) === shipped).toBe(true);
  });
}
