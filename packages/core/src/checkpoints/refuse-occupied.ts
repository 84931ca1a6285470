import type { Callback } from '../callback.ts';
import { listCheckpoints } from './find-checkpoint.ts';

/**
 * Throws where a fit that begins anew would make checkpoints among those of a run that is none of `runs`: `'auto'` would
 * not know which of the two to go on with.
 */
export async function refuseOccupied(
  plan: readonly Callback[],
  runs: ReadonlySet<string>,
): Promise<void> {
  for (const { name: owner, checkpoints: store } of plan) {
    if (!store) continue;
    const { checkpoints, skipped } = await listCheckpoints(store);
    const others = checkpoints.filter(({ id }) => !runs.has(id));
    const [newest, damaged] = [others[0], skipped[0]];
    const found = newest ?? damaged;
    if (!found) continue;
    const count = others.length + skipped.length - 1;
    const more = count > 0 ? ` and ${count} more` : '';
    const remedy = newest
      ? `to go on with that run pass resume: 'auto' to fit, to keep it pass another dir, else empty this one`
      : 'damaged, so that nobody can tell whose: pass another dir, or remove what is damaged';
    throw new Error(
      `${owner}: dir must hold no other run's checkpoints where a fit begins anew, got ${store.place} with ${found.name}${more}; ${remedy}`,
    );
  }
}
