import {
  decodeAcked,
  encodeAcked,
  mostOf,
  newAcked,
  noLines,
  type Acked,
  type LineCounts,
} from './acked.ts';
import { errands as newErrands, type Errands } from './errands.ts';
import { parseExtended } from './extended-json.ts';
import { fileStream, type FileStream } from './file-stream.ts';
import { syncCallOf } from './finish-report.ts';
import type { Graphql } from './graphql.ts';
import type { HttpClient } from './http-client.ts';
import { messageOf } from './message-of.ts';
import { overtakenBy, type Later, type Overtaken } from './overtaken.ts';
import { resumeStatus, upsertRun, type ResumeStatus, type RunPlace } from './run-api.ts';
import type { RunFold } from './run-fold.ts';
import type { UploaderOptions } from './uploader-options.ts';

/** An upload that the service knows of. */
export interface UploadSession {
  readonly place: RunPlace;
  /** Lines that the service had before this log. */
  readonly base: LineCounts;
  readonly stream: FileStream;
  readonly errands: Errands;
  readonly overtaken: Overtaken;
  /** Steps of the rows that are too long. */
  readonly droppedSteps: readonly number[];
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
  const { later, ...stands } = await whereItStands(options, parts);
  let acked = stands;
  const sentFields = fold.versions.fields;
  const place = await upsertRun(ask, fold.fields(), signal);
  let warned = false;
  const droppedSteps: number[] = [];

  async function save(): Promise<void> {
    acked = {
      ...acked,
      lines: stream.acked,
      sent: mostOf(acked.sent, stream.sent),
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
    acked: later?.lines ?? acked.lines,
    signal,
    ...limits,
    ...(onStopped && { onStopped }),
    onDropped({ kind, step }) {
      if (step === undefined) warn(`lines of more than 10 MiB are not uploaded (${kind})`);
      else if (droppedSteps.push(step) === 1)
        warn(`the row of step ${step} has more than 10 MiB, which the service does not take`);
    },
  });
  // Before the first line goes out: a later process must not count these lines again.
  await save();
  const overtaken = overtakenBy(later, stream.counted);
  return { place, base: stands.base, stream, errands, overtaken, droppedSteps, sentFields, save };
}

/** What the service has of this log and had before it. */
interface Standing extends Acked {
  readonly base: LineCounts;
  /** Lines behind `base` that the service has, where this log is not known to have sent all of them. */
  readonly later?: Later;
}

async function whereItStands(
  { acked: store, resume, earlierIsLost, spareLater }: UploaderOptions,
  { ask, fold, signal }: SessionParts,
): Promise<Standing> {
  const fields = fold.fields();
  const { resumed = false, base: said, earlier } = fold.run ?? {};
  const noted = await load(store, fields.name);
  if (resume === undefined && !resumed && !spareLater)
    return { ...noted, base: noted.base ?? noLines };

  const known = await resumeStatus(ask, fields, signal);
  if (resume === 'must' && !known)
    throw new Error(`the run ${fields.name} is to be resumed, and the service doesn't know it`);
  if (resume === 'never' && known && !noted.base)
    throw new Error(`the run ${fields.name} is to be new, and the service has it already`);
  const there = {
    history: known?.historyLineCount ?? 0,
    events: known?.eventsLineCount ?? 0,
    output: known?.logLineCount ?? 0,
  };
  const isMissing = said !== undefined && there.history < said.history;
  if (!noted.base && isMissing && earlier !== undefined && !earlierIsLost)
    throw new Error(
      `the service has ${there.history} of the ${said.history} rows that lie before these: first upload the earlier part of the run: ${syncCallOf(earlier)}, then this one; where it is lost, this one with earlierIsLost: true`,
    );
  const base = noted.base ?? (resumed ? least(said ?? there, there) : noLines);
  const beyond = mostOf(noted.lines, differenceOf(there, base));
  // Before it has sent anything, a log may find those that an earlier one has logged after the checkpoint: they give way.
  const time = timeOfLast(known);
  const isOverhang = resumed && !noted.base && !(time * 1000 > (fold.run?.startTime ?? 0));
  const isLater = spareLater === true && beyond.history > noted.sent.history && !isOverhang;
  if (known && (resumed || isLater)) fold.seed(known.summaryMetrics, known.config);
  return { ...noted, base, ...(isLater && { later: { lines: beyond, time } }) };
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

function differenceOf(a: LineCounts, b: LineCounts): LineCounts {
  return {
    history: a.history - b.history,
    events: a.events - b.events,
    output: a.output - b.output,
  };
}

/** Seconds since 1970 of the last row that the service has; NaN where it does not say. */
function timeOfLast(known: ResumeStatus | undefined): number {
  const tail = parseExtended(known?.historyTail ?? '[]') as readonly string[];
  const last = parseExtended(tail.at(-1) ?? '{}') as { readonly _timestamp?: unknown };
  return typeof last._timestamp === 'number' ? last._timestamp : NaN;
}
