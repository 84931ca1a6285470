import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bundleProgram } from '@tfloop/tools/bundle-program';
import fc from 'fast-check';
import { crc32 } from '../src/crc32.ts';
import { LogDamageError } from '../src/log-errors.ts';
import { continueLog, createLog, openLog } from '../src/log-file.ts';
import { logEnd } from '../src/log-end.ts';
import { BLOCK_SIZE, frameRecord, LOG_HEADER, maxFramedSize } from '../src/log-framing.ts';
import { logReader } from '../src/log-reader.ts';
import { logWriter } from '../src/log-writer.ts';
import { logFiles } from '../src/platform/log-file.ts';
import { runFolder, runFolders } from '../src/run-folder.ts';
import { bytesSource, golden, officialFile, recordsOf } from './log-cases.ts';
import { row } from './log-row.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tfloop-log-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const codeOf = (code: string) => expect.objectContaining({ code });

describe('files', () => {
  test('are all that a user needs', () => {
    const path = join(folder, 'wandb/run.wandb');
    const writer = createLog(path);
    writer.append(row(0));
    expect(() => createLog(path)).toThrow(codeOf('EEXIST'));
    writer.close();
    appendFileSync(path, 'half');
    const again = continueLog(path);
    again.append(row(1));
    again.close();
    const reader = openLog(path);
    expect([...reader]).toEqual([row(0), row(1)]);
    const { offset } = reader;
    reader.close();
    const later = openLog(path, { offset });
    expect(later.next()).toBeUndefined();
    later.close();
    expect(() => openLog(join(folder, 'none'))).toThrow(codeOf('ENOENT'));
    expect(() => continueLog(join(folder, 'none'))).toThrow(codeOf('ENOENT'));
    writeFileSync(path, 'no log');
    expect(() => continueLog(path)).toThrow(LogDamageError);
    expect(readFileSync(path, 'utf8')).toBe('no log');
  });

  test('a log is created with its folders, and never over another one', () => {
    const path = join(folder, 'a/b/run.wandb');
    const writer = logWriter(logFiles.create(path));
    expect([...readFileSync(path)]).toEqual([...LOG_HEADER]);
    writer.append(row(0));
    writer.sync();
    writer.close();
    expect(() => logFiles.create(path)).toThrow(codeOf('EEXIST'));
    expect(statSync(path).size).toBe(writer.bytes);
  });

  test('a log goes on after what was torn', () => {
    const path = join(folder, 'run.wandb');
    const first = logWriter(logFiles.create(path));
    for (let step = 0; step < 100; step++) first.append(row(step, step * 10));
    first.close();
    appendFileSync(path, readFileSync(path).subarray(7, 20));
    const source = logFiles.read(path);
    const seen: unknown[] = [];
    const end = logEnd(source, (record) => seen.push(record));
    expect(seen).toHaveLength(100);
    expect(end).toEqual({ offset: first.bytes, lastNumber: 100, isTorn: true, damage: [] });
    const second = logWriter(logFiles.append(path, end.offset), end);
    for (let step = 100; step < 200; step++) second.append(row(step, step * 10));
    second.close();
    const reader = logReader(source);
    expect([...reader]).toEqual(Array.from({ length: 200 }, (_, step) => row(step, step * 10)));
    expect([reader.number, reader.isTorn]).toEqual([200, false]);
    source.close();
  });

  test('a file that died before its header begins anew', () => {
    const path = join(folder, 'run.wandb');
    writeFileSync(path, LOG_HEADER.subarray(0, 3));
    const source = logFiles.read(path);
    const end = logEnd(source);
    expect(end).toEqual({ offset: 0, lastNumber: 0, isTorn: true, damage: [] });
    logWriter(logFiles.append(path, end.offset), end).append(row(0));
    expect(recordsOf(source)).toEqual({ records: [row(0)], isTorn: false });
    source.close();
  });

  test('nothing is made by going on with a log that is missing or shorter', () => {
    const path = join(folder, 'run.wandb');
    expect(() => logFiles.append(path, 7)).toThrow(codeOf('ENOENT'));
    expect(() => logFiles.read(path)).toThrow(codeOf('ENOENT'));
    writeFileSync(path, LOG_HEADER);
    expect(() => logFiles.append(path, 8)).toThrow(/has 7 bytes, so nothing can go on at 8/);
  });

  test('a reader follows a writer', () => {
    const path = join(folder, 'run.wandb');
    const writer = logWriter(logFiles.create(path));
    const reader = logReader(logFiles.read(path));
    expect(reader.next()).toBeUndefined();
    for (let step = 0; step < 50; step++) {
      writer.append(row(step, step * 100));
      expect(reader.next()).toEqual(row(step, step * 100));
      expect(reader.next()).toBeUndefined();
      expect([reader.offset, reader.isTorn]).toEqual([writer.bytes, false]);
    }
    reader.close();
    writer.close();
  });

  test('every record that a process was done with is there after kill -9', async () => {
    const program = await bundleProgram(join(import.meta.dirname, 'log-process.ts'), folder);
    for (let round = 0; round < 2; round++) {
      const path = join(folder, `${round}.wandb`);
      const child = spawn(process.execPath, [program, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let done = '';
      child.stdout.on('data', (chunk: Buffer) => {
        done += chunk.toString();
        // Somewhere in the middle of things.
        if (done.split('\n').length > 300 * (round + 1)) child.kill('SIGKILL');
      });
      const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
      expect(signal).toBe('SIGKILL');
      const last = Number(done.slice(0, done.lastIndexOf('\n')).split('\n').at(-1));
      const source = logFiles.read(path);
      const { records } = recordsOf(source);
      source.close();
      expect(last).toBeGreaterThan(200);
      expect(records.length).toBeGreaterThan(last);
      expect(records).toEqual(records.map((_, step) => row(step, (step * 37) % 3000)));
    }
  });
});

describe('the official client', () => {
  test('its file is read to the end', () => {
    const reader = logReader(bytesSource(officialFile));
    const kinds = [...reader].map((record) => Object.keys(record)[0]);
    const known = golden.file.kinds
      .map((kind) => (kind === 'output_raw' ? 'output' : kind))
      .filter((kind) => kinds.includes(kind));
    expect(kinds).toEqual(known);
    expect(kinds.filter((kind) => kind === 'history')).toHaveLength(81);
    expect([reader.offset, reader.isTorn]).toEqual([officialFile.length, false]);
    expect(reader.number).toBe(golden.file.kinds.length);
  });

  test('its records, put in blocks here, make its file byte for byte', () => {
    const file = new Uint8Array(officialFile.length + BLOCK_SIZE);
    file.set(LOG_HEADER);
    let offset = LOG_HEADER.length;
    let paddings = 0;
    for (const payload of payloadsOf(officialFile)) {
      const frame = new Uint8Array(maxFramedSize(payload.length));
      if (BLOCK_SIZE - (offset % BLOCK_SIZE) < 7) paddings++;
      const size = frameRecord(payload, offset, frame);
      file.set(frame.subarray(0, size), offset);
      offset += size;
    }
    expect(paddings).toBeGreaterThan(0);
    expect(Buffer.from(file.subarray(0, offset)).equals(Buffer.from(officialFile))).toBe(true);
  });

  const python = process.env['TFLOOP_PYTHON'] ?? 'python3';
  const probe = 'import google.protobuf, importlib.util as i; i.find_spec("wandb").name';
  const { error, status, stderr } = spawnSync(python, ['-c', probe], { encoding: 'utf8' });
  if (status !== 0)
    console.warn(
      `"reads our file" skipped: ${python} (TFLOOP_PYTHON) has no wandb: ${error?.message ?? stderr.trim().split('\n').at(-1)}`,
    );
  const withPython = status === 0 ? test : test.skip;
  withPython('reads our file', () => {
    const path = join(folder, 'run.wandb');
    const writer = logWriter(logFiles.create(path));
    for (const { record } of golden.records) writer.append(record);
    const base = { history: 7, events: 0, output: 3 };
    writer.append({ run: { runId: 'r', project: 'p', base } });
    for (let step = 0; step < 100; step++) writer.append(row(step, step * 1000));
    writer.close();
    const script = join(import.meta.dirname, '../../../tools/oracles/wandb_log.py');
    const run = spawnSync(python, [script, '--read', path], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    expect([run.stderr, run.status]).toEqual(['', 0]);
    const lines = run.stdout.trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ num }) => num)).toEqual(records.map((_, index) => String(index + 1)));
    // What is not the official client's is passed over.
    expect(records.at(-101)).toEqual({
      num: String(golden.records.length + 1),
      run: { run_id: 'r', project: 'p' },
    });
    expect(records.at(-1)).toEqual({
      num: String(golden.records.length + 101),
      history: {
        item: [
          { key: '_step', value_json: '99' },
          { nested_key: ['batch', 'loss'], value_json: JSON.stringify('x'.repeat(99_000)) },
        ],
        step: { num: '99' },
      },
    });
  });
});

/** The records of a whole log as bytes. Written for this test, not with the reader. */
function payloadsOf(file: Uint8Array): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  for (let at = 7; at < file.length;) {
    const left = BLOCK_SIZE - (at % BLOCK_SIZE);
    if (left < 7) at += left;
    else {
      const size = new DataView(file.buffer, at).getUint16(4, true);
      parts.push(file.subarray(at + 7, at + 7 + size));
      if (file[at + 6] === 1 || file[at + 6] === 4) {
        payloads.push(new Uint8Array(Buffer.concat(parts)));
        parts = [];
      }
      at += 7 + size;
    }
  }
  return payloads;
}

test('the checksum is the one of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, start) => {
      const from = Math.min(start, bytes.length);
      expect(crc32(bytes, from, bytes.length)).toBe(zlibCrc32(bytes.subarray(from)));
    }),
  );
});

test('run folders have the names that the official client looks for', () => {
  const began = new Date(2026, 0, 9, 8, 7, 6);
  const made = runFolder('out', 'a-1', began);
  const path = 'out/wandb/offline-run-20260109_080706-a-1';
  expect(made).toEqual({
    path,
    log: `${path}/run-a-1.wandb`,
    files: `${path}/files`,
    logs: `${path}/logs`,
  });
  const names = [
    'offline-run-20250109_080706-a-1',
    'latest-run',
    'offline-run-20260109_080706-a-1',
    'run-20260109_080706-a-1',
    'offline-run-20260109_080707-b',
    'debug.log',
  ];
  expect(runFolders('out', names).map(({ id }) => id)).toEqual(['b', 'a-1', 'a-1']);
  expect(runFolders('out', names, 'a-1')[0]).toEqual({ ...made, id: 'a-1' });
  expect(runFolders('out', names, '1')).toEqual([]);
});
