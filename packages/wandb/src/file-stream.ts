import { noLines, sumOf, type LineCounts } from './acked.ts';
import type { HttpClient } from './http-client.ts';
import type { RunPlace } from './run-api.ts';
import { LINE_BYTES, isTooLong } from './too-long.ts';
import { lineFiles, type Line, type LineKind } from './run-fold.ts';

/** Options of {@link fileStream}. */
export interface FileStreamOptions {
  readonly http: HttpClient;
  readonly place: RunPlace;
  /** Lines that the service held before this log. */
  readonly base: LineCounts;
  /** Lines of this log that it has acknowledged: they are counted and not sent. */
  readonly acked: LineCounts;
  readonly signal: AbortSignal;
  /**
   * About how many bytes a request may have; the service takes 10 MiB. Smaller ones hold up the thread less and get
   * through slow lines. A longer line goes alone.
   *
   * @default 2 MiB
   */
  readonly requestBytes?: number;
  /** A longer line is dropped. @default 10 MiB - 100 KiB */
  readonly lineBytes?: number;
  /** Told of each line that is dropped. */
  readonly onDropped?: (line: Line) => void;
  /** Told when someone pressed the Stop button of the run's page. */
  readonly onStopped?: () => void;
}

/** What a request may say besides lines. */
export interface StreamEnd {
  /** Paths of files that were uploaded. */
  readonly uploaded?: readonly string[];
  readonly complete?: boolean;
  readonly exitcode?: number;
}

/** Collects lines and sends them, one request at a time, each to the offset that is its place. */
export interface FileStream {
  /** Takes the next line of the log. */
  add(line: Line): void;
  /**
   * Called at the end of the log. Lines that were acknowledged and are no longer in it, as after a power failure, count
   * no more: what is logged instead takes their places.
   */
  settle(): void;
  /** The summary as it is now; only the last is sent. */
  setSummary(json: string): void;
  /** Whether there is something to send. */
  readonly pending: boolean;
  /** Whether the next request has its size. */
  readonly full: boolean;
  /** Lines of this log that the service acknowledged. */
  readonly acked: LineCounts;
  /** Those and the ones that the next request has. */
  readonly sent: LineCounts;
  /** Lines of this log, but for those too long. */
  readonly counted: LineCounts;
  /** Lines that were too long. */
  readonly dropped: LineCounts;
  /** Sends what was collected; with nothing collected it is the heartbeat `{}`. One call at a time. */
  send(end?: StreamEnd): Promise<void>;
}

export function fileStream({
  http,
  place,
  base,
  acked: ackedBefore,
  signal,
  requestBytes = 2 * 2 ** 20,
  lineBytes = LINE_BYTES,
  onDropped,
  onStopped,
}: FileStreamOptions): FileStream {
  const path = [place.entity, place.project, place.name].map(encodeURIComponent).join('/');
  const encoder = new TextEncoder();
  let acked = ackedBefore;
  const counted: Record<LineKind, number> = { ...noLines };
  const dropped: Record<LineKind, number> = { ...noLines };
  /** Lines as JSON strings. */
  let collected = noCollected();
  let bytes = 0;
  let summary: string | undefined;
  let stopped = false;

  function body(lines: Collected, { uploaded, complete, exitcode }: StreamEnd): string {
    const files = (Object.keys(lineFiles) as LineKind[])
      .filter((kind) => lines[kind].length > 0)
      .map((kind) => {
        const content = lines[kind].join(',');
        return `"${lineFiles[kind]}":{"offset":${base[kind] + acked[kind]},"content":[${content}]}`;
      });
    if (summary !== undefined)
      files.push(`"wandb-summary.json":{"offset":0,"content":[${JSON.stringify(summary)}]}`);
    const members = Object.entries({
      uploaded: uploaded?.length ? uploaded : undefined,
      complete,
      exitcode,
    }).flatMap(([key, value]) =>
      value === undefined ? [] : [`"${key}":${JSON.stringify(value)}`],
    );
    if (files.length > 0) members.unshift(`"files":{${files.join(',')}}`);
    return `{${members.join(',')}}`;
  }

  return {
    add(line) {
      const { kind, text } = line;
      if (isTooLong(text, lineBytes)) {
        dropped[kind]++;
        onDropped?.(line);
        return;
      }
      const escaped = JSON.stringify(text);
      if (counted[kind]++ < acked[kind]) return;
      collected[kind].push(escaped);
      bytes += encoder.encode(escaped).byteLength + 1;
    },
    settle() {
      acked = {
        history: Math.min(acked.history, counted.history),
        events: Math.min(acked.events, counted.events),
        output: Math.min(acked.output, counted.output),
      };
    },
    setSummary(json) {
      summary = json;
    },
    get pending() {
      return bytes > 0 || summary !== undefined;
    },
    get full() {
      return bytes >= requestBytes;
    },
    get acked() {
      return acked;
    },
    get sent() {
      return sumOf(acked, countsOf(collected));
    },
    counted,
    dropped,
    async send(end = {}) {
      const lines = collected;
      const encoded = encoder.encode(body(lines, end));
      collected = noCollected();
      bytes = 0;
      summary = undefined;
      const answer = await http.send({
        method: 'POST',
        url: `/files/${path}/file_stream`,
        headers: { 'Content-Type': 'application/json' },
        body: encoded,
        signal,
      });
      acked = sumOf(acked, countsOf(lines));
      if (stopped || !saysStopped(answer)) return;
      stopped = true;
      onStopped?.();
    },
  };
}

type Collected = Readonly<Record<LineKind, string[]>>;

const noCollected = (): Collected => ({ history: [], events: [], output: [] });

const countsOf = ({ history, events, output }: Collected): LineCounts => ({
  history: history.length,
  events: events.length,
  output: output.length,
});

function saysStopped(answer: string): boolean {
  try {
    return (JSON.parse(answer) as { readonly stopped?: unknown } | null)?.stopped === true;
  } catch {
    // An answer that can't be read is 2xx all the same.
    return false;
  }
}
