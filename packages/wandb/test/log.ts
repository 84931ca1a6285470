import type { HistoryRecord, LogRecord } from '../src/record.ts';
import { memoryAckedStore } from '../src/acked.ts';
import { uploader, type Uploader, type UploaderOptions } from '../src/uploader.ts';
import type { WandbServer } from './server.ts';

/** A log in memory, which can be read from its start again and again. */
export function memoryLog(records: LogRecord[] = []) {
  return {
    append: (...more: readonly LogRecord[]) => void records.push(...more),
    reader() {
      let index = 0;
      return { next: () => records[index++] ?? (index--, undefined) };
    },
  };
}

export const run = (
  runId = 'r1',
  more: Partial<Extract<LogRecord, { run: unknown }>['run']> = {},
): LogRecord => ({ run: { runId, project: 'p', startTime: 1_700_000_000_000, ...more } });

export const row = (step: number): LogRecord => ({ history: historyRow(step) });

function historyRow(step: number): HistoryRecord {
  return {
    step,
    items: [
      { key: 'loss', valueJson: String(1 / (step + 1)) },
      { key: '_step', valueJson: String(step) },
    ],
  };
}

export const exit = (exitCode = 0): LogRecord => ({ exit: { exitCode, runtime: 1 } });

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** An uploader with times of milliseconds. */
export function testUploader(
  server: Pick<WandbServer, 'baseUrl'>,
  log: Pick<ReturnType<typeof memoryLog>, 'reader'>,
  options: Partial<UploaderOptions> = {},
): Uploader & { readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const made = uploader({
    baseUrl: server.baseUrl,
    apiKey: () => 'k'.repeat(40),
    reader: log.reader(),
    acked: memoryAckedStore(),
    local: {
      file: () => Promise.reject(new Error('there is no such file')),
      artifactFile: () => Promise.reject(new Error('there is no such file')),
    },
    warn: (message) => warnings.push(message),
    timeout: 300,
    timing: { interval: 5, maxInterval: 10, heartbeat: 1000, backoff: { min: 5, max: 40 } },
    ...options,
  });
  return {
    ...made,
    get state() {
      return made.state;
    },
    warnings,
  };
}
