import {
  decodeAcked,
  encodeAcked,
  newAcked,
  noLines,
  type Acked,
  type LineCounts,
} from './acked.ts';
import { errands as newErrands, type Errands } from './errands.ts';
import { fileStream, type FileStream } from './file-stream.ts';
import type { Graphql } from './graphql.ts';
import type { HttpClient } from './http-client.ts';
import { messageOf } from './message-of.ts';
import { resumeStatus, upsertRun, type RunPlace } from './run-api.ts';
import type { RunFold } from './run-fold.ts';
import type { UploaderOptions } from './uploader-options.ts';

/** An upload that the service knows of. */
export interface UploadSession {
  readonly place: RunPlace;
  /** Lines that the service had before this log. */
  readonly base: LineCounts;
  readonly stream: FileStream;
  readonly errands: Errands;
  /** The version of the fields that the service was told. */
  readonly sentFields: number;
  /** Notes beside the log what the service has. Never rejects. */
  readonly save: () => Promise<void>;
}

/** What a session is made with. */
export interface SessionParts {
  readonly ask: Graphql;
  readonly http: HttpClient;
  /** It knows the run. */
  readonly fold: RunFold;
  readonly signal: AbortSignal;
}

/** Finds out what the service has of the run and makes it known. */
export async function openSession(
  options: UploaderOptions,
  parts: SessionParts,
): Promise<UploadSession> {
  const { acked: store, local, limits, warn, onStopped } = options;
  const { ask, http, fold, signal } = parts;
  let acked = await whereItStands(options, parts);
  const sentFields = fold.versions.fields;
  const place = await upsertRun(ask, fold.fields(), signal);
  let warned = false;

  async function save(): Promise<void> {
    acked = {
      ...acked,
      lines: stream.acked,
      errands: errands.done,
      failed: errands.failed.map(({ index }) => index).filter(Number.isFinite),
    };
    try {
      await store.save(encodeAcked(acked));
    } catch {
      // Only a later process needs it, and that sends the same lines to the same offsets.
      if (!warned) warn('what was uploaded could not be noted beside the log');
      warned = true;
    }
  }

  const errands = newErrands({
    ask,
    http,
    local,
    place,
    before: acked,
    signal,
    onDone: () => void save(),
    onFailed: (name, reason) => {
      warn(`${name} could not be uploaded (${messageOf(reason)})`);
    },
  });
  const stream = fileStream({
    http,
    place,
    base: acked.base,
    acked: acked.lines,
    signal,
    ...limits,
    ...(onStopped && { onStopped }),
    onDropped: () => warn('lines of more than 10 MiB are not uploaded'),
  });
  // Before the first line goes out: a later process must not count these lines again.
  await save();
  return { place, base: acked.base, stream, errands, sentFields, save };
}

/** What the service has of this log and had before it. */
async function whereItStands(
  { acked: store, resume }: UploaderOptions,
  { ask, fold, signal }: SessionParts,
): Promise<Acked & { readonly base: NonNullable<Acked['base']> }> {
  const fields = fold.fields();
  const resumed = fold.run?.resumed === true;
  const noted = await load(store, fields.name);
  if (resume === undefined && !resumed) return { ...noted, base: noted.base ?? noLines };

  const known = await resumeStatus(ask, fields, signal);
  if (resume === 'must' && !known)
    throw new Error(`the run ${fields.name} is to be resumed, and the service doesn't know it`);
  if (resume === 'never' && known && !noted.base)
    throw new Error(`the run ${fields.name} is to be new, and the service has it already`);
  if (!known || !resumed) return { ...noted, base: noted.base ?? noLines };

  fold.seed(known.summaryMetrics, known.config);
  const before = {
    history: known.historyLineCount,
    events: known.eventsLineCount,
    output: known.logLineCount,
  };
  return { ...noted, base: noted.base ?? least(fold.run.base ?? before, before) };
}

async function load(store: UploaderOptions['acked'], runId: string): Promise<Acked> {
  try {
    return decodeAcked(await store.load(), runId) ?? newAcked(runId);
  } catch {
    return newAcked(runId);
  }
}

/** What was logged after a checkpoint is logged anew; what the service never got leaves no hole. */
function least(a: LineCounts, b: LineCounts): LineCounts {
  return {
    history: Math.min(a.history, b.history),
    events: Math.min(a.events, b.events),
    output: Math.min(a.output, b.output),
  };
}
