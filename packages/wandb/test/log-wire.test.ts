import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeRecord, encodeRecord } from '../src/record-wire.ts';
import type { HistoryRecord, LogRecord } from '../src/record.ts';
import { rowEncoder } from '../src/row-encoder.ts';
import { anyRecord, fromBase64, golden } from './log-cases.ts';
import { row } from './log-row.ts';

test.each(golden.records)('reads what the official client wrote: $name', (official) => {
  const { num, record, bytes } = official;
  expect(decodeRecord(fromBase64(bytes))).toEqual({ num, record });
});

test.each(golden.records)('writes the bytes of the official client: $name', (official) => {
  const { num, record, bytes } = official;
  expect(Buffer.from(encodeRecord(record, num)).toString('base64')).toBe(bytes);
});

test('the official records are of every kind', () => {
  const kinds = new Set(golden.records.flatMap(({ record }) => Object.keys(record)));
  expect([...kinds].sort()).toEqual([
    'alert',
    'artifact',
    'config',
    'exit',
    'files',
    'header',
    'history',
    'metric',
    'output',
    'run',
    'stats',
    'summary',
    'telemetry',
  ]);
});

test('passes over what it does not know', () => {
  expect(golden.unknown).toHaveLength(3);
  for (const { num, record, bytes } of golden.unknown)
    expect(decodeRecord(fromBase64(bytes))).toEqual({ num, record });
});

test('any record comes back as it was', () => {
  fc.assert(
    fc.property(anyRecord, fc.integer({ min: 1, max: 2 ** 40 }), (record, num) => {
      expect(decodeRecord(encodeRecord(record, num))).toEqual({ num, record });
    }),
    { numRuns: 300 },
  );
});

/** What the short way makes of a row; undefined where it leaves it. */
const encodedRow = (row: HistoryRecord, num: number, size: number): Buffer | undefined => {
  const target = new Uint8Array(size);
  const start = rows.encode(row, num, target);
  return start < 0 ? undefined : Buffer.from(target.subarray(start));
};
const rows = rowEncoder();

test.each([
  [0, 1],
  [127, 128],
  [128, 300],
  [2 ** 31, 2 ** 40],
  [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
])('the short way writes a row of numbers as the long one: step %d, record %d', (step, num) => {
  const values = ['0.6931471824645996', '-1e-7', 'NaN', '7', '1'.repeat(200)];
  const items = values.map((valueJson, i) => ({
    key: ['batch/loss', 'é', '😀 \0'][i % 3]!,
    valueJson,
  }));
  const row = { step, items };
  const long = Buffer.from(encodeRecord({ history: row }, num));
  expect(encodedRow(row, num, 4096)).toEqual(long);
});

test('the short way writes a row as the long one does, or leaves it', () => {
  const key = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string(), { maxLength: 2 }));
  const items = fc.array(fc.record({ key, valueJson: fc.string({ unit: 'binary' }) }));
  const row = fc.record({ step: fc.integer({ min: -2, max: 1000 }), items });
  fc.assert(
    fc.property(row, fc.nat(), fc.integer({ min: 65, max: 300 }), (history, num, size) => {
      const short = encodedRow(history, num + 1, size);
      if (short) expect(short).toEqual(Buffer.from(encodeRecord({ history }, num + 1)));
    }),
  );
});

test('a message that is cut is refused or lacks something, and never goes on for ever', () => {
  fc.assert(
    fc.property(anyRecord, fc.double({ min: 0, max: 0.999, noNaN: true }), (record, share) => {
      const bytes = encodeRecord(record, 1);
      const cut = bytes.subarray(0, Math.floor(bytes.length * share));
      let read: LogRecord | undefined;
      try {
        read = decodeRecord(cut).record;
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
      expect(read).toBeUndefined();
    }),
  );
});

test.each<[string, unknown]>([
  ['nothing', {}],
  ['a kind that is not known', { footer: {} }],
  ['a name of every object', { toString: {} }],
  ['two kinds', { exit: { exitCode: 0, runtime: 0 }, files: [] }],
])('refuses a record of %s, with which the official client would stop', (_, record) => {
  expect(() => encodeRecord(record as LogRecord, 1)).toThrow(
    /^encodeRecord: a record must have one member of .*history.*, got /,
  );
});

test('a record that can not be written leaves no trace in the next one', () => {
  expect(() =>
    encodeRecord({ history: { step: Number.NaN, items: [{ key: 'a', valueJson: '1' }] } }, 1),
  ).toThrow();
  expect(decodeRecord(encodeRecord(row(1), 2))).toEqual({ num: 2, record: row(1) });
});

test('seconds are rounded and times hold nanoseconds', () => {
  const record: LogRecord = { exit: { exitCode: 1, runtime: 2.6 } };
  expect(decodeRecord(encodeRecord(record, 1)).record).toEqual({
    exit: { exitCode: 1, runtime: 3 },
  });
  const stats: LogRecord = { stats: { timestamp: 1_700_000_000_999.99999999, items: [] } };
  expect(decodeRecord(encodeRecord(stats, 1)).record).toEqual({
    stats: { timestamp: expect.closeTo(1_700_000_001_000, 3), items: [] },
  });
});
