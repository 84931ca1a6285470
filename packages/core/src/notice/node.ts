/** Says a line that is no warning: on standard error, as standard output is the program's own. */
export function notice(line: string): void {
  process.stderr.write(`${line}\n`);
}
