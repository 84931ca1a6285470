import type { LineKind } from './run-fold.ts';

/** Lines of each file of the stream. */
export type LineCounts = Readonly<Record<LineKind, number>>;

/** What of a log the service has, kept beside the log so that a later process can go on. */
export interface Acked {
  readonly runId: string;
  /** Lines that the service held before this log began; unknown until it was asked. */
  readonly base: LineCounts | undefined;
  /** Lines of this log that it has acknowledged. */
  readonly lines: LineCounts;
  /** Lines that were ever sent of it, whatever was cut off since: those beyond at the service are of another log. */
  readonly sent: LineCounts;
  /** Files, artifacts and alerts of this log that were tried, in the log's order. */
  readonly errands: number;
  /** The places in that order of those that did not succeed: a later process tries them again. */
  readonly failed: readonly number[];
}

/** The file beside a log that says what of it is uploaded. */
export function ackedFileOf(log: string): string {
  return log.replace(/\.wandb$/, '.uploaded.json');
}

/** Where the text of {@link Acked} is kept: written whole, in one step. Both may throw or reject. */
export interface AckedStore {
  load(): string | undefined | Promise<string | undefined>;
  save(text: string): void | Promise<void>;
}

export const noLines: LineCounts = { history: 0, events: 0, output: 0 };

/** The lines of two logs. */
export function sumOf(a: LineCounts, b: LineCounts): LineCounts {
  return {
    history: a.history + b.history,
    events: a.events + b.events,
    output: a.output + b.output,
  };
}

/** Of each kind the lines of the log with more of them. */
export function mostOf(a: LineCounts, b: LineCounts): LineCounts {
  return {
    history: Math.max(a.history, b.history),
    events: Math.max(a.events, b.events),
    output: Math.max(a.output, b.output),
  };
}

/** Nothing acknowledged. */
export function newAcked(runId: string): Acked {
  return { runId, base: undefined, lines: noLines, sent: noLines, errands: 0, failed: [] };
}

/** The lines and errands of a log that stay when the rest is cut off. */
export interface KeptLines {
  readonly lines: LineCounts;
  readonly errands: number;
}

/** A note without what is cut off: what takes its place is to be uploaded as well. The text where it is none of the run's. */
export function cutAckedText(
  text: string | undefined,
  runId: string,
  kept: KeptLines,
): string | undefined {
  const acked = decodeAcked(text, runId);
  if (!acked) return text;
  const { history, events, output } = acked.lines;
  return encodeAcked({
    ...acked,
    lines: {
      history: Math.min(history, kept.lines.history),
      events: Math.min(events, kept.lines.events),
      output: Math.min(output, kept.lines.output),
    },
    errands: Math.min(acked.errands, kept.errands),
    failed: acked.failed.filter((place) => place < kept.errands),
  });
}

/** Reads what {@link encodeAcked} wrote; `undefined` for another run or anything else: sending again is harmless. */
export function decodeAcked(text: string | undefined, runId: string): Acked | undefined {
  try {
    const value = JSON.parse(text ?? '') as Partial<Acked>;
    if (value.runId !== runId || !areCounts(value.lines)) return undefined;
    return {
      runId,
      base: areCounts(value.base) ? value.base : undefined,
      lines: value.lines,
      sent: areCounts(value.sent) ? value.sent : value.lines,
      errands: isCount(value.errands) ? value.errands : 0,
      failed: Array.isArray(value.failed) ? value.failed.filter(isCount) : [],
    };
  } catch {
    return undefined;
  }
}

export function encodeAcked(acked: Acked): string {
  return JSON.stringify(acked);
}

/** A store that lives as long as its process, and begins with a text. */
export function memoryAckedStore(text?: string): AckedStore {
  return {
    load: () => text,
    save(next) {
      text = next;
    },
  };
}

function areCounts(value: Partial<LineCounts> | undefined): value is LineCounts {
  return isCount(value?.history) && isCount(value.events) && isCount(value.output);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
