import { afterEach, expect, jest, test } from '@jest/globals';
import { consoleCapture } from '../src/console-capture.ts';
import { watchOutput } from '../src/platform/node-output.ts';
import { watchStops } from '../src/platform/node-stops.ts';

afterEach(() => void jest.restoreAllMocks());

// The test runner's own package of this kind listens to another process than the one that tests see.
Reflect.deleteProperty(process, '__signal_exit_emitter__');

function watched() {
  const seen: string[] = [];
  const stop = watchStops({
    onHandledSignal: () => void seen.push('handled'),
    onSignal: (exitCode) => {
      seen.push(`ends ${exitCode}`);
      return Promise.resolve();
    },
    onExit: (exitCode) => void seen.push(`exit ${exitCode}`),
  });
  return { seen, stop };
}

/** Lets the process be sent signals that don't end it. */
function killed(): unknown[][] {
  const calls: unknown[][] = [];
  jest.spyOn(process, 'kill').mockImplementation((...call) => {
    calls.push(call);
    return true;
  });
  return calls;
}

test('a signal that the program handles by itself ends nothing', () => {
  const calls = killed();
  const own = jest.fn();
  process.on('SIGINT', own);
  const { seen, stop } = watched();
  process.emit('SIGINT', 'SIGINT');
  process.off('SIGINT', own);
  stop();
  expect([seen, own.mock.calls.length, calls]).toEqual([['handled'], 1, []]);
});

test('nor does one that the program handles by itself once', () => {
  const calls = killed();
  const own = jest.fn();
  process.once('SIGINT', own);
  const { seen, stop } = watched();
  process.emit('SIGINT', 'SIGINT');
  stop();
  expect([seen, own.mock.calls.length, calls]).toEqual([['handled'], 1, []]);
});

test('listeners that leave a signal to others don’t count as handlers', async () => {
  const calls = killed();
  const leaving = jest.fn();
  process.on('SIGTERM', leaving);
  const emitters = process as unknown as Record<symbol, unknown>;
  emitters[Symbol.for('signal-exit emitter')] = { count: 1 };
  const { seen, stop } = watched();
  process.emit('SIGTERM', 'SIGTERM');
  await new Promise(setImmediate);
  stop();
  process.off('SIGTERM', leaving);
  Reflect.deleteProperty(emitters, Symbol.for('signal-exit emitter'));
  expect([seen, calls]).toEqual([['ends 143'], [[process.pid, 'SIGTERM']]]);
});

test('there is one listener for any number of runs, and none afterwards', () => {
  const count = () => ['SIGINT', 'SIGTERM', 'exit'].map((event) => process.listenerCount(event));
  const before = count();
  const runs = Array.from({ length: 20 }, watched);
  expect(count()).toEqual(before.map((listeners) => listeners + 1));
  for (const { stop } of runs) {
    stop();
    stop();
  }
  expect(count()).toEqual(before);
});

test('what is printed is passed on, and printed', () => {
  const printed: string[] = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  const write: unknown = Reflect.get(process.stdout, 'write');
  const seen: string[] = [];
  const stops = [
    watchOutput((stream, text) => void seen.push(`${stream} ${text}`)),
    watchOutput(() => undefined),
  ];
  process.stdout.write('one');
  const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
  process.stdout.write(first);
  process.stdout.write(second);
  for (const stop of stops) stop();
  process.stdout.write('after');
  expect(seen).toEqual(['stdout one', 'stdout ', 'stdout é']);
  expect(printed).toHaveLength(4);
  expect(Reflect.get(process.stdout, 'write')).toBe(write);
});

test.each<[string, string[], string[]]>([
  ['lines', ['a\nb', 'c\n', 'd'], ['a', 'bc', 'd']],
  ['empty lines', ['\n\na\n'], ['', '', 'a']],
  ['a bar that is cleared', ['\r1/3\x1b[K\r', '\r2/3\x1b[K\r', '\r\x1b[Kepoch 1\n'], ['epoch 1']],
  ['a bar that is drawn over', ['10 %\r20 %\r', '100 %\n'], ['100 %']],
  ['a shorter line over a longer one', ['abc\rx\n'], ['xbc']],
  ['colours', ['\x1b[31mred\x1b[0m\n'], ['red']],
  ['carriage returns at line ends', ['a\r\nb\r\n'], ['a', 'b']],
])('of %s a reader sees what a terminal shows', (_, pieces, lines) => {
  const seen: string[] = [];
  const capture = consoleCapture((stream, line) => void seen.push(`${stream}: ${line}`));
  for (const piece of pieces) capture.add('stderr', piece);
  capture.add('stdout', 'other');
  capture.end();
  expect(seen).toEqual(expect.arrayContaining(lines.map((line) => `stderr: ${line}`)));
  expect(seen.filter((line) => line.startsWith('stderr'))).toHaveLength(lines.length);
  expect(seen).toContain('stdout: other');
});
