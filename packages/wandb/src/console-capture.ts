/** Where a program prints. */
export type OutputStream = 'stdout' | 'stderr';

/** Characters of a line that are kept. */
const LONGEST = 65_536;

/** Takes what a program prints, in pieces, and gives what a reader of it sees. */
export interface ConsoleCapture {
  add(stream: OutputStream, text: string): void;
  /** Gives the lines that have no end as well. */
  end(): void;
}

/**
 * Makes whole lines of what a program prints, without colours.
 *
 * Of a line that was drawn again and again, such as a progress bar, only what stayed of it is given, as a terminal
 * would show it.
 */
export function consoleCapture(
  onLine: (stream: OutputStream, line: string) => void,
): ConsoleCapture {
  const lines = { stdout: terminalLine(), stderr: terminalLine() };
  return {
    add(stream, text) {
      const parts = text.split('\n');
      parts.forEach((part, i) => {
        lines[stream].add(part);
        if (i < parts.length - 1) onLine(stream, lines[stream].take());
      });
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const rest = lines[stream].take();
        if (rest !== '') onLine(stream, rest);
      }
    },
  };
}

/** A row of a terminal: what is printed overwrites what is there. */
function terminalLine(): { add(text: string): void; take(): string } {
  let shown = '';
  let column = 0;
  return {
    add(text) {
      for (const [piece] of text.matchAll(/\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b.?|\r|[^\r\x1b]+/g)) {
        if (piece === '\r') column = 0;
        else if (/^\x1b\[0?K$/.test(piece)) shown = shown.slice(0, column);
        else if (!piece.startsWith('\x1b')) {
          shown = (shown.slice(0, column) + piece + shown.slice(column + piece.length)).slice(
            0,
            LONGEST,
          );
          column = Math.min(column + piece.length, LONGEST);
        }
      }
    },
    take() {
      const line = shown.trimEnd();
      shown = '';
      column = 0;
      return line;
    },
  };
}
