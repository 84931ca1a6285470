let waiting = 0;

/** A reader that is gone is told of after the write, and must not end the program. */
function ignore(): void {}

/** Says a line that is no warning: on standard error, as standard output is the program's own. Never throws. */
export function notice(line: string): void {
  const { stderr } = process;
  if (waiting++ === 0) stderr.on('error', ignore);
  const done = (): void => {
    if (--waiting === 0) stderr.off('error', ignore);
  };
  stderr.write(`${line}\n`, () => void setImmediate(done));
}
