import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { buildSideModule, findToolchain, shippedModule } from '../side-module/build.ts';
import { shippedSignatures, signaturesOf } from '../side-module/signatures.ts';

const toolchain = findToolchain();

test('what kernels are said to take is what the C files say', () => {
  expect(readFileSync(shippedSignatures, 'utf8')).toBe(signaturesOf());
});

if ('problem' in toolchain) {
  test.skip(`the shipped side module is what its sources give: ${toolchain.problem}`, () =>
    undefined);
} else {
  test('the shipped side module is what its sources give again', () => {
    const shipped = readFileSync(shippedModule, 'utf8');
    expect(buildSideModule(toolchain) === shipped).toBe(true);
  });
}
