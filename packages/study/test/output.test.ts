import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  comparisonTable,
  report,
  resultsCsv,
  resultsJson,
  summaryTable,
  withRun,
  writeResults,
} from '@tfloop/study';
import { sampleResults, sampleRun, sampleRuns } from './sample-results.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'study-'));
});
afterAll(() => rm(folder, { recursive: true }));

const results = { ...sampleResults(sampleRuns, { seeds: [1, 2, 3] }), planned: 6 };

test('prints an aligned table', () => {
  expect(summaryTable(results).split('\n')).toEqual([
    'optimizer           train loss  validation loss        accuracy   time',
    '─────────────  ───────────────  ───────────────  ──────────────  ─────',
    'SGD            0.2500 ± 0.0000  0.5500 ± 0.0500  85.00 % ± 5.00  3.0 s',
    'Lookahead/SGD  0.2500 ± 0.0000  0.4900 ± 0.0900  88.00 % ± 4.00  3.0 s',
  ]);
});

test('highlights the best only where colors are wanted', () => {
  expect(summaryTable(results)).not.toContain('\x1b');
  const lines = summaryTable(results, { color: true }).split('\n');
  // Train losses are equal: both are best.
  expect(lines[2]?.split('\x1b[1m')).toHaveLength(2);
  expect(lines[3]?.split('\x1b[1m')).toHaveLength(4);
});

test('prints the paired differences', () => {
  expect(comparisonTable(results).split('\n')[2]).toBe(
    'Lookahead/SGD − SGD  −0.0600  [−0.1594 … +0.0394]  +3.00 %  [+0.52 … +5.48]',
  );
  expect(comparisonTable(sampleResults([sampleRun('sgd', 1)]))).toBe('');
});

test('shows no interval of two seeds', () => {
  const two = sampleResults(sampleRuns.slice(0, 4));
  expect(comparisonTable(two)).not.toMatch(/[[\]]/);
  expect(report(two)).toContain('Fewer than three seeds');
});

test('says so where a run diverged or was stopped', () => {
  const table = summaryTable(
    sampleResults([
      sampleRun('sgd', 1, { validLoss: NaN, accuracy: 0.1 }),
      sampleRun('lookahead-sgd', 1, { status: 'stopped' }),
    ]),
  );
  expect(table).toMatch(/^SGD .* diverged /m);
  expect(table).toMatch(/^Lookahead\/SGD \(stopped early\) /m);
});

test('writes a line for each epoch of each run as CSV', () => {
  const lines = resultsCsv(results).split('\n');
  expect(lines[0]).toBe(
    'optimizer,reset,seed,status,epoch,trainLoss,smoothLoss,validLoss,accuracy,lr,seconds',
  );
  expect(lines[2]).toBe('sgd,none,1,complete,2,0.25,0.25,0.5,0.9,0.01,1.5');
  expect(lines).toHaveLength(1 + 6 * 2 + 1);
});

test('writes everything as JSON, and the summary with it', () => {
  const json = JSON.parse(resultsJson(results)) as Record<string, unknown[]>;
  expect(json).toMatchObject({ schema: 'tfloop-study/1', settings: results.settings });
  expect(json['runs']).toEqual(results.runs);
  expect(json['summary']).toHaveLength(2);
  expect(json['comparisons']).toHaveLength(1);
});

test('adds a run, and replaces the same run', () => {
  const run = sampleRun('sgd', 1, { validLoss: 0.1 });
  const more = withRun(withRun(results, sampleRun('adamw', 1), 20), run, 30);
  expect(more.runs).toHaveLength(7);
  expect(more.runs.at(-1)).toBe(run);
  expect(more.seconds).toBe(30);
  expect(results.runs).toHaveLength(6);
});

test('the report shows curves, tables and settings, and needs nothing from elsewhere', () => {
  const html = report(results);
  const charts = html.split('<svg').slice(1);
  expect(charts).toHaveLength(2);
  for (const chart of charts) {
    // Two arms in one color: each a thick mean and three faint seeds.
    expect(chart.match(/<path[^>]*stroke="#2f7fd6"[^>]*stroke-opacity="0.5"/g)).toHaveLength(6);
    expect(chart.match(/<path[^>]*stroke="#2f7fd6"[^>]*stroke-width="2.5"/g)).toHaveLength(2);
    expect(chart).toContain('>Lookahead/SGD<');
  }
  expect(html).toContain('0.4900 ± 0.0900');
  expect(html).toContain('−0.0600  [−0.1594 … +0.0394]');
  expect(html).toContain('2.5000 (seed 1), 2.5000 (seed 2)');
  expect(html).toContain('digits &lt;b&gt;&amp;');
  expect(html).not.toContain('<b>');
  expect(html).not.toMatch(/<script|<link|<img|url\((?!#)|@import|\ssrc=|\shref=/);
});

test('the report says what is missing', () => {
  expect(report(results)).not.toContain('results so far');
  expect(report(sampleResults([sampleRun('sgd', 1)]))).toContain('1 of 4 runs complete');
  expect(report(sampleResults([]))).toContain('No run has ended yet');
});

test('writes whole files and leaves no temporary ones', async () => {
  const out = join(folder, 'a', 'b');
  await writeResults(out, sampleResults([]));
  await writeResults(out, results);
  expect((await readdir(out)).sort()).toEqual(['report.html', 'results.csv', 'results.json']);
  expect(await readFile(join(out, 'results.json'), 'utf8')).toBe(resultsJson(results));
  expect(await readFile(join(out, 'report.html'), 'utf8')).toBe(report(results));
});
