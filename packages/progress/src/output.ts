/** Where text can be written: `process.stderr`, or anything with its `write`. */
export interface ProgressStream {
  write(text: string): unknown;
  /** Whether it is a terminal, where a line can be drawn anew. */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in characters. */
  readonly columns?: number | undefined;
}

/** A stream, or a function that takes one line without its line break. */
export type ProgressOutput = ProgressStream | ((line: string) => void);

/** Writes one line. */
export function writeLine(to: ProgressOutput, line: string): void {
  if (typeof to === 'function') to(line);
  else to.write(`${line}\n`);
}

/** Whether a bar can be drawn on it. */
export function isTerminal(to: ProgressOutput): boolean {
  return typeof to !== 'function' && to.isTTY === true;
}
