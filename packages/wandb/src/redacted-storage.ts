import type { RunStorage } from './log-run-parts.ts';
import type { Redaction } from './redact.ts';

/** A storage that all records go through, and all paths of files: the key is in none of them. */
export function redactedStorage(storage: RunStorage, redact: Redaction): RunStorage {
  return {
    get folder() {
      return storage.folder;
    },
    get name() {
      return storage.name;
    },
    get bytes() {
      return storage.bytes;
    },
    append: (record, rest) => storage.append(redact.values(record), redact.values(rest)),
    keep: (rest) => storage.keep(redact.values(rest)),
    write: (path, bytes) => storage.write(redact.text(path), bytes),
    sync: () => storage.sync(),
    close: () => storage.close(),
    leave: (isUploaded) => storage.leave(isUploaded),
  };
}
