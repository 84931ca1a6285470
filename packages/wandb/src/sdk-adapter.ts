import type { FinishReport } from './finish-report.ts';
import { parseExtended } from './extended-json.ts';
import { itemTree } from './item-tree.ts';
import { messageOf } from './message-of.ts';
import { exitCodeOf } from './run-calls.ts';
import { sayer } from './say.ts';
import { asWandbMedia } from './media/as-media.ts';
import { toItems, warnOncePerKey, type Warn } from './values.ts';
import type { WandbRun } from './wandb-run.ts';
import { within } from './within.ts';

/** What is used of a run of `@wandb/sdk`. */
export interface SdkRun {
  readonly id: string;
  readonly project?: string;
  log(row: Record<string, unknown>): void;
  finish(exitCode?: number): Promise<void>;
}

/** Whether a run is one of this package's. */
export function isWandbRun(run: WandbRun | SdkRun): run is WandbRun {
  return 'defineMetric' in run;
}

/**
 * A run of `@wandb/sdk` as one of this package's, as far as it can be: rows go to it, the rest has no place there and is
 * told of once.
 *
 * Values are copied to plain JSON first: the package keeps what it is given, changes it, and stops for good at a BigInt
 * or a circular object. No step is passed, because a step that is not the row's number loses rows there. `finish` waits
 * `finishWithin` seconds at most. Where the package fails, that is told of once.
 */
export function sdkRun(
  run: SdkRun,
  print: (line: string) => void,
  { finishWithin = 30, strict = false } = {},
): WandbRun {
  const say = sayer(print, false);
  const warn = warnOncePerKey((key, why) => say(`${JSON.stringify(key)} is not logged: ${why}`));
  let step = 0;
  let finishing: Promise<FinishReport> | undefined;

  const refuse = (what: string) => (error: unknown) => {
    if (strict) throw error;
    say(`${what}: ${messageOf(error)}`);
  };
  const guard = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      refuse('@wandb/sdk failed')(error);
    }
  };
  const noPlace = (what: string) => (): void =>
    say(`${what} is not logged: @wandb/sdk has no place for it; leave out run to log it`);

  const finish = async (exitCode: number): Promise<FinishReport> => {
    const done = Promise.resolve()
      .then(() => run.finish(exitCode))
      .then(
        () => true,
        (error: unknown) => {
          say(`@wandb/sdk could not finish: ${messageOf(error)}`);
          return false;
        },
      );
    const alive = setInterval(() => undefined, 60_000);
    // The package never settles where the service does not answer.
    const isDone = await within(done, finishWithin * 1000).catch(() => false);
    clearInterval(alive);
    if (!isDone) say('@wandb/sdk has not finished: rows may be missing at the service');
    const uploadedRows = isDone ? step : 0;
    return {
      rows: step,
      uploadedRows,
      pendingRows: step - uploadedRows,
      lostRows: step - uploadedRows,
      tooLongRows: 0,
      pendingFiles: 0,
      syncCommand: undefined,
    };
  };

  return {
    id: run.id,
    project: run.project ?? '',
    mode: 'online',
    folder: undefined,
    get step() {
      return step;
    },
    log(row) {
      guard(() => {
        const items = toItems(withoutMedia(row, step, warn), warn);
        const plain = parseExtended(itemTree(items).json()) as Record<string, unknown>;
        run.log(plain);
        step++;
      });
    },
    config: noPlace('the configuration'),
    summary: noPlace('a summary'),
    // The service guesses axes by itself.
    defineMetric: () => undefined,
    file: noPlace('a file'),
    alert: noPlace('an alert'),
    artifact: noPlace('an artifact'),
    state: () => ({ id: run.id, step, offset: 0, folder: '' }),
    sync: () => undefined,
    finish: async (exitCode = 0) =>
      (finishing ??= finish(exitCodeOf(exitCode, refuse('the run ends with 1')))),
  };
}

/** Media that needs no file is a value like others. */
function withoutMedia(
  row: Readonly<Record<string, unknown>>,
  step: number,
  warn: Warn,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([key, value]) => {
      const media = asWandbMedia(value);
      if (!media) return [[key, value] as const];
      const rendered = media.render(key, step);
      if (rendered.files.length === 0) return Object.entries(rendered.row);
      warn(key, '@wandb/sdk has no place for files; leave out run to log it');
      return [];
    }),
  );
}
