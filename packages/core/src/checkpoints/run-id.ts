/** A text that no other run has: 16 hexadecimal digits by chance, which no seed decides. */
export function runId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
