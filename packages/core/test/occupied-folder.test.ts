import { cpSync, mkdirSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { checkpoint, type Callback, type CheckpointOptions, type FitOptions } from '@tfloop/core';
import { toyProblem } from '@tfloop/core/testing';
import { temporaryFolder } from './temporary-folder.ts';

let dir: string;
temporaryFolder((folder) => (dir = folder));

afterEach(() => {
  jest.restoreAllMocks();
});

/** Fits the toy problem, three steps an epoch, with a checkpoint at each. */
async function fit(
  callbacks: readonly Callback[],
  { epochs = 1, ...options }: FitOptions & { epochs?: number } = {},
): Promise<void> {
  const { learner, dispose } = toyProblem();
  try {
    await learner.fit(epochs, callbacks, options);
  } finally {
    dispose();
  }
}

const saves = (options: Partial<CheckpointOptions> = {}) =>
  checkpoint({ dir, every: { steps: 1 }, ...options });

test('a fit that begins anew is refused where another run’s checkpoints are, before any work', async () => {
  await fit([saves()]);
  const names = readdirSync(dir).sort();
  const events: string[] = [];
  const watch: Callback = { name: 'watch', beforeFit: () => void events.push('beforeFit') };
  await expect(fit([watch, saves({ keep: 1 })])).rejects.toThrow(
    `checkpoint: dir must hold no other run's checkpoints where a fit begins anew, got ${dir} with step-00000003-epoch and 1 more; ` +
      `to go on with that run pass resume: 'auto' to fit, to keep it pass another dir, else empty this one`,
  );
  expect(events).toEqual([]);
  expect(readdirSync(dir).sort()).toEqual(names);
});

test('so it is where all of them are damaged', async () => {
  await fit([saves({ every: { epochs: 1 } })]);
  truncateSync(join(dir, 'step-00000003-epoch', 'state.json'), 10);
  await expect(fit([saves()])).rejects.toThrow(
    `got ${dir} with step-00000003-epoch; damaged, so that nobody can tell whose: pass another dir, or remove what is damaged`,
  );
});

test('other things may lie in the folder', async () => {
  mkdirSync(join(dir, 'logs'));
  await fit([saves()]);
  expect(readdirSync(dir)).toContain('step-00000003-epoch');
});

test('a learner’s next fit may follow in the folder, whose checkpoints all stay', async () => {
  const { learner, dispose } = toyProblem();
  await learner.fit(1, [saves({ keep: 1 })]);
  await learner.fit(1, [saves({ keep: 1 })]);
  expect(readdirSync(dir).sort()).toEqual(['step-00000003-epoch', 'step-00000003-epoch-2']);
  dispose();
});

test('a run that goes back to an old checkpoint takes no other run’s away under a name that was its own', async () => {
  await fit([saves()]);
  expect(readdirSync(dir).sort()).toEqual(['step-00000003', 'step-00000003-epoch']);
  const other = join(dir, 'other');
  await fit([saves({ dir: other, keep: 9 })]);
  // The run had one of this name when it was at step 3.
  cpSync(join(other, 'step-00000002'), join(dir, 'step-00000002'), { recursive: true });
  rmSync(other, { recursive: true });
  await fit([saves()], { resume: join(dir, 'step-00000003') });
  const kept = ['step-00000003', 'step-00000003-epoch', 'step-00000003-epoch-2'];
  expect(readdirSync(dir).sort()).toEqual(['step-00000002', ...kept]);
});

test('of several folders auto takes the one with the newest', async () => {
  const often = { ...saves({ dir: join(dir, 'often') }), name: 'often' };
  const seldom = checkpoint({ dir: join(dir, 'a'), every: { epochs: 1 } });
  const kill: Callback = {
    name: 'kill',
    passive: true,
    afterStep({ step }) {
      if (step === 6) throw new Error('killed');
    },
  };
  await expect(fit([seldom, often, kill], { epochs: 2 })).rejects.toThrow('killed');
  const steps: number[] = [];
  const watch: Callback = {
    name: 'watch',
    passive: true,
    afterStep: ({ step }) => void steps.push(step),
  };
  for (const callbacks of [
    [seldom, often, watch],
    [often, seldom, watch],
  ])
    await fit(callbacks, { epochs: 2, resume: 'auto' });
  expect(steps).toEqual([6]);
});
