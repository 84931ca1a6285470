import { join } from 'node:path';
import { afterEach, expect, jest, test } from '@jest/globals';
import { checkpoint, Learner, meanSquaredError, type Callback } from '@tfloop/core';
import { describeCallback, memoryStore, testOptimizer, toyProblem } from '@tfloop/core/testing';
import { progress } from '@tfloop/progress';
import { readmeExample } from '@tfloop/tools/readme-example';
import * as tf from '@tensorflow/tfjs';
import { fakeStream } from './fake-stream.ts';

describeCallback({
  name: 'progress',
  create: () => progress({ show: 'bar', to: fakeStream({ isTTY: true }) }),
  refuses: [
    [
      () => progress({ show: 'all' as 'auto' }),
      /^progress: show must be one of "auto", "bar", "lines", "none", got "all"$/,
    ],
    [
      () => progress({ show: 'bar', to: () => undefined }),
      /^progress: show must be one of "auto", "lines", "none", got "bar"$/,
    ],
    [
      () => progress({ too: 1 } as object),
      /^progress: there is no option "too"; the options are show, to, label$/,
    ],
  ],
});

test('the README example runs', async () => {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  await readmeExample(join(import.meta.dirname, '..'));
  expect(write.mock.calls.join('')).toMatch(/epoch 1\/3 {2}loss [^]*epoch 3\/3 {2}loss /);
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Lets every look at the clock find it 60 ms later, so that the bar is drawn in every second batch or so. */
function hurryClock(): void {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 60));
}

/** Counts how often the loss is read from the device. */
function countReads(): Callback & { reads: number } {
  const counter = {
    name: 'count reads',
    order: -1,
    reads: 0,
    beforeFit(loop: Parameters<NonNullable<Callback['beforeFit']>>[0]) {
      const readLoss = loop.readLoss.bind(loop);
      loop.readLoss = () => {
        counter.reads++;
        return readLoss();
      };
    },
  };
  return counter;
}

async function fitToy(epochs: number, callbacks: Callback[]): Promise<void> {
  const problem = toyProblem();
  try {
    await problem.learner.fit(epochs, callbacks);
  } finally {
    problem.dispose();
  }
}

const EPOCH_LINE =
  /^epoch (\d)\/2 {2}loss \d\.\d+ {2}train accuracy 0\.\d+ {2}valid \d\.\d+ {2}accuracy \d\.\d+ {2}\d+\.\d s\n$/;

test('writes one plain line for each epoch where the output is no terminal', async () => {
  const to = fakeStream();
  const counter = countReads();
  await fitToy(2, [counter, progress({ to })]);

  expect(to.texts()).toHaveLength(2);
  expect(to.texts().map((line) => EPOCH_LINE.exec(line)?.[1])).toEqual(['1', '2']);
  expect(to.raw()).not.toContain('\x1b');
  expect(counter.reads).toBe(0);
});

test('shows the figures of the history', async () => {
  const to = fakeStream();
  const problem = toyProblem();
  const { last } = await problem.learner.fit(1, [progress({ to, label: 'run 2/5 sgd' })]);
  problem.dispose();

  const { trainLoss, validLoss, metrics, trainMetrics, seconds } = last!;
  expect(to.texts()).toEqual([
    `run 2/5 sgd  epoch 1/1  loss ${trainLoss.toPrecision(4)}  ` +
      `train accuracy ${trainMetrics['accuracy']!.toPrecision(4)}  valid ${validLoss!.toPrecision(4)}  ` +
      `accuracy ${metrics['accuracy']!.toPrecision(4)}  ${seconds.toFixed(1)} s\n`,
  ]);
});

test('gives lines without their break to a function', async () => {
  const lines: string[] = [];
  await fitToy(2, [progress({ to: (line) => lines.push(line) })]);
  expect(lines.map((line) => EPOCH_LINE.exec(`${line}\n`)?.[1])).toEqual(['1', '2']);
});

test('says nothing and listens to nothing when told so', async () => {
  const to = fakeStream({ isTTY: true });
  const callback = progress({ show: 'none', to });
  await fitToy(2, [callback]);
  expect(to.raw()).toBe('');
  expect(Object.keys(callback).sort()).toEqual([
    'name',
    'options',
    'order',
    'passive',
    'showsResume',
  ]);
});

test('goes to standard error by default', async () => {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  await fitToy(1, [progress({ show: 'lines' })]);
  expect(write).toHaveBeenCalledTimes(1);
});

test('draws a bar on a terminal, and leaves the epoch lines behind', async () => {
  hurryClock();
  const to = fakeStream({ isTTY: true, columns: 160 });
  await fitToy(2, [progress({ to, label: 'toy' })]);

  // 22 examples in batches of 8: 3 batches. In the second epoch the figures of the first are known.
  expect(to.texts()[0]).toMatch(/^toy {2}epoch 1\/2 {2}train {2}░{30} {2}0\/3$/);
  expect(to.texts()).toContainEqual(
    expect.stringMatching(
      /^toy {2}epoch 2\/2 {2}train {2}█{20}░{10} {2}2\/3 {2}loss \d\.\d+ {2}1 s left {2}\d+ examples\/s {2}\(valid \d\.\d+ {2}accuracy \d\.\d+\)$/,
    ),
  );
  expect(to.texts()).toContainEqual(expect.stringMatching(/^toy {2}epoch 1\/2 {2}valid {2}░{30}/));
  expect(to.screen()).toHaveLength(3);
  expect(to.screen()[0]).toMatch(/^toy {2}epoch 1\/2 {2}loss /);
  expect(to.screen()[1]).toMatch(/^toy {2}epoch 2\/2 {2}loss /);
  expect(to.screen()[2]).toBe('');
});

test('asks for the loss only when it draws, about ten times a second', async () => {
  const counter = countReads();
  // Every look at the clock finds it 1 ms later: the few batches of this fit stay below 100 ms.
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 1));
  await fitToy(1, [counter, progress({ to: fakeStream({ isTTY: true }) })]);
  expect(counter.reads).toBe(0);
  expect(now).toBeLessThan(100);
});

test('waits for nothing between two drawings', async () => {
  const callback = progress({ to: fakeStream({ isTTY: true }) });
  const returned: unknown[] = [];
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 1));
  await fitToy(1, [
    {
      ...callback,
      afterBatch(loop) {
        const result = callback.afterBatch?.(loop) as unknown;
        returned.push(result);
        return result as undefined;
      },
    },
  ]);
  expect(returned).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test('works where the number of batches is unknown', async () => {
  hurryClock();
  const to = fakeStream({ isTTY: true });
  const weight = tf.variable(tf.scalar(0));
  const optimizer = testOptimizer();
  const learner = new Learner({
    model: {
      variables: { weight },
      forward: (x) => tf.mul(x as tf.Tensor, weight),
    },
    loss: meanSquaredError(),
    optimizer,
    data: {
      train: function* () {
        for (let i = 0; i < 4; i++) yield { x: tf.ones([2, 1]), y: tf.ones([2, 1]) };
      },
    },
  });
  await learner.fit(1, [progress({ to })]);
  optimizer.dispose();
  weight.dispose();

  expect(to.texts()[0]).toBe('epoch 1/1  train  0 batches');
  expect(to.texts()).toContainEqual(
    expect.stringMatching(
      /^epoch 1\/1 {2}train {2}[1-4] batches {2}loss [\d.]+ {2}\d+ examples\/s$/,
    ),
  );
  expect(to.screen()[0]).toMatch(/^epoch 1\/1 {2}loss [\d.]+ {2}[\d.]+ s$/);
});

test.each([20, 40, 60, 80])('keeps to one line of a terminal of %i columns', async (columns) => {
  hurryClock();
  const to = fakeStream({ isTTY: true, columns });
  await fitToy(2, [progress({ to, label: 'run 12/15 lookahead-adamw' })]);
  const drawn = to.texts().filter((text) => !text.endsWith('\n'));
  // A bar for each phase of each epoch, at least.
  expect(drawn.length).toBeGreaterThanOrEqual(4);
  expect(Math.max(...drawn.map((text) => text.length))).toBeLessThan(columns);
});

test('cuts the label before the bar and the figures', async () => {
  const label = 'run 12/15  Lookahead/AdamW, reset every epoch  seed 1';
  /** The first drawing with a time left in a terminal of some width. */
  const drawnAt = async (columns: number) => {
    hurryClock();
    const to = fakeStream({ isTTY: true, columns });
    await fitToy(1, [progress({ to, label })]);
    return to.texts().find((text) => text.includes(' left'));
  };
  expect(await drawnAt(160)).toMatch(
    /^run 12\/15 {2}Lookahead\/AdamW, reset every epoch {2}seed 1 {2}epoch 1\/1 {2}train {2}[█░]{30} {2}\d\/3 {2}loss \d\.\d+ {2}\d s left {2}\d+ examples\/s$/,
  );
  expect(await drawnAt(100)).toMatch(
    /^run 12\/15 {2}Lookahead\/.*… {2}epoch 1\/1 {2}train {2}[█░]{8,30} {2}\d\/3 {2}loss \d\.\d+ {2}\d s left {2}\d+ examples\/s$/,
  );
  expect(await drawnAt(64)).toMatch(
    /^run 12.*… {2}epoch 1\/1 {2}train {2}[█░]{8,30} {2}\d\/3 {2}loss \d\.\d+ {2}\d s left$/,
  );
  expect(await drawnAt(56)).toMatch(
    /^epoch 1\/1 {2}train {2}[█░]{8,30} {2}\d\/3 {2}loss \d\.\d+ {2}\d s left$/,
  );
});

test('another line may come between where it clears the row first', async () => {
  hurryClock();
  const to = fakeStream({ isTTY: true });
  const talks: Callback = {
    name: 'talks',
    order: 200,
    // As a terminal does for Ctrl-C, and then as its handler should.
    afterBatch({ batch }) {
      if (batch === 1) to.write('^C\r\x1b[Ka word\n');
    },
  };
  await fitToy(1, [progress({ to }), talks]);
  expect(to.screen()).toEqual(['a word', expect.stringMatching(/^epoch 1\/1 {2}loss/), '']);
});

test('draws on a stream that is no terminal when a bar is asked for', async () => {
  const to = fakeStream();
  await fitToy(1, [progress({ to, show: 'bar' })]);
  expect(to.texts()[0]).toMatch(/^epoch 1\/1 {2}train {2}░+ {2}0\/3$/);
});

test('gives the terminal back after an error', async () => {
  const to = fakeStream({ isTTY: true });
  const fails = {
    name: 'fails',
    afterStep() {
      throw new Error('sabotage');
    },
  };
  await expect(fitToy(1, [progress({ to }), fails])).rejects.toThrow('fails.afterStep: sabotage');
  const written = to.raw();

  expect(to.screen()).toEqual(['']);
  // Neither the cursor (?25) nor line wrapping (?7) were touched, so nothing is left to restore.
  expect(written).not.toMatch(/\x1b\[\?/);
  // Nor was the cursor's place saved or restored (ESC 7, ESC 8), which is another one after a scroll.
  expect(written).not.toMatch(/\x1b[78]/);
  // No timer goes on drawing.
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(to.raw()).toBe(written);
});

test('keeps the bar out of the way of what others say at the end of an epoch', async () => {
  const to = fakeStream({ isTTY: true });
  const talks: Callback = {
    name: 'talks',
    afterEpoch: () => void to.write('a word\n'),
  };
  await fitToy(1, [talks, progress({ to })]);
  expect(to.screen()[0]).toBe('a word');
  expect(to.screen()[1]).toMatch(/^epoch 1\/1 {2}loss/);
});

test.each(['lines', 'bar'] as const)('%s begin with where a fit goes on', async (show) => {
  const store = memoryStore();
  const { learner, dispose } = toyProblem();
  const to = fakeStream({ isTTY: true });
  const kill: Callback = {
    name: 'kill',
    passive: true,
    atRest: ({ step }) => {
      if (step === 5) throw new Error('killed');
    },
  };
  const saves = () => checkpoint({ dir: store, every: { steps: 1 } });
  await expect(learner.fit(2, [progress({ to, show }), saves(), kill])).rejects.toThrow('killed');
  expect(to.texts().join('')).not.toContain('resumed');
  const again = toyProblem();
  const next = fakeStream({ isTTY: true });
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const shows = progress({ to: next, show, label: 'run 2/5' });
  await again.learner.fit(2, [shows, saves()], { resume: 'auto' });
  expect(next.texts()[0]).toBe(
    'run 2/5  resumed at epoch 2/2, batch 2, from step-00000004 in memory\n',
  );
  expect(write).not.toHaveBeenCalled();
  dispose();
  again.dispose();
});
