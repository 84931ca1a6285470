import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { figures } from './figures.ts';
import { studyProgram } from './study-program.ts';

let folder = '';
let study: Awaited<ReturnType<typeof studyProgram>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'study-'));
  study = await studyProgram(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const tiny =
  '--examples 120 --batch-size 40 --epochs 3 --seeds 1 --model mlp --backend wasm --progress lines --optimizers sgd,lookahead-adamw --mixup 0.4 --out'.split(
    ' ',
  );
const resultsOf = async (out: string) => figures(await readFile(join(out, 'results.json'), 'utf8'));

test('a study that was killed and interrupted ends as one that was not', async () => {
  const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')];
  const unbroken = await study([...tiny, whole]);
  expect(unbroken).toMatchObject({ code: 0 });

  const killed = await study([...tiny, broken], {
    when: 'run 1/2  SGD  seed 1  epoch 2/3',
    signal: 'SIGKILL',
  });
  expect(killed).toMatchObject({ code: null, signal: 'SIGKILL' });
  expect((await resultsOf(broken)).runs).toEqual([]);

  // Goes on after the checkpoint of the first epoch's three steps: the second's was not yet made.
  const interrupted = await study(['--resume', broken], {
    when: 'run 2/2  Lookahead/AdamW  seed 1  epoch 1/3',
    signal: 'SIGINT',
  });
  expect(interrupted).toMatchObject({ code: 130 });
  expect(interrupted.err).toContain('\ngoing on: 0 of 2 runs complete\n');
  expect(interrupted.err).toContain(
    '\nrun 1/2  SGD  seed 1  resumed at epoch 2/3, from step-00000003-epoch in ',
  );
  expect(interrupted.err).toContain(`\nGo on with --resume ${broken}\n`);
  const { runs } = await resultsOf(broken);
  expect(runs.map(({ status }) => status)).toEqual(['complete', 'stopped']);
  expect(runs[0]).toMatchObject({ steps: 9 });

  const resumed = await study(['--resume', broken]);
  expect(resumed).toMatchObject({ code: 0 });
  expect(resumed.err).toContain('\ngoing on: 1 of 2 runs complete\n');
  expect(resumed.err).not.toContain('run 1/2  SGD');
  expect(resumed.err).toMatch(
    /^run 2\/2 {2}Lookahead\/AdamW {2}seed 1 {2}resumed at epoch [23]\/3(, batch [23])?, from step-0000000[3-6]/m,
  );

  const results = await resultsOf(broken);
  expect(results).toEqual(await resultsOf(whole));
  expect(results.runs.map(({ status, steps }) => [status, steps])).toEqual([
    ['complete', 9],
    ['complete', 9],
  ]);
  const files = ['report.html', 'results.csv', 'results.json'];
  expect((await readdir(broken)).sort()).toEqual(files);
  expect((await readdir(whole)).sort()).toEqual(files);
}, 180_000);
