import { stripVTControlCharacters } from 'node:util';

/** A stream that keeps what is written to it. */
export function fakeStream({ isTTY = false, columns = 100 } = {}) {
  const writes: string[] = [];
  return {
    isTTY,
    columns,
    write(text: string) {
      writes.push(text);
      return true;
    },
    /** Everything, control characters included. */
    raw: () => writes.join(''),
    /** The single writes without control characters, empty ones left out. */
    texts: () => writes.map(stripVTControlCharacters).filter(Boolean),
    /** What a terminal would show at the end: each line as it was last drawn. */
    screen: () =>
      writes
        .join('')
        .split('\n')
        // ESC 7 and ESC 8 save and restore the cursor; ESC [1G goes to the first column, ESC [2K clears.
        .map((line) => line.replace(/^.*\x1b\[2K/, ''))
        .map(stripVTControlCharacters),
  };
}
