/** Lines of cells as a text, their columns aligned; a line with fewer cells than the first one doesn't widen them. */
export function table(lines: readonly (readonly string[])[]): string {
  const [header = []] = lines;
  const widths = header.map((_, i) =>
    Math.max(...lines.map((line) => (line.length === header.length ? (line[i]?.length ?? 0) : 0))),
  );
  return lines
    .map((line) =>
      line
        .map((text, i) => text.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
