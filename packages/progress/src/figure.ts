/** A number in four significant digits. */
export function figure(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(4) : String(value);
}
