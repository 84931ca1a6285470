import type { CheckpointStore } from '../checkpoints/checkpoint-store.ts';

/** Checkpoints that live as long as the process: for tests. */
export function memoryStore(): CheckpointStore {
  const checkpoints = new Map<string, Map<string, Uint8Array>>();
  return {
    place: 'memory',
    list: () => Promise.resolve([...checkpoints.keys()]),
    write(name, files) {
      const copies = [...files].map(([file, chunks]) => [file, joined(chunks)] as const);
      checkpoints.set(name, new Map(copies));
      return Promise.resolve();
    },
    read(name, file) {
      const bytes = checkpoints.get(name)?.get(file);
      return bytes
        ? Promise.resolve(bytes.slice())
        : Promise.reject(new Error(`there is no file ${name}/${file} in memory`));
    },
    remove(name) {
      checkpoints.delete(name);
      return Promise.resolve();
    },
  };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let end = 0;
  for (const chunk of chunks) {
    all.set(chunk, end);
    end += chunk.length;
  }
  return all;
}
