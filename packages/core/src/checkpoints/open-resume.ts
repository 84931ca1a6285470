import type { Callback } from '../callback.ts';
import { check } from '../check.ts';
import { readCheckpoint, STATE } from './checkpoint-files.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import { differences, DIFFERENCES, type Difference } from './differences.ts';
import { findCheckpoint, listCheckpoints } from './find-checkpoint.ts';
import type { Fingerprint, RunState } from './run-state.ts';
import { has, locate, toStore } from './to-store.ts';

/** What a fit goes on from. */
export interface ResumeOptions {
  /**
   * A checkpoint, or the folder of several, of which the newest complete one is taken. `'auto'` is the folder of the
   * fit's own `checkpoint`, of several the one with the newest; where there is none yet, the fit begins anew.
   */
  readonly from: string | CheckpointStore;
  /**
   * What is meant to differ from the run that was saved. What can't be taken over then begins anew: weights of other
   * shapes, another optimizer's state, callbacks with other options. @default []
   */
  readonly allow?: readonly Difference[];
}

/** A checkpoint that was opened. */
export interface Opened {
  readonly state: RunState;
  /** Where it is, for messages. */
  readonly place: string;
}

const OWNER = 'Learner.fit: resume';

/** The options in full. Throws where they don't fit. */
export function resumeOptions(resume: string | ResumeOptions): Required<ResumeOptions> {
  const options = typeof resume === 'string' ? { from: resume } : resume;
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  const places = "'auto', the path of a checkpoint or of a folder of them";
  check.that('Learner.fit', 'resume', resume, isObject(options), `${places}, or { from, allow }`);
  check.known(OWNER, options, ['from', 'allow']);
  const { from, allow = [] } = options;
  const isPlace = typeof from === 'string' ? from !== '' : isObject(from);
  check.that(OWNER, 'from', from, isPlace, `${places}, or a checkpoint store`);
  check.that(OWNER, 'allow', allow, Array.isArray(allow), 'a list');
  for (const part of allow) check.oneOf(OWNER, 'allow', part, DIFFERENCES);
  return { from, allow };
}

/** Reads the checkpoint to go on from; none where `'auto'` finds no checkpoint at all. Warns of damaged ones. */
export async function openResume(
  from: string | CheckpointStore,
  plan: readonly Callback[],
): Promise<Opened | undefined> {
  if (from === 'auto') return newestOwn(plan);
  const single = typeof from === 'string' ? await checkpointAt(from) : undefined;
  const opened = single ?? (await newest(toStore(OWNER, from)));
  if (!opened)
    throw new Error(
      `${OWNER}: there is no checkpoint in ${typeof from === 'string' ? from : from.place}`,
    );
  return opened;
}

/**
 * Throws where a run is not the one that was saved, naming what differs and is not meant to. Warns of another back end,
 * whose last bits are others.
 */
export function refuseDifferences(
  { state, place }: Opened,
  own: Fingerprint,
  allow: readonly Difference[],
): void {
  const refused = differences(state.fingerprint, own).filter(([part]) => !allow.includes(part));
  const { backend } = state.fingerprint;
  if (refused.length === 0 && backend !== own.backend)
    console.warn(
      `${OWNER}: ${place} was made on the back end ${backend} and goes on on ${own.backend}, so not bit for bit`,
    );
  if (refused.length === 0) return;
  const parts = [...new Set(refused.map(([part]) => `'${part}'`))].join(', ');
  throw new Error(
    `${OWNER}: ${place} is of another run:\n${refused.map(([, line]) => `  ${line}`).join('\n')}\n` +
      `If that is meant, pass resume: { from, allow: [${parts}] }`,
  );
}

/** The newest of all that the fit's own callbacks have made. */
async function newestOwn(plan: readonly Callback[]): Promise<Opened | undefined> {
  const stores = plan.flatMap(({ checkpoints }) => checkpoints ?? []);
  if (stores.length === 0)
    throw new Error(
      `${OWNER}: 'auto' needs checkpoint({ dir }) among the callbacks, or pass the folder`,
    );
  const made = stores.map(async (store) => {
    const { checkpoints } = await listCheckpoints(store);
    return { store, savedAt: checkpoints[0]?.savedAt ?? -1 };
  });
  for (const { store } of (await Promise.all(made)).sort((a, b) => b.savedAt - a.savedAt)) {
    const opened = await newest(store);
    if (opened) return opened;
  }
  return undefined;
}

async function checkpointAt(path: string): Promise<Opened | undefined> {
  const { store, name } = locate(OWNER, path);
  if (!(await has(store, name, STATE))) return undefined;
  return { state: await readCheckpoint(store, name), place: path };
}

async function newest(store: CheckpointStore): Promise<Opened | undefined> {
  const { found, skipped } = await findCheckpoint(store);
  for (const { name, reason } of skipped)
    console.warn(`${OWNER}: skipped ${name} in ${store.place}: ${reason}`);
  if (found) return { state: found.state, place: `${found.name} in ${store.place}` };
  if (skipped.length > 0)
    throw new Error(
      `${OWNER}: every checkpoint in ${store.place} is damaged; to begin anew, move them away or pass another dir`,
    );
  return undefined;
}
