import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  main,
  resultsJson,
  type Host,
  type Results,
  type StopSignal,
  type StudySettings,
} from '@tfloop/study';
import { sampleResults, sampleRun } from './sample-results.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'study-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs the command with a host that keeps what it says, and that interrupts when a text turns up. */
async function run(
  args: string[],
  {
    interruptAt = [],
    signal = 'SIGINT',
    isTTY = false,
  }: { interruptAt?: string[]; signal?: StopSignal; isTTY?: boolean } = {},
) {
  const said = { out: '', err: '' };
  const exits: number[] = [];
  let handler: ((signal: StopSignal) => void) | undefined;
  const waiting = [...interruptAt];
  const host: Host = {
    stdout: { write: (text) => (said.out += text) },
    stderr: {
      isTTY,
      write(text) {
        said.err += text;
        if (waiting[0] !== undefined && text.includes(waiting[0])) {
          waiting.shift();
          handler?.(signal);
        }
      },
    },
    color: true,
    onStop(next) {
      handler = next;
      return () => (handler = undefined);
    },
    exit: (code) => exits.push(code),
  };
  const code = await main(args, host);
  return { code, ...said, exits, isListening: handler !== undefined };
}

function sampleJson(settings: Partial<StudySettings>): string {
  return resultsJson(sampleResults([], settings));
}

const tiny = (out: string) =>
  `--examples 120 --batch-size 40 --epochs 2 --seeds 1 --model mlp --backend wasm --optimizers sgd,lookahead-sgd --out ${out}`.split(
    ' ',
  );

test('--help says what there is, and does nothing else', async () => {
  const { code, out, err } = await run(['--help']);
  expect(code).toBe(0);
  expect(out).toContain('--optimizers LIST');
  expect(err).toBe('');
});

test('a wrong option is refused with code 2', async () => {
  const { code, out, err } = await run(['--epochs', '0']);
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toBe(
    'tfloop-study: --epochs must be an integer >= 1, got 0\nRun with --help for all options.\n',
  );
});

test.each([
  ['8001', '<= 8000, which is all that digits has to train on'],
  ['99', '>= 100, 10 for each of the 10 classes of digits'],
])('--examples %s is a wrong option, and leaves no folder', async (examples, rule) => {
  const out = join(folder, `examples-${examples}`);
  const { code, err } = await run(['--examples', examples, ...tiny(out).slice(2)]);
  expect(code).toBe(2);
  expect(err).toBe(
    `tfloop-study: --examples must be an integer ${rule}, got ${examples}\nRun with --help for all options.\n`,
  );
  await expect(access(out)).rejects.toThrow('ENOENT');
});

test('a folder that can’t be made is a wrong option', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const { code, err } = await run(['--backend', 'wasm', '--out', file]);
  expect(code).toBe(2);
  expect(err).toMatch(/^tfloop-study: --out must be a folder that can be made, got /m);
});

test('trains on real digits, prints the tables and writes the files', async () => {
  const out = join(folder, 'whole');
  const { code, out: text, err, isListening } = await run(tiny(out));
  expect(code).toBe(0);
  expect(err).toContain('run 2/2  Lookahead/SGD  seed 1  epoch 2/2  loss ');
  expect(err).toContain(`2 runs of 2 epochs on digits; the results go to ${out}\n`);
  expect(err).toMatch(/^run 1\/2 done, \d+ s left in all$/m);
  expect(err).not.toMatch(/left out|run 2\/2 done/);
  expect(text).toMatch(/^SGD +\d/m);
  expect(text).toMatch(/^Lookahead\/SGD − SGD /m);
  expect(text).toMatch(/^2 runs in \d+\.\d s$/m);
  expect(text).toContain(join(out, 'report.html'));
  // The stand-in is no terminal.
  expect(text).not.toContain('\x1b');
  expect(isListening).toBe(false);
  expect((await readdir(out)).sort()).toEqual(['report.html', 'results.csv', 'results.json']);
  const { environment } = JSON.parse(await readFile(join(out, 'results.json'), 'utf8')) as Results;
  expect(environment.backend).toMatch(/^wasm /);
});

test('says which combinations are left out, and why', async () => {
  const args = [...tiny(join(folder, 'sync')), '--reset', 'lookahead-sync', '--epochs', '1'];
  const { code, out, err } = await run(args);
  expect(code).toBe(0);
  expect(err).toContain(
    'left out, as without Lookahead there are no syncs: SGD, reset at sync\n1 run of 1 epoch on digits',
  );
  expect(out).toMatch(/^1 run in \d+\.\d s$/m);
});

test('Ctrl-C keeps the results so far, and leaves with code 130', async () => {
  const out = join(folder, 'stopped');
  const interruptAt = ['run 1/2  SGD  seed 1  epoch 1/2'];
  const { code, out: text, err, exits } = await run(tiny(out), { interruptAt });
  expect(code).toBe(130);
  expect(exits).toEqual([]);
  expect(err).toContain('Stopping after this batch');
  expect(err.endsWith(`Go on with --resume ${out}\n`)).toBe(true);
  expect(text).toMatch(/^SGD \(stopped early\) /m);
  expect(text).toMatch(/^stopped: 0 of 2 runs in /m);
  expect(text).toContain(join(out, 'report.html'));
  const { runs } = JSON.parse(await readFile(join(out, 'results.json'), 'utf8')) as Results;
  expect(runs.map(({ optimizer, status }) => [optimizer, status])).toEqual([['sgd', 'stopped']]);
  await access(join(out, 'report.html'));
});

test('SIGTERM stops in the same way, and leaves with code 143', async () => {
  const out = join(folder, 'ended');
  const interruptAt = ['run 1/2  SGD  seed 1  epoch 1/2'];
  const { code, err } = await run(tiny(out), { interruptAt, signal: 'SIGTERM' });
  expect(code).toBe(143);
  expect(err).toMatch(new RegExp(`^Go on with --resume ${out}\\n`, 'm'));
});

test('a new study does not write over results, nor over what a killed one left', async () => {
  const out = join(folder, 'taken');
  await mkdir(join(out, 'checkpoints'), { recursive: true });
  const onlyCheckpoints = await run(tiny(out));
  expect(onlyCheckpoints.code).toBe(2);
  expect(onlyCheckpoints.err).toMatch(/which holds checkpoints; name another folder\n/);
  const saved = resultsJson({ ...sampleResults([sampleRun('sgd', 1)]) });
  await writeFile(join(out, 'results.json'), saved);
  const { code, err } = await run(tiny(out));
  expect(code).toBe(2);
  expect(err).toContain(
    `--out must be a folder without results, got "${out}", which holds 1 of 4 runs; go on with them by --resume, or name another folder\n`,
  );
  expect(await readFile(join(out, 'results.json'), 'utf8')).toBe(saved);
});

test('--resume refuses other settings and says which', async () => {
  const out = join(folder, 'other');
  await mkdir(out);
  const saved = resultsJson(sampleResults([sampleRun('sgd', 1)]));
  await writeFile(join(out, 'results.json'), saved);
  const given = '--epochs 3 --seeds 1,2 --model conv-net --backend wasm'.split(' ');
  const { code, err } = await run(['--resume', out, ...given]);
  expect(code).toBe(2);
  expect(err).toBe(
    `tfloop-study: --resume must be left to the settings of the study in "${out}":
  --epochs: 2 there, 3 here
  --model: mlp there, conv-net here
  --backend: cpu there, wasm here
Leave these options out, or begin another study in a folder of its own.
Run with --help for all options.
`,
  );
  expect(await readFile(join(out, 'results.json'), 'utf8')).toBe(saved);
});

test.each([
  ['nothing', undefined, /it has no results\.json that can be read \(ENOENT\)/],
  ['half a file', '{ "schema": ', /results\.json is not the results of a study: .*JSON/],
  ['another file', '{ "schema": "x" }', /its schema is "x", this version reads "tfloop-study\/1"/],
  [
    'settings that break a rule',
    sampleJson({ epochs: 0 }),
    /epochs must be an integer >= 1, got 0/,
  ],
])('--resume refuses a folder with %s', async (name, content, message) => {
  const out = join(folder, `bad-${name.replaceAll(' ', '-')}`);
  await mkdir(out);
  if (content !== undefined) await writeFile(join(out, 'results.json'), content);
  const { code, err } = await run(['--resume', out]);
  expect(code).toBe(2);
  expect(err).toMatch(`--resume must be the folder of a study, got "${out}": `);
  expect(err).toMatch(message);
});

test('Ctrl-C clears the row of the bar before it speaks', async () => {
  const interruptAt = ['run 1/2  SGD  seed 1  epoch 1/2'];
  const { err } = await run(tiny(join(folder, 'bar')), { interruptAt, isTTY: true });
  expect(err).toContain('\r\x1b[KStopping after this batch; Ctrl-C again leaves at once.\n');
});

test('a second Ctrl-C leaves at once, and says how to go on', async () => {
  const interruptAt = ['run 1/2  SGD  seed 1  epoch 1/2', 'Stopping after this batch'];
  const out = join(folder, 'twice');
  const { exits, err } = await run(tiny(out), { interruptAt });
  expect(exits).toEqual([130]);
  expect(err).toContain(`Stopping after this batch; Ctrl-C again leaves at once.\n`);
  expect(err).toContain(`\nGo on with --resume ${out}\n`);
});
