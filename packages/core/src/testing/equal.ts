/** Throws where two plain values differ, saying where and how. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  const found = difference(
    JSON.parse(JSON.stringify(actual)),
    JSON.parse(JSON.stringify(expected)),
  );
  if (found) throw new Error(`${what} differ${found}`);
}

/** Where two plain values first differ, and how. */
function difference(actual: unknown, expected: unknown, path = ''): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  const told = () =>
    `${path && ` at ${path}`}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
  if (typeof actual !== 'object' || typeof expected !== 'object' || !actual || !expected)
    return told();
  const [a, b] = [Object.entries(actual), Object.entries(expected)];
  if (String(a.map(([key]) => key)) !== String(b.map(([key]) => key))) return told();
  for (const [i, [key, value]] of a.entries()) {
    const found = difference(value, b[i]?.[1], path ? `${path}.${key}` : key);
    if (found) return found;
  }
  return undefined;
}
