import type { FitLoop } from '@tfloop/core';
import type { Artifact, WandbRun } from './wandb-run.ts';

/** The files of a checkpoint. */
const FILES = ['weights.safetensors', 'optimizer.safetensors', 'state.json'];

/**
 * The newest checkpoint of a fit as an artifact, and its name; undefined where there is none, or none newer than the one
 * named.
 */
export async function checkpointArtifact(
  { plan, epoch, step }: FitLoop,
  { id }: WandbRun,
  before: string | undefined,
): Promise<{ readonly checkpoint: string; readonly artifact: Artifact } | undefined> {
  const maker = plan.find((callback) => callback.checkpoints && 'lastCheckpoint' in callback);
  const store = maker?.checkpoints;
  const described = maker?.lastCheckpoint?.();
  if (!store || described === undefined || described === before) return undefined;
  const name = described.replace(` in ${store.place}`, '');
  const files = new Map<string, Uint8Array>();
  for (const file of FILES) files.set(file, await store.read(name, file));
  return {
    checkpoint: described,
    artifact: {
      name: `run_${id}_model`,
      type: 'model',
      files,
      aliases: ['latest', `epoch_${epoch + 1}`],
      metadata: { checkpoint: name, epoch: epoch + 1, step },
    },
  };
}
