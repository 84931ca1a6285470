import { checkName } from '../checkpoints/check-name.ts';
import { MissingFileError, type CheckpointStore } from '../checkpoints/checkpoint-store.ts';

/** Checkpoints that live as long as the process: for tests. */
export function memoryStore(): CheckpointStore {
  const checkpoints = new Map<string, ReadonlyMap<string, Uint8Array>>();
  return {
    place: 'memory',
    prepare: () => Promise.resolve(),
    list: () => Promise.resolve([...checkpoints.keys()]),
    async write(name, files) {
      checkName(name);
      const copies = [...files].map(
        async ([file, chunks]) => [checkName(file), await joined(chunks)] as const,
      );
      checkpoints.set(name, new Map(await Promise.all(copies)));
    },
    read(name, file) {
      const bytes = checkpoints.get(name)?.get(file);
      return bytes
        ? Promise.resolve(bytes.slice())
        : Promise.reject(new MissingFileError('memory', name, file));
    },
    files: (name) => Promise.resolve([...(checkpoints.get(name)?.keys() ?? [])]),
    remove(name) {
      checkpoints.delete(name);
      return Promise.resolve();
    },
  };
}

async function joined(chunks: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}
