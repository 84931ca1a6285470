import cliProgress from 'cli-progress';
import type { ProgressStream } from '../output.ts';
import type { LineContent, LiveLine, Platform } from './platform.ts';

/** Node: the line is drawn by cli-progress, on standard error, so that pipes of results stay clean. */
export const platform: Platform = {
  // Looked up when it is used: a process may replace it.
  get output() {
    return process.stderr;
  },
  liveLine,
};

const { shades_classic: shades } = cliProgress.Presets;

/**
 * The cursor stays visible and long lines are cut rather than unwrapped: then the terminal has no mode that
 * a killed process could leave behind. The library's own signal handling is off, as it keeps Ctrl-C from
 * ending the process.
 */
function liveLine(stream: ProgressStream): LiveLine {
  let content: LineContent = () => '';
  const bar = new cliProgress.SingleBar({
    stream: asTerminal(stream) as NodeJS.WritableStream,
    clearOnComplete: true,
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
    format: (_options, { maxWidth }) => content(maxWidth, draw),
  });
  let isShown = false;
  return {
    show(next) {
      content = next;
      if (!isShown) bar.start(1, 0);
      isShown = true;
      bar.update(0);
    },
    clear() {
      if (isShown) bar.stop();
      isShown = false;
    },
  };
}

function draw(share: number, width: number): string {
  return cliProgress.Format.BarFormat(share, {
    barsize: width,
    barGlue: '',
    barCompleteString: shades.barCompleteChar.repeat(width),
    barIncompleteString: shades.barIncompleteChar.repeat(width),
  });
}

/** The stream as cli-progress wants it, also where a bar is asked for on a stream that is no terminal. */
function asTerminal(stream: ProgressStream): ProgressStream {
  return {
    isTTY: true,
    get columns() {
      return stream.columns;
    },
    write: (text) => stream.write(text),
  };
}
