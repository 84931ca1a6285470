/** What each value of a byte does to the checksum: the reflected polynomial of IEEE 802.3. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/**
 * The CRC-32 of IEEE 802.3, as zlib computes it, of the bytes from `start` up to `end`: an integer in [0, 2³²).
 *
 * Node's own is not there in browsers, and slower for the few hundred bytes that a row has.
 */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = -1;
  for (let at = start; at < end; at++)
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return ~crc >>> 0;
}
