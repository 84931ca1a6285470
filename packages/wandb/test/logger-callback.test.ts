import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { Callback, CallbackState } from '@tfloop/core';
import { describeCallback } from '@tfloop/core/testing';
import { oneCycle } from '@tfloop/one-cycle';
import { platform } from '#platform';
import type { LogFiles } from '../src/log-storage.ts';
import { logFiles as nodeLogFiles } from '../src/platform/log-file.ts';
import { wandbLogger } from '../src/wandb-logger.ts';

const dir = mkdtempSync(join(tmpdir(), 'tfloop-logger-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Thousands of fits wait for the disk too often. */
const logFiles: LogFiles = {
  ...nodeLogFiles,
  create: (path) => ({ ...nodeLogFiles.create(path), sync: () => undefined }),
  append: (path, offset) => ({ ...nodeLogFiles.append(path, offset), sync: () => undefined }),
};

/** Where runs were at each of their rows, the newest run last. */
const positions = new Map<unknown, CallbackState>();

/** A logger whose state is the same for every run with as many rows: that of a resumed run and of an unbroken one. */
function create(): Callback {
  const logger = wandbLogger(
    {
      dir,
      mode: 'offline',
      silent: true,
      console: false,
      stats: false,
      norms: 1,
      histograms: 2,
      classes: ['a', 'b', 'c'],
      strict: true,
    },
    { platform: { ...platform, logFiles } },
  );
  return {
    ...logger,
    state() {
      const state = logger.state?.() as Record<string, CallbackState> | null;
      if (!state) return null;
      const { step } = state['position'] as { step: number };
      positions.set(step, state['position'] ?? null);
      return { ...state, position: step };
    },
    load(state) {
      const saved = state as Record<string, CallbackState> | null;
      if (saved) logger.load?.({ ...saved, position: positions.get(saved['position']) ?? null });
    },
  };
}

describeCallback({
  name: 'wandbLogger',
  create,
  refuses: [
    [() => wandbLogger({ batches: 0 }), /^wandbLogger: batches must be an integer >= 1, got 0/],
    [() => wandbLogger({ norms: 1.5 }), /^wandbLogger: norms must be an integer >= 1, got 1.5/],
    [() => wandbLogger({ mode: 'on' as 'online' }), /^wandbLogger: mode must be one of/],
    [() => wandbLogger({ projekt: 'p' } as object), /^wandbLogger: there is no option "projekt"/],
    [() => wandbLogger({ run: {} as never }), /^wandbLogger: run must be a run/],
    [() => wandbLogger({ finish: false }), /^wandbLogger: finish: false needs a run/],
    [() => wandbLogger({ classes: ['one'] }), /^wandbLogger: classes must be a list of two/],
    [
      () => wandbLogger({ best: { loss: 'low' as 'min' } }),
      /^wandbLogger: best.loss must be one of/,
    ],
    [() => wandbLogger({ finishWithin: -1 }), /^wandbLogger: finishWithin must be a number >= 0/],
    [() => wandbLogger({ stats: 0 }), /^wandbLogger: stats must be a number >= 0.1/],
  ],
  others: { oneCycle: () => oneCycle({ maxLr: 0.1, momentums: false }) },
});

test.each([
  [{ best: null }, "best must give 'min' or 'max' by figure, got null"],
  [{ best: 'max' }, "best must give 'min' or 'max' by figure, got \"max\""],
  [{ samples: {} }, "samples.x must be the model's inputs, a tensor or several, got undefined"],
  [
    { samples: { x: [1, 2] } },
    "samples.x must be the model's inputs, a tensor or several, got a list",
  ],
  [{ samples: null }, 'samples takes an object, { x, y, every }, got null'],
  [{ config: [1] }, 'config takes an object, with a name for each value, got a list'],
])('an option of another kind is refused when the logger is made: %j', (options, message) => {
  expect(() => wandbLogger(options as object)).toThrow(new TypeError(`wandbLogger: ${message}`));
});
