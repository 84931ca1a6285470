import type { Callback, RestLoop } from '../callback.ts';
import { check } from '../check.ts';
import { figureOf } from '../history.ts';
import { readHead, writeCheckpoint } from './checkpoint-files.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import { firstNonFinite } from './first-non-finite.ts';
import { disposeRunState } from './take-snapshot.ts';
import { toStore } from './to-store.ts';

/** Options of {@link checkpoint}. */
export interface CheckpointOptions {
  /** The folder that holds the checkpoints; in a browser, one of its private file system. */
  readonly dir: string | CheckpointStore;
  /**
   * After how many optimizer steps, epochs or seconds one is made; with several, when any of them is due. One is
   * always made at the end of the fit, and where a stop is asked for.
   * @default { epochs: 1 }
   */
  readonly every?: {
    readonly steps?: number;
    readonly epochs?: number;
    readonly seconds?: number;
  };
  /** How many of the newest to keep, an integer >= 1. @default 2 */
  readonly keep?: number;
  /** Keeps the best one as well: the figure of a row that decides, and whether less of it is better or more. */
  readonly best?: { readonly metric: string; readonly mode: 'min' | 'max' };
}

/** What outlives the process. */
interface Progress {
  /** Where they are: a run that goes on elsewhere has none there. */
  readonly place: string;
  /** Optimizer steps done when the newest was made. */
  readonly step: number;
  /** Names of the checkpoints made, oldest first. */
  readonly names: readonly string[];
  readonly best: { readonly name: string; readonly value: number } | null;
}

/**
 * Makes checkpoints, from which `fit(…, { resume: 'auto' })` goes on exactly.
 *
 * Each is a folder `step-…`, or `best-…`, with `weights.safetensors`, `optimizer.safetensors` and `state.json`, which
 * is complete or not there. The fit waits while one is written. One that can't be written is warned of and the training
 * goes on; so is one whose weights are not finite, so that the last one kept is always good. A run's folder is its own:
 * a fit that begins anew throws before any work where another run's checkpoints are; what a resumed one finds of others
 * stays. A fit that a `CancelFit` ends makes none for it. Throws in `beforeFit` where the folder can't be used or no row
 * has the metric of `best`.
 */
export function checkpoint(options: CheckpointOptions): Callback {
  const {
    dir,
    every = { epochs: 1 },
    keep = 2,
    best,
    ...unknown
  } = check.options('checkpoint', options);
  check.known('checkpoint', unknown, ['dir', 'every', 'keep', 'best']);
  const store = toStore('checkpoint', dir);
  checkEvery(every);
  check.integer('checkpoint', 'keep', keep, { min: 1 });
  if (best !== undefined) checkBest(best);
  const none: Progress = { place: store.place, step: 0, names: [], best: null };
  let progress = none;
  /** Batches done when one was last tried, and when that was: a full disk is not tried again at every batch. */
  let [triedBatch, triedTime] = [-1, 0];
  /** The newest that is complete. */
  let newest: string | undefined;
  let stopped = false;

  /** Makes one under a new name, which becomes part of its own state by `next`; then removes what has been replaced. */
  const save = async (
    loop: RestLoop,
    wanted: string,
    next: (name: string) => { progress: Progress; replaced: readonly string[] },
  ): Promise<string | undefined> => {
    const before = progress;
    try {
      const name = await nameFor(wanted);
      const { progress: after, replaced } = next(name);
      progress = after;
      await write(loop, name);
      await removeAll(replaced, loop.id);
      return name;
    } catch (error) {
      progress = before;
      console.warn(`checkpoint: ${wanted} was not written to ${store.place}: ${messageOf(error)}`);
      return undefined;
    }
  };

  /** A name may have come to be another run's since, where this one went back to an old checkpoint. */
  const isOwn = async (name: string, run: string): Promise<boolean> =>
    readHead(store, name).then(
      ({ id }) => id === run,
      () => false,
    );

  const removeAll = async (names: readonly string[], run: string): Promise<void> => {
    for (const name of names) {
      if (!(await isOwn(name, run))) continue;
      await store.remove(name).catch((error: unknown) => {
        console.warn(
          `checkpoint: ${name} was not removed from ${store.place}: ${messageOf(error)}`,
        );
      });
    }
  };

  const write = async (loop: RestLoop, name: string): Promise<void> => {
    const state = await loop.snapshot();
    try {
      const broken = await firstNonFinite(state.weights);
      if (broken !== undefined) throw new Error(`the weight "${broken}" is not finite`);
      await writeCheckpoint(store, name, state);
    } finally {
      disposeRunState(state);
    }
  };

  const saveNewest = async (loop: RestLoop): Promise<void> => {
    const wanted = `step-${digits(loop.step)}${loop.rest === 'epoch' ? '-epoch' : ''}`;
    const { names } = progress;
    const { step } = loop;
    [triedBatch, triedTime] = [loop.batch, performance.now()];
    const name = await save(loop, wanted, (name) => ({
      progress: { ...progress, step, names: [...names, name].slice(-keep) },
      replaced: [...names, name].slice(0, -keep),
    }));
    newest = name ?? newest;
  };

  const saveBest = async (loop: RestLoop): Promise<void> => {
    const row = loop.history.last;
    if (!best || !row) return;
    const value = figureOf(row, best.metric);
    const record = progress.best?.value ?? (best.mode === 'min' ? Infinity : -Infinity);
    if (!(best.mode === 'min' ? value < record : value > record)) return;
    const old = progress.best;
    await save(loop, `best-${digits(loop.step)}`, (name) => ({
      progress: { ...progress, best: { name, value } },
      replaced: old ? [old.name] : [],
    }));
  };

  /** A name that nothing has yet: neither another run's checkpoint is lost, nor one that was gone back from. */
  const nameFor = async (wanted: string): Promise<string> => {
    const taken = new Set(await store.list());
    let name = wanted;
    for (let i = 2; taken.has(name); i++) name = `${wanted}-${i}`;
    return name;
  };

  const atBatch = (loop: RestLoop): Promise<void> | undefined => {
    if (loop.stopping) stopped = true;
    const { step, batch } = loop;
    const { steps = Infinity, seconds = Infinity } = every;
    const due =
      (step !== progress.step && step % steps === 0) ||
      performance.now() - triedTime >= seconds * 1000;
    return batch !== triedBatch && (loop.stopping || due) ? saveNewest(loop) : undefined;
  };

  const atEpoch = async (loop: RestLoop): Promise<void> => {
    // After a stop within the epoch the run is no longer where it would have been without.
    if (stopped) return;
    const { epochs = Infinity } = every;
    const ended = loop.epoch + 1;
    const due = ended % epochs === 0 || ended === loop.epochs || loop.stopping;
    // The best one first: what is killed in between goes on from before both.
    await saveBest(loop);
    if (due) await saveNewest(loop);
  };

  return {
    name: 'checkpoint',
    options: { dir: store.place, every, keep, best },
    order: 1e6,
    passive: true,
    checkpoints: store,
    lastCheckpoint: () => newest && `${newest} in ${store.place}`,

    async beforeFit(loop) {
      if (best) check.oneOf('checkpoint', 'best.metric', best.metric, loop.figures);
      await store.prepare();
      progress = none;
      [triedBatch, triedTime, stopped] = [-1, performance.now(), false];
      newest = undefined;
    },

    atRest: (loop) => (loop.rest === 'batch' ? atBatch(loop) : atEpoch(loop)),

    state: () => ({ ...progress }),

    load(state) {
      // As it was given; whoever altered the file has broken its digest.
      const saved = state as unknown as Progress;
      if (saved.place !== store.place) return;
      progress = saved;
      newest = progress.names.at(-1);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function digits(step: number): string {
  return String(step).padStart(8, '0');
}

function checkBest(best: CheckpointOptions['best'] & {}): void {
  const { metric, mode, ...unknown } = check.options('checkpoint: best', best);
  check.known('checkpoint: best', unknown, ['metric', 'mode']);
  check.text('checkpoint', 'best.metric', metric);
  check.oneOf('checkpoint', 'best.mode', mode, ['min', 'max']);
}

function checkEvery(every: CheckpointOptions['every'] & {}): void {
  const { steps, epochs, seconds, ...unknown } = check.options('checkpoint: every', every);
  check.known('checkpoint: every', unknown, ['steps', 'epochs', 'seconds']);
  if (steps !== undefined) check.integer('checkpoint', 'every.steps', steps, { min: 1 });
  if (epochs !== undefined) check.integer('checkpoint', 'every.epochs', epochs, { min: 1 });
  if (seconds !== undefined) check.number('checkpoint', 'every.seconds', seconds, { above: 0 });
  if (steps === undefined && epochs === undefined && seconds === undefined)
    throw new RangeError('checkpoint: every must have steps, epochs or seconds, got {}');
}
