import { check, resumeLine, type BatchLoop, type Callback, type FitLoop } from '@tfloop/core';
import { platform } from '#platform';
import { barLine } from './bar-line.ts';
import { epochLine, validation } from './epoch-line.ts';
import { isTerminal, writeLine, type ProgressOutput, type ProgressStream } from './output.ts';
import type { LiveLine } from './platform/platform.ts';
import { secondsLeft } from './seconds-left.ts';

/** Options of {@link progress}. */
export interface ProgressOptions {
  /**
   * `'bar'`: a live bar, and a line for each epoch. `'lines'`: the lines only. `'none'`: nothing at all.
   * `'auto'`: the bar on a terminal, the lines elsewhere.
   * @default 'auto'
   */
  readonly show?: 'auto' | 'bar' | 'lines' | 'none';
  /**
   * Where to: a stream, or a function that takes one line.
   * @default process.stderr in Node, console.info in a browser
   */
  readonly to?: ProgressOutput;
  /** Words before everything else, such as `run 2/5`. @default '' */
  readonly label?: string;
}

/** Milliseconds between two drawings of the bar. */
const REDRAW = 100;

/**
 * Shows how the training goes: a live bar on a terminal, one line for each epoch, and one where a fit is resumed.
 *
 * The bar shows the smoothed loss, the time left of the fit, examples a second and the validation figures of
 * the epoch before; it asks the device for the loss only when it draws, ten times a second. Throws a
 * RangeError for a bar where none can be drawn: on a function, or in a browser.
 */
export function progress(options: ProgressOptions = {}): Callback {
  const { show = 'auto', to = platform.output, label = '' } = check.options('progress', options);
  check.known('progress', options, ['show', 'to', 'label']);
  if (label !== '') check.text('progress', 'label', label);
  if (
    typeof to !== 'function' &&
    typeof (to as Partial<ProgressStream> | null)?.write !== 'function'
  )
    throw new TypeError(
      `progress: to must be a stream such as process.stderr, or a function of a line, got ${typeof to}`,
    );
  const { liveLine } = platform;
  const stream = typeof to === 'function' ? undefined : to;
  check.oneOf(
    'progress',
    'show',
    show,
    stream && liveLine ? ['auto', 'bar', 'lines', 'none'] : ['auto', 'lines', 'none'],
  );
  const named = {
    name: 'progress',
    options: { show, label },
    order: 100,
    passive: true,
    showsResume: true,
  };
  if (show === 'none') return named;
  const hasBar = stream && liveLine && (show === 'bar' || (show === 'auto' && isTerminal(to)));
  const drawn = hasBar ? bar(stream, liveLine, label) : {};
  return {
    ...named,
    ...drawn,
    beforeFit(loop) {
      const start = label ? `${label}  ` : '';
      if (loop.resumed) writeLine(to, start + resumeLine(loop.resumed, loop.epochs));
      return drawn.beforeFit?.(loop);
    },
    afterEpoch({ history: { last }, epochs }) {
      if (last) writeLine(to, epochLine(last, epochs, label));
    },
  };
}

/** The events that draw the bar. It is gone before other callbacks have something to say about an epoch. */
function bar(
  stream: ProgressStream,
  liveLine: (stream: ProgressStream) => LiveLine,
  label: string,
): Partial<Callback> {
  let run: Run | undefined;
  const clear = () => run?.line.clear();

  return {
    beforeFit() {
      run = { line: liveLine(stream), examples: 0, phaseStart: 0, drawn: 0, loss: NaN };
    },
    beforeBatch(loop) {
      if (!run || loop.batchInEpoch > 0) return;
      const now = performance.now();
      run.start ??= { time: now, batch: loop.batch };
      Object.assign(run, { phaseStart: now, drawn: now, examples: 0 });
      draw(run, loop, 0);
    },
    afterBatch(loop) {
      if (!run) return;
      run.examples += loop.size;
      if (performance.now() - run.drawn < REDRAW) return;
      if (loop.phase === 'train') return readAndDraw(run, loop);
      draw(run, loop, 1);
    },
    afterTrain: clear,
    afterValidate: clear,
    cleanupEpoch: clear,
    cleanupFit() {
      clear();
      run = undefined;
    },
  };

  async function readAndDraw(run: Run, loop: BatchLoop): Promise<void> {
    run.loss = await loop.readLoss();
    draw(run, loop, 1);
  }

  /** Draws the bar; `ended` is 1 where the running batch counts as done. */
  function draw(run: Run, loop: FitLoop, ended: 0 | 1): void {
    const now = performance.now();
    run.drawn = now;
    const figures = {
      label,
      epoch: loop.epoch,
      epochs: loop.epochs,
      phase: loop.phase,
      batch: loop.batchInEpoch + ended,
      batches: loop.batchesPerEpoch,
      loss: run.loss,
      rate: run.examples > 0 ? (run.examples / (now - run.phaseStart)) * 1000 : NaN,
      left: timeLeft(run, loop, now, ended),
      before: loop.history.last ? validation(loop.history.last) : [],
    };
    run.line.show((width, glyphs) => barLine(figures, width, glyphs));
  }
}

/** What the bar keeps during a fit. Times are in milliseconds. */
interface Run {
  readonly line: LiveLine;
  /** When the first batch of this fit began, and its number. */
  start?: { readonly time: number; readonly batch: number };
  /** Examples of the running phase so far. */
  examples: number;
  phaseStart: number;
  drawn: number;
  /** The smoothed loss when it was last read. */
  loss: number;
}

function timeLeft({ start }: Run, loop: FitLoop, now: number, ended: 0 | 1): number | undefined {
  if (!start) return undefined;
  const { batch, totalBatches } = loop;
  const done = batch - start.batch + (loop.phase === 'train' ? ended : 0);
  const total = totalBatches === undefined ? undefined : totalBatches - start.batch;
  return secondsLeft((now - start.time) / 1000, done, total);
}
