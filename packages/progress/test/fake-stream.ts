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
    texts: () =>
      writes.map((text) => stripVTControlCharacters(text).replaceAll('\r', '')).filter(Boolean),
    /** The rows that a terminal would show at the end. */
    screen: () => rowsOf(writes.join('')),
  };
}

/** The rows of a terminal that knows characters, line breaks, \r, and clearing to the end of the row. */
function rowsOf(text: string): string[] {
  const rows = [''];
  let column = 0;
  for (const token of text.match(/\x1b\[K|[^]/g) ?? []) {
    const row = rows.at(-1) ?? '';
    if (token === '\n') {
      rows.push('');
      column = 0;
    } else if (token === '\r') column = 0;
    else if (token === '\x1b[K') rows[rows.length - 1] = row.slice(0, column);
    else {
      rows[rows.length - 1] = row.slice(0, column) + token + row.slice(column + 1);
      column++;
    }
  }
  return rows;
}
