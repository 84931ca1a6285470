import { readFileSync, writeFileSync } from 'node:fs';
import { buildSideModule, findToolchain, shippedModule } from './build.ts';
import { readOptions } from '../read-options.ts';
import { shippedSignatures, signaturesOf } from './signatures.ts';

const HELP = `npm run side-module -- [options]

Makes the side module of @tfloop/backend from the C files in tools/side-module and, shared with native,
in packages/backend/kernels/shared: kernels with SIMD that work in the memory of TensorFlow.js's WASM back
end, and the list of what they take. The same sources give the same bytes.

  --check   compares with what is shipped, and writes nothing
  --help

Exit codes: 0 done, 1 the shipped module is another, 2 wrong options, 3 the compiler is missing.
`;

const OUTDATED = 'The shipped module is not what its sources give: run `npm run side-module`.';

const { values } = readOptions('side-module', HELP, {
  check: { type: 'boolean', default: false },
});
process.exitCode = main(values.check);

function main(check: boolean): number {
  const toolchain = findToolchain();
  if ('problem' in toolchain) {
    console.error(`The side module can't be made: ${toolchain.problem}.`);
    return 3;
  }
  const made = [
    [shippedModule, buildSideModule(toolchain)],
    [shippedSignatures, signaturesOf()],
  ] as const;
  if (!check) {
    for (const [file, content] of made) writeFileSync(file, content);
    console.log(`wrote ${made.map(([file]) => file).join(' and ')}`);
    return 0;
  }
  const isSame = made.every(([file, content]) => readFileSync(file, 'utf8') === content);
  console.log(isSame ? 'The shipped module is what its sources give.' : OUTDATED);
  return isSame ? 0 : 1;
}
