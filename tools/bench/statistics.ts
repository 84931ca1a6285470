/** The value below which a share q of the values lies, interpolated; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Ratios of two lanes round by round: their median and quartiles. */
export function ratios(values: readonly number[], base: readonly number[]) {
  const each = values.map((value, round) => value / (base[round] ?? NaN));
  return { median: quantile(each, 0.5), low: quantile(each, 0.25), high: quantile(each, 0.75) };
}
