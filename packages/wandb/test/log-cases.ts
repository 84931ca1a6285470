import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { logReader } from '../src/log-reader.ts';
import type { LogSink, LogSource } from '../src/log-storage.ts';
import { logWriter } from '../src/log-writer.ts';
import { memoryLog } from '../src/memory-log.ts';
import type { Item, LogRecord } from '../src/record.ts';

interface Golden {
  readonly records: readonly {
    readonly name: string;
    readonly num: number;
    readonly record: LogRecord;
    readonly bytes: string;
  }[];
  readonly unknown: readonly {
    readonly num: number;
    readonly record?: LogRecord;
    readonly bytes: string;
  }[];
  readonly file: { readonly kinds: readonly string[]; readonly gzip: string };
}

/** What the official client wrote. */
export const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../tools/oracles/wandb_log.json'), 'utf8'),
) as Golden;

/** A whole file that the official client wrote. */
export const officialFile = new Uint8Array(gunzipSync(Buffer.from(golden.file.gzip, 'base64')));

export const fromBase64 = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text, 'base64'));

/** Bytes that can be read. */
export function bytesSource(bytes: Uint8Array): LogSource {
  return {
    read(offset, target) {
      const part = bytes.subarray(offset, offset + target.length);
      target.set(part);
      return part.length;
    },
    close() {},
  };
}

/** All bytes of a source. */
export function contents(source: LogSource): Uint8Array {
  const parts: Uint8Array[] = [];
  const part = new Uint8Array(1 << 16);
  for (let offset = 0, count = -1; count !== 0; offset += count) {
    count = source.read(offset, part);
    parts.push(part.slice(0, count));
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** The log of some records. */
export function logOf(records: readonly LogRecord[]): { bytes: Uint8Array; ends: number[] } {
  const log = memoryLog();
  const writer = logWriter(log);
  const ends = records.map((record) => {
    writer.append(record);
    return writer.bytes;
  });
  return { bytes: contents(log), ends };
}

/** The records of a log, and whether it ends with half of one. */
export function recordsOf(source: LogSource): { records: LogRecord[]; isTorn: boolean } {
  const reader = logReader(source);
  const records = [...reader];
  return { records, isTorn: reader.isTorn };
}

/** A sink that fails as `fault` says: it gets the number of the call, and gives the bytes that still go through. */
export function failingSink(
  log: LogSink,
  fault: (operation: 'write' | 'truncate' | 'sync', size: number) => number | undefined,
): LogSink {
  const fail = (): never => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  };
  return {
    write(bytes) {
      const taken = fault('write', bytes.length);
      log.write(bytes.subarray(0, taken));
      if (taken !== undefined) fail();
    },
    replace(offset, bytes) {
      const taken = fault('write', bytes.length);
      log.replace(offset, bytes.subarray(0, taken));
      if (taken !== undefined) fail();
    },
    truncate(length) {
      if (fault('truncate', length) !== undefined) fail();
      log.truncate(length);
    },
    sync() {
      if (fault('sync', 0) !== undefined) fail();
    },
    close: () => log.close(),
  };
}

// What proto3 leaves out comes back as missing, so that no arbitrary makes it where it may be missing.
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const filled = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const count = fc.nat();
const some = fc.integer({ min: 1, max: 2 ** 31 - 1 });
const milliseconds = fc.integer({ min: 0, max: 4e12 });
const key = fc.oneof(filled, fc.array(filled, { minLength: 1, maxLength: 3 }));
const value = fc.oneof(
  { weight: 20, arbitrary: filled },
  { weight: 1, arbitrary: fc.nat(100_000).map((size) => 'v'.repeat(size + 1)) },
);
const items = fc.array(fc.record<Item>({ key, valueJson: value }), { maxLength: 12 });
const flat = fc.array(fc.record<Item>({ key: filled, valueJson: filled }), { maxLength: 5 });
const isTrue = fc.constant(true);
const SUMS = ['min', 'max', 'mean', 'best', 'last', 'none', 'copy', 'first'] as const;

/** A record with the members `must`, and any of `may`. */
const partly = <A, B>(
  must: { [K in keyof A]: fc.Arbitrary<A[K]> },
  may: { [K in keyof B]: fc.Arbitrary<B[K]> },
) =>
  fc
    .tuple(fc.record(must), fc.record(may, { requiredKeys: [] }))
    .map(([first, second]) => ({ ...first, ...second }));

const itemsRecord = partly(
  { update: items },
  { remove: fc.array(key, { minLength: 1, maxLength: 3 }) },
);

/** Any record. */
export const anyRecord = fc.oneof(
  fc.record({ header: fc.record({ producer: text }) }),
  fc.record({
    run: partly(
      { runId: text, project: text },
      {
        entity: filled,
        displayName: filled,
        group: filled,
        jobType: filled,
        notes: filled,
        tags: fc.array(text, { minLength: 1, maxLength: 3 }),
        config: items,
        host: filled,
        startTime: milliseconds,
        startingStep: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        resumed: isTrue,
        runtime: some,
        git: fc.record({ remoteUrl: text, commit: text }),
      },
    ),
  }),
  fc.record({ config: itemsRecord }),
  fc.record({ summary: itemsRecord }),
  fc.record({
    metric: partly(
      { name: text },
      {
        stepMetric: filled,
        stepSync: isTrue,
        hidden: isTrue,
        summary: fc.subarray([...SUMS]),
        goal: fc.constantFrom('minimize', 'maximize'),
      },
    ),
  }),
  fc.record({ history: fc.record({ step: count, items }) }),
  fc.record({ stats: fc.record({ timestamp: milliseconds, items: flat }) }),
  fc.record({
    output: fc.record({
      stream: fc.constantFrom('stdout', 'stderr'),
      timestamp: milliseconds,
      text,
    }),
  }),
  fc.record({
    files: fc.array(
      fc.record({
        path: text,
        policy: fc.constantFrom('now', 'end', 'live'),
        type: fc.constantFrom('other', 'wandb', 'media', 'artifact'),
      }),
      { maxLength: 3 },
    ),
  }),
  fc.record({ telemetry: fc.record({ cliVersion: text, platform: text }) }),
  fc.record({
    alert: partly(
      { title: text, text, level: fc.constantFrom('INFO', 'WARN', 'ERROR') },
      { waitDuration: some },
    ),
  }),
  fc.record({
    artifact: partly(
      {
        runId: text,
        project: text,
        type: text,
        name: text,
        digest: text,
        aliases: fc.array(text, { maxLength: 3 }),
        entries: fc.array(
          fc.record({ path: text, digest: text, size: fc.maxSafeNat(), localPath: text }),
          { maxLength: 3 },
        ),
        clientId: text,
        sequenceClientId: text,
      },
      { entity: filled, description: filled, metadataJson: filled },
    ),
  }),
  fc.record({ exit: fc.record({ exitCode: fc.integer(), runtime: count }) }),
) as fc.Arbitrary<LogRecord>;
