import * as tf from '@tensorflow/tfjs';
import { readWeights, STATE } from './checkpoints/checkpoint-files.ts';
import { findCheckpoint } from './checkpoints/find-checkpoint.ts';
import { disposeRunState } from './checkpoints/take-snapshot.ts';
import { has, locate, toStore } from './checkpoints/to-store.ts';
import { folderHandler, TOPOLOGY } from './model-folder.ts';
import { toModel } from './model.ts';

/**
 * Weights by name from a checkpoint, the newest of a folder of checkpoints, a saved layers model's folder, or whatever
 * TensorFlow.js can load a layers model from. The caller owns them.
 */
export async function savedWeights(
  owner: string,
  source: string | tf.io.IOHandler,
  view: string | undefined,
): Promise<Record<string, tf.Tensor>> {
  if (typeof source !== 'string' || source.includes('://')) return weightsOfModel(source);
  const { store, name } = locate(owner, source);
  if (await has(store, name, STATE)) return readWeights(store, name, view);
  if (await has(store, name, TOPOLOGY)) return weightsOfModel(folderHandler(store, name));
  const folder = toStore(owner, source);
  const { found, skipped } = await findCheckpoint(folder);
  for (const { name, reason } of skipped)
    console.warn(`${owner}: skipped ${name} in ${source}: ${reason}`);
  if (!found)
    throw new Error(`${owner}: there is neither a checkpoint nor a saved model in ${source}`);
  disposeRunState(found.state);
  return readWeights(folder, found.name, view);
}

async function weightsOfModel(
  source: string | tf.io.IOHandler,
): Promise<Record<string, tf.Tensor>> {
  const loaded = await tf.loadLayersModel(source);
  try {
    return Object.fromEntries(
      [...toModel(loaded).variables].map(([name, variable]) => [name, tf.clone(variable)]),
    );
  } finally {
    loaded.dispose();
  }
}
