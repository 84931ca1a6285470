import type { Acked } from './acked.ts';
import { uploadArtifact } from './artifact-upload.ts';
import { uploadFile } from './file-upload.ts';
import type { Graphql } from './graphql.ts';
import type { HttpClient } from './http-client.ts';
import { HttpError } from './http-error.ts';
import type { LogRecord } from './record.ts';
import { sendAlert, type RunPlace } from './run-api.ts';
import { untilAborted } from './until-aborted.ts';

/** Reads local files for the upload. */
export interface LocalFiles {
  /** A file of the run, by its path below the run folder's `files`. */
  file(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** A file of an artifact, by the `localPath` of its record. */
  artifactFile(localPath: string): Promise<Uint8Array<ArrayBuffer>>;
  /** A file is uploaded: called once for each time it was written. Missing where that frees nothing. */
  fileDone?(path: string): void;
  /** As `fileDone`, for a file of an artifact. */
  artifactFileDone?(localPath: string): void;
}

/** Does what rows don't wait for: files, artifacts and alerts, one after another in the log's order. */
export interface Errands {
  /** Looks whether the record is an errand; `nextStep` is the step of the next row. */
  add(record: LogRecord, nextStep: number): void;
  /** Does what is left, with the files that are uploaded last. */
  finish(): Promise<void>;
  /** Paths of files that were uploaded since this was asked last. */
  takeUploaded(): string[];
  /** How many were tried. */
  readonly done: number;
  /** What could not be uploaded so far. */
  readonly failed: readonly FailedErrand[];
}

/** Something that could not be uploaded. */
export interface FailedErrand {
  /** Its place among all of the log; infinite for what every process does last. */
  readonly index: number;
  readonly name: string;
}

interface Errand extends FailedErrand {
  run(): Promise<void>;
}

/** Options of {@link errands}. */
export interface ErrandsOptions {
  readonly ask: Graphql;
  readonly http: HttpClient;
  readonly local: LocalFiles;
  readonly place: RunPlace;
  /** What an earlier process tried of this log. */
  readonly before: Pick<Acked, 'errands' | 'failed'>;
  readonly signal: AbortSignal;
  /** Told after each errand. */
  readonly onDone: () => void;
  /** Told once for each errand that failed, after all its attempts. */
  readonly onFailed: (name: string, error: unknown) => void;
}

export function errands({
  ask,
  http,
  local,
  place,
  before,
  signal,
  onDone,
  onFailed,
}: ErrandsOptions): Errands {
  const queue: Errand[] = [];
  const told = new Set<Errand>();
  const last = new Map<string, Errand>();
  /** Those of an earlier process are here until they are read again. */
  let failed: (Errand | FailedErrand)[] = before.failed.map((index) => ({ index, name: '' }));
  let uploaded: string[] = [];
  let counted = 0;
  let done = before.errands;
  let working: Promise<void> | undefined;

  const fileErrand = (path: string, index: number): Errand => ({
    index,
    name: path,
    async run() {
      const body = await untilAborted(local.file(path), signal);
      await freshly(() => uploadFile(ask, http, place, { path, body }, signal));
      uploaded.push(path);
      local.fileDone?.(path);
    },
  });

  function errandsOf(record: LogRecord, nextStep: number): Errand[] {
    if ('files' in record)
      return record.files
        .filter(({ path, policy }) => {
          if (policy !== 'now') last.set(path, fileErrand(path, Infinity));
          return policy === 'now';
        })
        .map(({ path }) => fileErrand(path, counted++));
    if ('alert' in record) {
      const { alert } = record;
      const name = `alert ${alert.title}`;
      return [{ index: counted++, name, run: () => sendAlert(ask, place, alert, signal) }];
    }
    if (!('artifact' in record)) return [];
    const { artifact } = record;
    const read = (localPath: string) => untilAborted(local.artifactFile(localPath), signal);
    return [
      {
        index: counted++,
        name: `artifact ${artifact.name}`,
        async run() {
          await freshly(() =>
            uploadArtifact({ ask, http, place, read, signal, historyStep: nextStep }, artifact),
          );
          for (const { localPath } of artifact.entries) local.artifactFileDone?.(localPath);
        },
      },
    ];
  }

  async function perform(errand: Errand): Promise<void> {
    const { index, name } = errand;
    try {
      await errand.run();
      failed = failed.filter((other) => other.index !== index || other.name !== name);
    } catch (error) {
      if (signal.aborted) throw error;
      if (!failed.includes(errand)) failed.push(errand);
      if (!told.has(errand)) onFailed(name, error);
      told.add(errand);
    }
  }

  async function work(): Promise<void> {
    for (let errand = queue.shift(); errand; errand = queue.shift()) {
      await perform(errand);
      done = Math.max(done, errand.index + 1);
      onDone();
    }
  }

  function go(): void {
    if (working || queue.length === 0) return;
    working = work()
      .catch(() => {
        // Aborted: a later process does the rest.
        queue.length = 0;
      })
      .finally(() => {
        working = undefined;
      });
  }

  return {
    add(record, nextStep) {
      for (const errand of errandsOf(record, nextStep)) {
        const again = failed.findIndex(({ index }) => index === errand.index);
        if (again >= 0) failed[again] = errand;
        if (again >= 0 || errand.index >= before.errands) queue.push(errand);
      }
      go();
    },
    async finish() {
      go();
      await working;
      if (signal.aborted) return;
      // The service may have come back since.
      for (const errand of [...failed]) if ('run' in errand) await perform(errand);
      for (const errand of last.values()) await perform(errand);
      last.clear();
      onDone();
    },
    takeUploaded() {
      const taken = uploaded;
      uploaded = [];
      return taken;
    },
    get done() {
      return done;
    },
    get failed() {
      return failed;
    },
  };
}

/** Signed URLs expire: what was refused is tried again with new ones. */
async function freshly(upload: () => Promise<void>, attempts = 3): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await upload();
      return;
    } catch (error) {
      const expired = error instanceof HttpError && (error.status === 403 || error.status === 400);
      if (!expired || attempt === attempts) throw error;
    }
  }
}
