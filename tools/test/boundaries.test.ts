import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, jest, test } from '@jest/globals';

// Other programs do the work, each in seconds, but on a busy machine in more.
jest.setTimeout(300_000);

interface Case {
  readonly file: string;
  /** What the file would hold. */
  readonly code: string;
  /** The beginning of what the lint says of it, if anything. */
  readonly refused?: string;
}

const lookahead = 'packages/lookahead/src/index.ts';
const core = 'packages/core/src/index.ts';
const boundaries = '@nx/enforce-module-boundaries: ';
const onlyCore = `${boundaries}A project tagged with "type:part" can only depend on libs tagged with "type:core"`;

const cases: Record<string, Case> = {
  'a callback may import core': { file: lookahead, code: "import '@tfloop/core';" },
  'an app may import callbacks': {
    file: 'packages/study/src/index.ts',
    code: "import '@tfloop/lookahead';",
  },
  'a test may import any package': {
    file: 'packages/lookahead/test/lookahead.test.ts',
    code: "import '@tfloop/mixup'; import '@tfloop/tools/readme-example';",
  },
  'a callback may not import a callback': {
    file: lookahead,
    code: "import '@tfloop/mixup';",
    refused: onlyCore,
  },
  'a callback may not re-export an optimizer': {
    file: lookahead,
    code: "export * from '@tfloop/optimizers';",
    refused: onlyCore,
  },
  'a callback may not import the tools': {
    file: lookahead,
    code: "import '@tfloop/tools/readme-example';",
    refused: onlyCore,
  },
  'a callback may not reach into another by path': {
    file: lookahead,
    code: "import '../../mixup/src/index.ts';",
    refused: `${boundaries}Projects cannot be imported by a relative or absolute path`,
  },
  'a callback may not import what nobody declared': {
    file: lookahead,
    code: "import 'picocolors';",
    refused: `${boundaries}Only packages defined in the "package.json" can be imported`,
  },
  'core may not import a callback': {
    file: core,
    code: "import '@tfloop/lookahead';",
    refused: `${boundaries}Circular dependency between "@tfloop/core" and "@tfloop/lookahead"`,
  },
  'rules that need types are on': {
    file: core,
    code: 'Promise.resolve(1);',
    refused: '@typescript-eslint/no-floating-promises: ',
  },
};

// ESLint loads its configuration by import(), which needs a process without Jest's module system.
const script = `
  import { ESLint } from 'eslint';
  const eslint = new ESLint({ overrideConfigFile: 'tools/eslint.config.js' });
  const messages = {};
  for (const [name, { file, code }] of Object.entries(JSON.parse(process.argv[1]))) {
    const [result] = await eslint.lintText(code, { filePath: file });
    messages[name] = result.messages.map(({ ruleId, message }) => ruleId + ': ' + message);
  }
  console.log('\\n' + JSON.stringify(messages));
`;

let messages: Record<string, string[]>;

beforeAll(async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script, JSON.stringify(cases)],
    {
      cwd: join(import.meta.dirname, '..', '..'),
      // Under CI the parser would trust in what the files hold on disk.
      env: { ...process.env, NX_DAEMON: 'false', TSESTREE_SINGLE_RUN: 'false' },
    },
  );
  messages = JSON.parse(stdout.trim().split('\n').at(-1)!) as typeof messages;
});

test.each(Object.entries(cases))('%s', (name, { refused }) => {
  expect(messages[name]).toEqual(refused ? [expect.stringContaining(refused)] : []);
});
