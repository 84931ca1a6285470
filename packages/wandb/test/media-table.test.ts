import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { parseExtended } from '../src/extended-json.ts';
import { wandbTable } from '../src/media/table.ts';
import { golden } from './media-golden.ts';

const columns = ['number', 'text', 'truth'];
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('is the row and the file of the official client, field by field', () => {
  const key = 'val/table';
  const step = golden.media.rows.findIndex(([item]) => item![0][0] === key);
  const expected = Object.fromEntries(
    golden.media.rows[step]!.map(([path, json]) => [path[1]!, parseExtended(json)]),
  );
  const [goldenPath, goldenText] = Object.entries(golden.media.tables).find(([path]) =>
    path.includes(key),
  )!;
  const data = [
    [1, 'é', true],
    [2.5, null, NaN],
    [3, '', false],
  ];
  const { files, row } = wandbTable({ columns, data }).render(key, step);
  expect(parseExtended(text(files[0]!.bytes))).toEqual(parseExtended(goldenText));
  // The client escapes "é", so its bytes differ, and what depends on them.
  const digest = createHash('sha256').update(files[0]!.bytes).digest('hex');
  expect(files[0]!.path).toBe(goldenPath.replace(/[0-9a-f]{20}/, digest.slice(0, 20)));
  expect(row).toEqual({
    [key]: {
      ...expected,
      path: files[0]!.path,
      sha256: digest,
      size: files[0]!.bytes.length,
    },
  });
});

test('cells are values of any kind, copied', () => {
  const tensor = tf.scalar(2.5);
  const list = [1, 2];
  const table = wandbTable({
    columns: ['a', 'b', 'c', 'd'],
    data: [[tensor, list, new Date(0), undefined]],
  });
  tensor.dispose();
  list.push(3);
  expect(text(table.render('t', 0).files[0]!.bytes)).toBe(
    '{"columns":["a","b","c","d"],"data":[[2.5,[1,2],"1970-01-01T00:00:00.000Z",null]]}',
  );
});

test('holds 10,000 rows at most', () => {
  const data = Array.from({ length: 10_001 }, (_, i) => [i]);
  const { files, row } = wandbTable({ columns: ['i'], data }).render('t', 0);
  expect(row['t']).toMatchObject({ nrows: 10_000, ncols: 1 });
  expect(text(files[0]!.bytes)).toMatch(/\[9999\]\]\}$/);
});

test('an empty table is one', () => {
  const { files, row } = wandbTable({ columns: ['a'], data: [] }).render('t', 0);
  expect(text(files[0]!.bytes)).toBe('{"columns":["a"],"data":[]}');
  expect(row['t']).toMatchObject({ nrows: 0 });
});

test('refuses rows of another length and values that can not be written', () => {
  expect(() => wandbTable({ columns, data: [[1, 2, 3], [1]] })).toThrow(
    'wandbTable: data must have 3 values in a row, as there are columns, got 1 in row 1',
  );
  expect(() => wandbTable({ columns: ['f'], data: [[() => 1]] })).toThrow(
    'wandbTable: data must be values that can be written, but in row 0, "f": a function can\'t be logged',
  );
  expect(() => wandbTable({ columns: ['f'], rows: [] } as never)).toThrow(
    'wandbTable: there is no option "rows"',
  );
});
