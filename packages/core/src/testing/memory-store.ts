import { checkName } from '../checkpoints/check-name.ts';
import { MissingFileError, type CheckpointStore } from '../checkpoints/checkpoint-store.ts';

/** Checkpoints that live as long as the process: for tests. */
export function memoryStore(): CheckpointStore {
  const checkpoints = new Map<string, ReadonlyMap<string, Blob>>();
  return {
    place: 'memory',
    list: async () => [...checkpoints.keys()],
    async write(name, files) {
      const copies = [...files].map(
        ([file, chunks]) =>
          [checkName(file), new Blob(chunks as Uint8Array<ArrayBuffer>[])] as const,
      );
      checkpoints.set(checkName(name), new Map(copies));
    },
    async read(name, file) {
      const blob = checkpoints.get(name)?.get(file);
      if (!blob) throw new MissingFileError('memory', name, file);
      return new Uint8Array(await blob.arrayBuffer());
    },
    async remove(name) {
      checkpoints.delete(name);
    },
  };
}
