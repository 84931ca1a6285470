/** Bytes of the longest line that the service takes, which is 10 MiB with what is around it. */
export const LINE_BYTES = 10 * 2 ** 20 - 100 * 2 ** 10;

const encoder = new TextEncoder();

/** Whether a line is not to be uploaded. */
export function isTooLong(text: string, most = LINE_BYTES): boolean {
  // A UTF-16 unit is at most 3 bytes in UTF-8.
  return text.length * 3 > most && encoder.encode(text).byteLength > most;
}
