import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { main } from '@tfloop/study';
import { trackedRuns } from './tracked-runs.ts';

const mockLoad = jest.fn();
jest.mock('@tfloop/wandb', () => {
  mockLoad();
  return jest.requireActual<object>('@tfloop/wandb');
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'study-'));
});
beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith('WANDB_')) Reflect.deleteProperty(process.env, name);
  // No key of whoever runs this.
  process.env['NETRC'] = join(folder, 'netrc');
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs a study of two runs of an epoch; what the runs say themselves goes to the process's own stream. */
async function study(out: string, args: readonly string[] = [], start = ['--out', out, ...tiny]) {
  const said = { out: '', err: '', runs: '' };
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.runs += String(text);
    return true;
  });
  const code = await main([...start, ...args, '--progress', 'none'], {
    stdout: { write: (text) => (said.out += text) },
    stderr: { write: (text) => (said.err += text) },
    color: false,
    onStop: () => () => undefined,
    exit: () => undefined,
  });
  write.mockRestore();
  return { code, ...said };
}

const tiny =
  '--examples 120 --batch-size 40 --epochs 1 --seeds 1 --model mlp --backend wasm --optimizers sgd,adamw'.split(
    ' ',
  );

// The first of the tests, because later ones load it.
test('without the option nothing is loaded, and nothing written; with it only what is yet to be trained', async () => {
  const out = join(folder, 'without');
  // Somebody else's.
  const other = 'offline-run-20260102_030405-abc';
  await mkdir(join(out, 'wandb', other), { recursive: true });
  process.env['WANDB_MODE'] = 'offline';
  const begun = await study(out);
  expect(begun.code).toBe(0);
  expect(begun.out).not.toContain('wandb');
  expect(mockLoad).not.toHaveBeenCalled();
  const files = ['report.html', 'results.csv', 'results.json', 'wandb'];
  expect((await readdir(out)).sort()).toEqual(files);

  const { code, err, out: text } = await study(out, ['--wandb'], ['--resume', out]);
  expect(code).toBe(0);
  expect(mockLoad).toHaveBeenCalledTimes(1);
  expect(err).toContain('what was trained so far, without --wandb, is not tracked\n');
  expect(text).toContain('\nwandb: no runs are kept\n');
  expect(await readdir(join(out, 'wandb'))).toEqual([other]);
});

test('WANDB_MODE=disabled tracks nothing', async () => {
  const out = join(folder, 'disabled');
  process.env['WANDB_MODE'] = 'disabled';
  const { code, out: text } = await study(out, ['--wandb']);
  expect(code).toBe(0);
  expect(text).toContain('\nwandb: no runs are kept\n');
  expect(await readdir(out)).not.toContain('wandb');
});

test('the option is above WANDB_MODE, the project is that of the environment, and WANDB_RESUME ends no run', async () => {
  const out = join(folder, 'offline');
  process.env['WANDB_MODE'] = 'disabled';
  process.env['WANDB_PROJECT'] = 'mine';
  process.env['WANDB_RESUME'] = 'must';
  const { code, runs } = await study(out, ['--wandb', 'offline']);
  expect(code).toBe(0);
  expect(runs).toBe('');
  const projects = trackedRuns(out).map(
    ({ records }) => records.flatMap((one) => ('run' in one ? one.run.project : []))[0],
  );
  expect(projects).toEqual(['mine', 'mine']);
});

test('online without a key says so once, and how to upload later', async () => {
  const out = join(folder, 'no key');
  const { code, out: text, runs } = await study(out, ['--wandb', 'online']);
  expect(code).toBe(0);
  expect(runs.match(/there is no API key: give an apiKey/g)).toHaveLength(1);
  expect(trackedRuns(out)).toHaveLength(2);
  expect(text).toMatch(/^upload: wandb sync '[^']*no key\/wandb'\/offline-run-\*-\w+$/m);
});

test('where the folder can’t be written the study is trained, and says that its runs are lost', async () => {
  const out = join(folder, 'in the way');
  await mkdir(out);
  await writeFile(join(out, 'wandb'), '');
  const { code, out: text } = await study(out, ['--wandb']);
  expect(code).toBe(0);
  expect(text).toMatch(
    /results\.csv\nwandb: 2 runs could not be written to .*wandb, and are lost\n$/,
  );
});
