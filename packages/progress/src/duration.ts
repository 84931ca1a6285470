/** Seconds as people say them: `8 s`, `2 min 5 s`, `3 h 20 min`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(whole, 60, 'min', 's');
  return pair(Math.ceil(whole / 60), 60, 'h', 'min');
}

function pair(value: number, base: number, large: string, small: string): string {
  const rest = value % base;
  return `${Math.floor(value / base)} ${large}${rest > 0 ? ` ${rest} ${small}` : ''}`;
}
