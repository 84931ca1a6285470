import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { logEnd } from '../src/log-end.ts';
import { LogDamageError, LogWriteError } from '../src/log-errors.ts';
import { BLOCK_SIZE } from '../src/log-framing.ts';
import { logReader } from '../src/log-reader.ts';
import { logWriter } from '../src/log-writer.ts';
import { memoryLog } from '../src/memory-log.ts';
import type { LogRecord } from '../src/record.ts';
import { anyRecord, bytesSource, contents, failingSink, logOf, recordsOf } from './log-cases.ts';
import { row } from './log-row.ts';

/** A row before the others, so that these begin at any place of a block. */
const filler = fc.integer({ min: 0, max: BLOCK_SIZE + 100 }).map((size) => row(0, size));
const someRecords = fc
  .tuple(filler, fc.array(anyRecord, { minLength: 1, maxLength: 8 }))
  .map(([first, rest]) => [first, ...rest]);

/** A part of what a write has, and never all of it. */
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** Offsets at which the end of a block is near. */
const nearBlockEnd = fc.integer({ min: -40, max: 20 }).map((by) => row(0, BLOCK_SIZE - 60 + by));

describe('reading', () => {
  test('any records come back from any place of a block', () => {
    fc.assert(
      fc.property(
        fc.oneof(filler, nearBlockEnd),
        fc.array(anyRecord, { maxLength: 8 }),
        (first, rest) => {
          const records = [first, ...rest];
          const { bytes } = logOf(records);
          expect(recordsOf(bytesSource(bytes))).toEqual({ records, isTorn: false });
        },
      ),
    );
  });

  test('every room at the end of a block, byte by byte', () => {
    for (let size = BLOCK_SIZE - 80; size < BLOCK_SIZE; size++) {
      const records = [row(0, size), row(1), row(2)];
      expect(recordsOf(bytesSource(logOf(records).bytes))).toEqual({ records, isTorn: false });
    }
  });

  test('a log that is cut anywhere has exactly the records before the cut', () => {
    fc.assert(
      fc.property(someRecords, fc.double({ min: 0, max: 1, noNaN: true }), (records, share) => {
        const { bytes, ends } = logOf(records);
        const length = Math.floor(bytes.length * share);
        const whole = ends.filter((end) => end <= length).length;
        const { records: read, isTorn } = recordsOf(bytesSource(bytes.subarray(0, length)));
        expect(read).toEqual(records.slice(0, whole));
        const end = ends[whole - 1] ?? 7;
        // Zeros that end a block are no half of a record.
        const inPadding = bytes.subarray(end, length).every((byte) => byte === 0);
        if (!inPadding && length > end) expect(isTorn).toBe(true);
        if (length === end) expect(isTorn).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('a record comes when the rest of it does, however it is handed on', () => {
    fc.assert(
      fc.property(someRecords, fc.array(fc.integer({ min: 1, max: 5000 })), (records, steps) => {
        const { bytes } = logOf(records);
        const log = memoryLog();
        const reader = logReader(log);
        const read: LogRecord[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const part = bytes.subarray(at, at + (steps[turn] ?? bytes.length));
          log.write(part);
          at += part.length;
          read.push(...reader);
        }
        expect(read).toEqual(records);
        expect(reader.isTorn).toBe(false);
      }),
    );
  });

  test('a reader goes on where another one was', () => {
    fc.assert(
      fc.property(someRecords, fc.nat(8), (records, index) => {
        const source = bytesSource(logOf(records).bytes);
        const first = logReader(source);
        const stop = Math.min(index, records.length);
        for (let count = 0; count < stop; count++) first.next();
        expect([...logReader(source, { offset: first.offset })]).toEqual(records.slice(stop));
      }),
    );
  });

  test('a damaged byte costs the record that it is in, and is told with its place', () => {
    fc.assert(
      fc.property(
        someRecords,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (before, place, flip) => {
          const records = [...before, row(1), row(2)];
          const { bytes, ends } = logOf(records);
          const last = ends.at(-2) ?? 0;
          const at = 7 + (place % (last - 7));
          const hit = ends.findIndex((end) => at < end);
          const start = ends[hit - 1] ?? 7;
          const inPadding =
            BLOCK_SIZE - (start % BLOCK_SIZE) < 7 && at < start - (start % BLOCK_SIZE) + BLOCK_SIZE;
          fc.pre(!inPadding);
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          const reader = logReader(bytesSource(bytes));
          const read: LogRecord[] = [];
          for (let count = 0; count < hit; count++) read.push(reader.next() ?? row(-1));
          let error: unknown;
          try {
            reader.next();
          } catch (thrown) {
            error = thrown;
          }
          expect(error).toBeInstanceOf(LogDamageError);
          expect((error as LogDamageError).offset).toBe(start);
          expect((error as LogDamageError).message).toContain(`at byte ${start}`);
          expect([...read, ...reader]).toEqual(records.filter((_, index) => index !== hit));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('damage in the last record can not be told from one that is not all there', () => {
    const { bytes, ends } = logOf([row(0), row(1)]);
    const at = (ends[0] ?? 0) + 20;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect(recordsOf(bytesSource(bytes))).toEqual({ records: [row(0)], isTorn: true });
  });

  test('zeros that a dying machine left at the end are no damage', () => {
    const { bytes, ends } = logOf([row(0)]);
    const longer = new Uint8Array(100_000);
    longer.set(bytes);
    const source = bytesSource(longer);
    expect(recordsOf(source)).toEqual({ records: [row(0)], isTorn: true });
    expect(logEnd(source).offset).toBe(ends[0]);
  });

  test('what was no record is looked at again: a writer may have put one in its place', () => {
    const log = memoryLog();
    const writer = logWriter(log);
    writer.append(row(0));
    log.write(new Uint8Array(100));
    const reader = logReader(log);
    expect([...reader]).toEqual([row(0)]);
    expect(reader.isTorn).toBe(true);
    log.truncate(writer.bytes);
    writer.append(row(1));
    expect([...reader]).toEqual([row(1)]);
    expect(reader.isTorn).toBe(false);
  });

  test('half a record that another writer hid among whole ones is told, and those are read', () => {
    const { bytes, ends } = logOf([row(0), row(1, 100_000)]);
    const log = memoryLog();
    log.write(bytes.subarray(0, BLOCK_SIZE));
    const writer = logWriter(log, { offset: BLOCK_SIZE, lastNumber: 1 });
    writer.append(row(2));
    const end = logEnd(log);
    expect(end.damage.map(({ offset, resumeAt }) => [offset, resumeAt])).toEqual([
      [ends[0], BLOCK_SIZE],
    ]);
    expect(end).toMatchObject({ offset: writer.bytes, lastNumber: 2, isTorn: false });
  });

  test('what is no log is refused, also by whoever would go on with it', () => {
    const source = bytesSource(new TextEncoder().encode('{"loss": 0.5}'));
    const reader = logReader(source);
    for (let tries = 0; tries < 2; tries++)
      expect(() => reader.next()).toThrow(
        /not the header of a \.wandb file of version 0, at byte 0/,
      );
    expect(() => logEnd(source)).toThrow(LogDamageError);
  });
});

describe('writing', () => {
  test('a disk that fails at any byte costs the rows that were refused and no other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40_000), { minLength: 1, maxLength: 12 }),
        fc.infiniteStream(fc.option(share, { freq: 2 })),
        fc.infiniteStream(fc.boolean()),
        (sizes, shares, cuts) => {
          const log = memoryLog();
          let isFull = false;
          const sink = failingSink(log, (operation, size) => {
            if (!isFull) return undefined;
            if (operation === 'truncate') return cuts.next().value ? 0 : undefined;
            const taking = shares.next().value as number | null;
            return taking === null ? undefined : Math.floor(taking * size);
          });
          const writer = logWriter(sink);
          isFull = true;
          const taken: LogRecord[] = [];
          for (const [step, size] of sizes.entries()) {
            const before = writer.bytes;
            try {
              writer.append(row(step, size));
              taken.push(row(step, size));
            } catch (error) {
              expect(error).toBeInstanceOf(LogWriteError);
              expect(error).toMatchObject({ operation: 'write', code: 'ENOSPC' });
              expect(writer.bytes).toBe(before);
            }
            // A reader at any time: half a row at most is at the end.
            expect(recordsOf(log).records).toEqual(taken);
          }
          isFull = false;
          writer.append(row(99));
          const reader = logReader(log);
          expect([...reader]).toEqual([...taken, row(99)]);
          expect([reader.number, reader.isTorn]).toEqual([taken.length + 1, false]);
          expect(reader.offset).toBe(writer.bytes);
        },
      ),
    );
  });

  test('a reader that has read half a row which was cut off reads the one that took its place', () => {
    const log = memoryLog();
    let room = Infinity;
    let isStuck = false;
    const sink = failingSink(log, (operation, size) =>
      operation === 'write' ? (size > room ? room : undefined) : isStuck ? 0 : undefined,
    );
    const writer = logWriter(sink);
    const reader = logReader(log);
    writer.append(row(0));
    room = 60_000;
    isStuck = true;
    expect(() => writer.append(row(1, 100_000))).toThrow(LogWriteError);
    // The block that holds the row before has the begin of the half one.
    expect(reader.next()).toEqual(row(0));
    room = Infinity;
    isStuck = false;
    writer.append(row(2, 100_000));
    expect(reader.next()).toEqual(row(2, 100_000));
    expect(reader.isTorn).toBe(false);
  });

  test('a record that is not final is there until the next one takes its place', () => {
    const record = fc.nat(40_000).chain((size) => fc.nat(9).map((step) => row(step, size)));
    const call = fc.record({
      record,
      rest: fc.option(record, { nil: undefined }),
      keeps: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(call, { maxLength: 8 }),
        fc.infiniteStream(fc.option(share, { freq: 4 })),
        (calls, shares) => {
          const log = memoryLog();
          let isFull = false;
          const sink = failingSink(log, (operation, size) => {
            const taking = shares.next().value as number | null;
            return !isFull || operation !== 'write' || taking === null
              ? undefined
              : Math.floor(taking * size);
          });
          const writer = logWriter(sink);
          isFull = true;
          const final: LogRecord[] = [];
          for (const { record, rest, keeps } of calls) {
            let end: LogRecord | undefined = rest;
            try {
              if (keeps) {
                end = record;
                writer.keep(record);
              } else {
                writer.append(record, rest);
                final.push(record);
              }
            } catch (error) {
              expect(error).toBeInstanceOf(LogWriteError);
              end = undefined;
            }
            expect(recordsOf(log)).toEqual({
              records: end ? [...final, end] : final,
              isTorn: false,
            });
          }
          isFull = false;
          writer.append(row(99));
          expect(recordsOf(log)).toEqual({ records: [...final, row(99)], isTorn: false });
          const reader = logReader(log);
          expect([...reader]).toHaveLength(reader.number);
        },
      ),
    );
  });

  test('a sync that fails, and what comes after the end, is told', () => {
    const log = memoryLog();
    const writer = logWriter(
      failingSink(log, (operation) => (operation === 'sync' ? 0 : undefined)),
    );
    expect(() => writer.sync()).toThrow('log: could not sync: ENOSPC: no space left on device');
    writer.append(row(0));
    const { bytes } = writer;
    writer.close();
    writer.close();
    expect(() => writer.append(row(1))).toThrow('log: could not write: the log is closed');
    expect(() => writer.sync()).toThrow(LogWriteError);
    expect([writer.bytes, contents(log).length]).toEqual([bytes, bytes]);
  });

  test('a disk that is full from the start is told at once, and nothing is there', () => {
    const log = memoryLog();
    const sink = failingSink(log, (operation) => (operation === 'write' ? 3 : undefined));
    expect(() => logWriter(sink)).toThrow(LogWriteError);
    expect(contents(log)).toHaveLength(0);
  });

  test('a record of no kind costs nothing', () => {
    const log = memoryLog();
    const writer = logWriter(log);
    expect(() => writer.append({} as LogRecord)).toThrow(TypeError);
    writer.append(row(0));
    const reader = logReader(log);
    expect([...reader]).toEqual([row(0)]);
    expect(reader.number).toBe(1);
  });
});

test('a log in memory forgets what was read, and nothing else', () => {
  const log = memoryLog();
  const writer = logWriter(log);
  const reader = logReader(log);
  for (let step = 0; step < 200; step++) {
    writer.append(row(step, 1000));
    expect(reader.next()).toEqual(row(step, 1000));
    log.forget(reader.offset);
  }
  expect(() => logReader(log).next()).toThrow(/byte 0 is no longer in memory/);
  expect(() => logReader(log, { offset: reader.offset - BLOCK_SIZE }).next()).toThrow(RangeError);
});
