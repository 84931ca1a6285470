/** Lines of cells as text: columns as wide as their widest cell, so many of them flush left and the others flush right. */
export function aligned(lines: readonly (readonly string[])[], left = 0): string {
  const widths = lines.reduce<number[]>(
    (widest, line) =>
      line.reduce((so, cell, i) => {
        so[i] = Math.max(so[i] ?? 0, cell.length);
        return so;
      }, widest),
    [],
  );
  return lines
    .map((line) =>
      line
        .map((cell, i) => (i < left ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
