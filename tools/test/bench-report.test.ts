import { expect, it } from '@jest/globals';
import { chart } from '../bench/chart.ts';
import { takeFigures } from '../bench/figures.ts';
import { laneTable } from '../bench/lane-table.ts';
import { parseOptions } from '../bench/options.ts';
import { probeTable } from '../bench/probes/probe-table.ts';
import { measured, tfloop } from './bench-measured.ts';

it('prints a lane that fails with its reason, and ratios with their spread', () => {
  const text = laneTable([
    measured({}, 2, 3),
    measured({ contender: 'by hand' }, 2, 2),
    { ...measured({ contender: 'model.fit' }), error: 'no such kernel' },
  ]);
  expect(text).toContain('1.25 (1.13–1.38)');
  expect(text).toContain('fails: no such kernel');
  expect(text).not.toContain('÷ stock');
});

it('divides by TensorFlow.js as published: the fastest of its own loops on native', () => {
  const stock = { contender: 'stock tfjs by hand' } as const;
  const [header = '', ...rows] = laneTable([
    measured({ backend: 'wasm' }, 3),
    measured({ ...stock, threads: 1 }, 8),
    measured({ ...stock, threads: 2 }, 4),
    measured({ ...stock, backend: 'wasm' }, 1),
    measured({ optimizer: 'adam' }, 3),
  ]).split('\n');
  const at = header.indexOf('÷ stock');
  const cells = rows.map((row) => row.slice(at).split('  ')[0]);
  expect(cells).toEqual(['0.75 (0.75–0.75)', '2.00 (2.00–2.00)', '1', '0.25 (0.25–0.25)', '']);
});

it('draws a panel for each network and optimizer, without a bar for lanes that failed', () => {
  const picture = chart(
    [
      measured({}, 2, 3, 4),
      measured({ backend: 'peer', contender: 'keras' }, 1234.5),
      measured({ optimizer: 'adam' }, 7),
      { ...measured({ optimizer: 'adam', backend: 'wasm' }), error: 'no such kernel' },
    ],
    'a machine & its load',
  );
  for (const text of ['SGD with momentum', 'Adam', '3 ms', '1230 ms', '7 ms', 'Keras, Python'])
    expect(picture).toContain(text);
  expect(picture).toContain('a machine &amp; its load');
  expect(picture.match(/WASM/g)).toHaveLength(1);
  expect(picture).toContain('failed: tfloop, WASM × 2');
  expect(picture).not.toMatch(/NaN|undefined/);
});

it('names below the bars what failed and what was left out, of the lanes that it draws', () => {
  const picture = chart(
    [
      measured({}, 2),
      { ...measured({ backend: 'wasm', contender: 'stock tfjs by hand', threads: 1 }), error: 'x' },
      { ...measured({ contender: 'by hand' }), error: 'x' },
    ],
    'a machine',
    [
      { ...tfloop, backend: 'peer', contender: 'keras', threads: 1, reason: 'none' },
      { ...tfloop, backend: 'peer', contender: 'keras', reason: 'none' },
      { ...tfloop, optimizer: 'adam', reason: 'none' },
    ],
  );
  const texts = [...picture.matchAll(/>([^<>]+)<\/text>/g)].map(([, text]) => text);
  expect(texts).toContain('failed: stock tfjs, WASM × 1; left out: Keras, Python × 1, 2');
  // A panel without a bar.
  expect(texts).toContain('left out: tfloop, native × 2');
  expect(picture).not.toMatch(/NaN|undefined|Infinity/);
});

it('says once for each peer that it is missing, before any round', async () => {
  const notes: string[] = [];
  const options = parseOptions(
    [
      '--workload',
      'mlp',
      '--contender',
      'keras;torch',
      '--native-threads',
      '1,2',
      '--python',
      '/no',
    ],
    {},
  );
  const { lanes, leftOut } = await takeFigures(options, (line) => notes.push(line));
  expect([lanes.length, leftOut.length]).toEqual([0, 8]);
  expect(notes.filter((line) => line.startsWith('left out'))).toEqual([
    'left out: keras: spawn /no ENOENT',
    'left out: torch: spawn /no ENOENT',
  ]);
  const firstRound = notes.findIndex((line) => line.includes('warm-up 1'));
  expect(notes.findLastIndex((line) => line.startsWith('left out'))).toBeLessThan(firstRound);
});

it('prints what probes measured, and what failed', () => {
  const probe = { probe: 'endurance', threads: 2 } as const;
  const text = probeTable([
    { ...probe, backend: 'native', rows: [[20_000, 39, 22.4762, 129.23]], error: undefined },
    { ...probe, backend: 'wasm', rows: [], error: 'out of memory' },
  ]);
  expect(text).toMatch(/^endurance\nback end +threads +steps +tensors/);
  expect(text).toMatch(/native +2 +20,000 +39 +22\.5 +129\n/);
  expect(text).toContain('fails: out of memory');
});
