/** Says a line that is no warning. */
export function notice(line: string): void {
  console.info(line);
}
