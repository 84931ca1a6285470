import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { logReader } from '../src/log-reader.ts';
import { logWriter } from '../src/log-writer.ts';
import { memoryLog } from '../src/memory-log.ts';
import { patientLog } from '../src/patient-log.ts';
import type { LogRecord } from '../src/record.ts';

const row = (step: number): LogRecord => ({
  history: { step, items: [{ key: 'i', valueJson: String(step) }] },
});

function stepsOf(records: Iterable<LogRecord>): number[] {
  return [...records].flatMap((record) => ('history' in record ? [record.history.step] : []));
}

test('whatever a disk takes, the upload gets each record once, in order, and so does the log in the end', () => {
  const event = fc.constantFrom('append', 'read', 'sync', 'fill', 'empty');
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const memory = memoryLog();
      let isFull = false;
      const writer = logWriter({
        ...memory,
        write(bytes) {
          memory.write(isFull ? bytes.subarray(0, bytes.length / 2) : bytes);
          if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        },
      });
      const troubles: string[] = [];
      const log = patientLog(writer, (trouble) => void troubles.push(trouble));
      const reader = logReader(memory);
      const read: LogRecord[] = [];
      let appended = 0;
      for (const next of events) {
        if (next === 'append') log.append(row(appended++));
        if (next === 'sync') log.sync();
        if (next === 'fill') isFull = true;
        if (next === 'empty') isFull = false;
        const record = next === 'read' ? log.next(reader) : undefined;
        if (record) read.push(record);
      }
      isFull = false;
      log.sync();
      for (let record = log.next(reader); record; record = log.next(reader)) read.push(record);
      const all = Array.from({ length: appended }, (_, i) => i);
      expect(stepsOf(read)).toEqual(all);
      expect(stepsOf(logReader(memory))).toEqual(all);
      expect(troubles.length).toBeLessThanOrEqual(1);
    }),
  );
});
