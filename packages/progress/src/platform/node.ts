import cliProgress from 'cli-progress';
import type { ProgressStream } from '../output.ts';
import type { LiveLine, Platform } from './platform.ts';

/** Node: the line goes to standard error, so that pipes of results stay clean. */
export const platform: Platform = {
  // Looked up when it is used: a process may replace it.
  get output() {
    return process.stderr;
  },
  liveLine,
};

const { shades_classic: shades } = cliProgress.Presets;

/** Clears from the cursor to the end of the row. */
const CLEAR_REST = '\x1b[K';

/**
 * Every drawing goes from the first column of the cursor's row back to it. No position is saved: it would be
 * wrong once the terminal scrolls or echoes a Ctrl-C. Nor does the terminal get into a mode that a killed
 * process could leave behind.
 */
function liveLine(stream: ProgressStream): LiveLine {
  let isShown = false;
  return {
    show(content) {
      isShown = true;
      // A terminal of unknown width may give 0. The last column stays free: a character there would put the cursor between two rows.
      const text = content((stream.columns || 80) - 1, draw);
      stream.write(`\r${text}${CLEAR_REST}\r`);
    },
    clear() {
      if (isShown) stream.write(`\r${CLEAR_REST}`);
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
