import * as tf from '@tensorflow/tfjs';
import type { CheckpointStore } from './checkpoints/checkpoint-store.ts';

const WEIGHTS = 'group1-shard1of1.bin';
export const TOPOLOGY = 'model.json';

/** A model in the format of TensorFlow.js as files of one folder, written as a whole. */
export function folderHandler(store: CheckpointStore, name: string): tf.io.IOHandler {
  return {
    async save(artifacts) {
      const { weightData, weightSpecs = [], ...topology } = artifacts;
      const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      const json = { ...topology, weightsManifest: [{ paths: [WEIGHTS], weights: weightSpecs }] };
      const files = new Map([
        [TOPOLOGY, [new TextEncoder().encode(JSON.stringify(json))]],
        [WEIGHTS, [weights]],
      ]);
      await store.write(name, files);
      return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
    },
    async load() {
      const text = new TextDecoder().decode(await store.read(name, TOPOLOGY));
      const json = JSON.parse(text) as tf.io.ModelJSON;
      const read = async (paths: readonly string[]) =>
        (await Promise.all(paths.map((path) => store.read(name, path)))).map(
          (bytes) => bytes.slice().buffer,
        );
      return tf.io.getModelArtifactsForJSON(json, async (manifest) => [
        manifest.flatMap(({ weights }) => weights),
        tf.io.CompositeArrayBuffer.join(await read(manifest.flatMap(({ paths }) => paths))),
      ]);
    },
  };
}

/** Whether a file is one of those that a model is saved in. */
export function isModelFile(file: string): boolean {
  return file === TOPOLOGY || file === WEIGHTS;
}
