/** What the server holds of a run. */
export interface ServerRun {
  readonly id: string;
  readonly name: string;
  readonly entity: string;
  readonly project: string;
  /** The last value of each variable of UpsertBucket. */
  readonly fields: Record<string, unknown>;
  config: Record<string, unknown>;
  /** The lines of each streamed file, by offset. */
  readonly lines: Record<StreamFile, string[]>;
  readonly files: Record<string, Buffer>;
  readonly alerts: Record<string, unknown>[];
  uploaded: string[];
  complete: boolean;
  exitCode: number | undefined;
  heartbeats: number;
  /** What an exact client never does: holes, and lines that were sent with another content before. */
  readonly faults: string[];
  /** Answer the file stream with `stopped: true`. */
  stopped: boolean;
}

export type StreamFile =
  'wandb-history.jsonl' | 'wandb-events.jsonl' | 'wandb-summary.json' | 'output.log';

export interface StreamRequest {
  readonly files?: Partial<Record<StreamFile, { offset: number; content: string[] }>>;
  readonly uploaded?: string[];
  readonly complete?: boolean;
  readonly exitcode?: number;
}

export function serverRun(entity: string, project: string, name: string): ServerRun {
  return {
    id: Buffer.from(`Run:v1:${name}:${project}:${entity}`).toString('base64'),
    name,
    entity,
    project,
    fields: {},
    config: {},
    lines: {
      'wandb-history.jsonl': [],
      'wandb-events.jsonl': [],
      'wandb-summary.json': [],
      'output.log': [],
    },
    files: {},
    alerts: [],
    uploaded: [],
    complete: false,
    exitCode: undefined,
    heartbeats: 0,
    faults: [],
    stopped: false,
  };
}

/** Writes a request of the file stream into the run, as the service does: lines go where their offset says. */
export function applyStream(run: ServerRun, request: StreamRequest): void {
  if (Object.keys(request).length === 0) run.heartbeats++;
  for (const [file, { offset, content }] of Object.entries(request.files ?? {}))
    applyLines(run, file as StreamFile, offset, content);
  run.uploaded.push(...(request.uploaded ?? []));
  if (request.complete === undefined) return;
  run.complete = request.complete;
  run.exitCode = request.exitcode;
}

function applyLines(run: ServerRun, file: StreamFile, offset: number, content: string[]): void {
  const lines = run.lines[file];
  if (offset > lines.length)
    run.faults.push(`${file}: a hole before line ${offset}, there are ${lines.length}`);
  content.forEach((line, index) => {
    const old = lines[offset + index];
    if (file.endsWith('.jsonl') && old !== undefined && old !== line)
      run.faults.push(`${file}: line ${offset + index} was ${old} and is now ${line}`);
    lines[offset + index] = line;
  });
}

/** The rows of a run's history; NaN and the infinities are read as null. */
export function historyOf(run: ServerRun | undefined): Record<string, unknown>[] {
  return (run?.lines['wandb-history.jsonl'] ?? []).map(
    (line) => JSON.parse(plainJson(line)) as Record<string, unknown>,
  );
}

/** The run's summary, {} before there is one; NaN and the infinities are read as null. */
export function summaryOf(run: ServerRun | undefined): Record<string, unknown> {
  const text = run?.lines['wandb-summary.json'][0] ?? '{}';
  return JSON.parse(plainJson(text)) as Record<string, unknown>;
}

/** JSON with null for NaN and the infinities. */
export function plainJson(text: string): string {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/g, (token) =>
    token.startsWith('"') ? token : 'null',
  );
}
