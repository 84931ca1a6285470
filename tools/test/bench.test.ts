import { describe, expect, it } from '@jest/globals';
import type { CpuInfo } from 'node:os';
import { startChild } from '../bench/child.ts';
import type { Lane } from '../bench/lane.ts';
import { lanesOf } from '../bench/lanes.ts';
import { busy, shareTaken } from '../bench/machine.ts';
import { parseOptions } from '../bench/options.ts';
import { differences, quartiles } from '../bench/probes/take-turns.ts';
import { best, fits, ratioOf } from '../bench/ratio-of.ts';
import { quantile, ratios } from '../bench/statistics.ts';
import { lookaheadVerdict, TARGETS, verdicts } from '../bench/targets.ts';
import { measured, tfloop } from './bench-measured.ts';

describe('statistics', () => {
  it('interpolates between the values', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([4, 1, 3, 2], 0)).toBe(1);
    // numpy.quantile([1, 2, 3, 10], 0.75).
    expect(quantile([10, 1, 2, 3], 0.75)).toBe(4.75);
    expect(quantile([], 0.5)).toBeNaN();
  });

  it('divides round by round, so that a slow round of both counts for nothing', () => {
    expect(ratios([2, 200, 6], [1, 100, 4])).toEqual({ median: 2, low: 1.75, high: 2 });
    expect(ratios([], [1]).median).toBeNaN();
  });
});

describe('best', () => {
  const lanes = [
    measured({ backend: 'wasm', threads: 1 }, 4, 5, 6),
    measured({ backend: 'wasm', threads: 2 }, 3, 9, 3),
    measured({}, 1),
    { ...measured({ backend: 'wasm', threads: 4 }), error: 'exit 1' },
  ];

  it('is the fastest by its median of those that fit, never one that failed', () => {
    expect(best(lanes, { backend: 'wasm' })).toBe(lanes[1]);
    expect(best(lanes, { backend: 'wasm', threads: 1 })).toBe(lanes[0]);
    expect(best(lanes, { backend: 'wasm', threads: 4 })).toBeUndefined();
    expect(ratioOf(best(lanes, { backend: 'native' }), undefined).median).toBeNaN();
  });
});

describe('verdicts', () => {
  const keras = { backend: 'peer', contender: 'keras' } as const;
  const target = { lane: tfloop, over: { ...keras, workload: 'mlp' }, least: 1, aim: 0.6 } as const;
  const asked = [tfloop, { ...tfloop, ...keras }];
  const judge = (...ms: number[]) =>
    verdicts([measured({}, ...ms), measured(keras, 10)], asked, [target]).map(
      ({ result }) => result,
    );

  it('tells the aim, what has to be, and what is missed', () => {
    expect(judge(6)).toEqual(['aim']);
    expect(judge(10)).toEqual(['least']);
    expect(judge(10.1)).toEqual(['missed']);
  });

  it('says what was asked for and not measured, and nothing of what was not asked for', () => {
    const results = [measured({}, 1)];
    expect(verdicts(results, asked, [target])).toMatchObject([{ result: 'not measured' }]);
    expect(verdicts(results, [tfloop], [target])).toEqual([]);
  });

  it('judges what Lookahead adds to a step of the CNN', () => {
    const rows = [
      ['cnn', 70_618, 400, 100, 4, 90, 1.5, 1.2, 2.1],
      ['dense', 1000, 200, 50, 4, 45, 9, 8, 10],
    ];
    const place = { probe: 'lookahead', threads: 2, error: undefined } as const;
    const [verdict] = lookaheadVerdict([
      { ...place, backend: 'wasm', rows: [] },
      { ...place, backend: 'native', rows },
    ]);
    expect(verdict).toMatchObject({ result: 'least', median: 1.015 });
    expect(lookaheadVerdict([{ ...place, backend: 'wasm', rows }])).toEqual([]);
    expect(lookaheadVerdict([{ ...place, backend: 'native', rows: [] }])[0]?.result).toBe(
      'not measured',
    );
  });

  it('compares the same network and optimizer in every target', () => {
    for (const { lane, over, least, aim } of TARGETS) {
      expect([over.workload, over.optimizer]).toEqual([lane.workload, lane.optimizer]);
      expect(aim).toBeLessThanOrEqual(least);
    }
  });

  it('has no figure of one system that may choose among more threads than the other', () => {
    const { lanes } = parseOptions(['--native-threads', '1,3'], {});
    const threadsOf = (side: Partial<Lane>) =>
      lanesOf('mlp', 100, lanes)
        .flat()
        .filter((lane) => fits({ ...lane, workload: side.workload ?? 'mlp' }, side))
        .map(({ threads }) => threads);
    // jax-js has one thread, and WASM as many as it has.
    const natively = TARGETS.filter(
      ({ lane, over }) => lane.backend === over.backend || lane.backend === 'native',
    );
    expect(natively.length).toBeGreaterThan(8);
    for (const { lane, over } of natively) expect(threadsOf(lane)).toEqual(threadsOf(over));
  });
});

describe('lanesOf', () => {
  const { lanes } = parseOptions(['--native-threads', '1,3'], {});

  it('groups by optimizer, and has as many threads as can count', () => {
    const [sgd, adam] = lanesOf('mlp', 100, lanes) as [Lane[], Lane[]];
    const of = (contender: string) =>
      sgd
        .filter((lane) => lane.contender === contender)
        .map(({ backend, threads }) => [backend, threads]);
    expect(of('tfloop')).toEqual([
      ['native', 1],
      ['native', 3],
      ['wasm', 1],
      ['wasm', 2],
    ]);
    expect(of('tfloop + lookahead')).toEqual([
      ['native', 3],
      ['wasm', 1],
    ]);
    expect(of('stock model.fit')).toEqual([
      ['native', 3],
      ['wasm', 1],
    ]);
    expect(of('keras')).toEqual([
      ['peer', 1],
      ['peer', 3],
    ]);
    expect(of('jax-js')).toEqual([['peer', 1]]);
    expect(adam.map(({ contender }) => contender)).toEqual(sgd.map(({ contender }) => contender));
    expect(new Set(adam.map(({ optimizer }) => optimizer))).toEqual(new Set(['adam']));
  });

  it('has no Lookahead where a round is shorter than its k', () => {
    const looksAhead = (batches: number) =>
      lanesOf('cnn', batches, lanes)
        .flat()
        .some(({ contender }) => contender === 'tfloop + lookahead');
    expect([looksAhead(5), looksAhead(4)]).toEqual([true, false]);
  });
});

describe('parseOptions', () => {
  it('keeps the order of the tables, whatever the order of the command line', () => {
    const { lanes, workloads } = parseOptions(
      ['--contender', 'keras; tfloop', '--workload', 'cnn,mlp', '--backend', 'wasm'],
      {},
    );
    expect(lanes.contenders).toEqual(['tfloop', 'keras']);
    expect(workloads).toEqual(['mlp', 'cnn']);
    expect(lanes.backends).toEqual(['wasm']);
  });

  it('finds other systems by option, then environment', () => {
    expect(parseOptions([], {}).places).toEqual({ python: 'python3', jax: '.' });
    const environment = { TFLOOP_PYTHON: '/p', TFLOOP_JAX: '/j' };
    expect(parseOptions([], environment).places).toEqual({ python: '/p', jax: '/j' });
    expect(parseOptions(['--python', '/q'], environment).places.python).toBe('/q');
  });

  it('has less to do quickly, but what is named', () => {
    const { lanes, workloads } = parseOptions(['--quick', '--optimizer', 'adam'], {});
    expect(workloads).toEqual(['mlp', 'cnn', 'callbacks', 'lookahead']);
    expect(lanes.optimizers).toEqual(['adam']);
    expect(lanes.wasmThreads).toEqual([1]);
    expect(parseOptions(['--native-threads', '2,2'], {}).lanes.nativeThreads).toEqual([2]);
  });

  it.each([
    [['--workload', 'rnn'], '--workload must be of mlp, '],
    [['--contender', 'tfloop,keras'], '--contender must be of tfloop'],
    [
      ['--native-threads', '1025'],
      '--native-threads must be an integer from 1 to 1024, got "1025"',
    ],
    [['--wasm-threads', '1,9'], '--wasm-threads must be an integer from 1 to 8, got "9"'],
    [['--rounds', '0'], '--rounds must be an integer >= 1, got "0"'],
    [['--native-threads', '0'], '--native-threads must be an integer from 1 to 1024, got "0"'],
    [['--wasm-threads', '1,x'], '--wasm-threads must be an integer from 1 to 8, got "x"'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(message);
  });
});

describe('a busy machine', () => {
  const core = (user: number, sys: number, idle: number): CpuInfo => ({
    model: '',
    speed: 0,
    times: { user, nice: 0, sys, idle, irq: 0 },
  });

  it('is one of which others take a quarter of all cores', () => {
    // Core 0 works 30 of 100 ms, core 1 sleeps: 30 of 200.
    const taken = shareTaken(
      [core(5, 5, 900), core(0, 0, 50)],
      [core(25, 15, 970), core(0, 0, 150)],
    );
    expect(taken).toBeCloseTo(0.15);
    expect(busy(taken)).toBeUndefined();
    expect(busy(0.25)).toContain('others take 25 % of its cores');
    expect(shareTaken([core(1, 1, 1)], [core(1, 1, 1)])).toBe(0);
  });
});

it('takes differences round by round, and tells their quartiles', () => {
  expect(quartiles(differences([5, 100, 3], [1, 98, 4]))).toEqual([2, 0.5, 3]);
});

describe('startChild', () => {
  const start = (script: string) =>
    startChild<{ round: number }>(process.execPath, ['-e', script], 3);

  it('takes answers and passes over what libraries print', async () => {
    const child =
      start(`console.log('hello'); console.log('{"round":' + process.env.OMP_NUM_THREADS + '}');
      process.stdin.once('data', (text) => { console.log('{"round":"' + text.toString().trim() + '"}'); process.exit(); })`);
    expect(await child.answer()).toEqual({ round: 3 });
    child.ask();
    expect(await child.answer()).toEqual({ round: 'round' });
    expect(await child.answer()).toEqual({ error: 'exit 0: ' });
  });

  it('says why there are no answers', async () => {
    const fails = start(`console.error('first'); console.error('the last line'); process.exit(3)`);
    expect(await fails.answer()).toEqual({ error: 'exit 3: the last line' });
    const missing = startChild('/no/such/python', [], 1);
    expect(await missing.answer()).toEqual({ absent: 'spawn /no/such/python ENOENT' });
  });
});
