import { crc32 } from './crc32.ts';

/** The file begins with `:W&B`, the number 0xBEE1 and the format's version, 0. They are part of the first block. */
export const LOG_HEADER: Uint8Array = Uint8Array.of(0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0);

/** Bytes of a block. No chunk goes beyond the end of one. */
export const BLOCK_SIZE = 32_768;

/** Bytes before a chunk's part of a record: its checksum (4), its length (2) and its type (1). */
export const CHUNK_HEADER_SIZE = 7;

/** The part of a record that a chunk is. */
export const ChunkType = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** A chunk whose checksum is right. */
export interface Chunk {
  readonly type: number;
  /** Of its part of the record, relative to the block. */
  readonly start: number;
  readonly end: number;
}

/** Zeros to be written before a chunk at an offset of the file: as many as a block has left that can't hold one. */
export function paddingAt(offset: number): number {
  const left = BLOCK_SIZE - (offset % BLOCK_SIZE);
  return left < CHUNK_HEADER_SIZE ? left : 0;
}

/** Bytes that a record of `size` bytes takes at most, wherever it begins. */
export function maxFramedSize(size: number): number {
  const chunks = Math.ceil(size / (BLOCK_SIZE - CHUNK_HEADER_SIZE)) + 1;
  return CHUNK_HEADER_SIZE - 1 + chunks * CHUNK_HEADER_SIZE + size;
}

/**
 * Puts a record in the log's form into `target`, as it stands at an offset of the file: zeros to the next block where
 * no chunk fits, then a chunk for each block that it reaches into. Returns the number of bytes.
 *
 * The form is the one of LevelDB's log, but its CRC-32 is the one of IEEE 802.3 and isn't masked.
 */
export function frameRecord(payload: Uint8Array, offset: number, target: Uint8Array): number {
  const padding = paddingAt(offset);
  target.fill(0, 0, padding);
  let to = padding;
  let from = 0;
  do {
    const room = BLOCK_SIZE - ((offset + to) % BLOCK_SIZE) - CHUNK_HEADER_SIZE;
    const until = Math.min(payload.length, from + room);
    const type =
      until === payload.length
        ? from === 0 && to === padding
          ? ChunkType.full
          : ChunkType.last
        : to === padding
          ? ChunkType.first
          : ChunkType.middle;
    const size = until - from;
    const start = to + CHUNK_HEADER_SIZE;
    target.set(
      from === 0 && until === payload.length ? payload : payload.subarray(from, until),
      start,
    );
    target[start - 1] = type;
    const crc = crc32(target, start - 1, start + size);
    target[to] = crc;
    target[to + 1] = crc >>> 8;
    target[to + 2] = crc >>> 16;
    target[to + 3] = crc >>> 24;
    target[to + 4] = size;
    target[to + 5] = size >>> 8;
    to = start + size;
    from = until;
  } while (from < payload.length);
  return to;
}

/**
 * The chunk at a place of a block of which the first `length` bytes are there: `'cut'` where it goes beyond them,
 * `'damaged'` where it is none.
 */
export function chunkAt(block: Uint8Array, at: number, length: number): Chunk | 'cut' | 'damaged' {
  const start = at + CHUNK_HEADER_SIZE;
  if (start > length) return 'cut';
  const type = block[start - 1] ?? 0;
  const end = start + ((block[at + 4] ?? 0) | ((block[at + 5] ?? 0) << 8));
  if (type < ChunkType.full || type > ChunkType.last || end > BLOCK_SIZE) return 'damaged';
  if (end > length) return 'cut';
  const crc =
    ((block[at] ?? 0) |
      ((block[at + 1] ?? 0) << 8) |
      ((block[at + 2] ?? 0) << 16) |
      ((block[at + 3] ?? 0) << 24)) >>>
    0;
  return crc32(block, start - 1, end) === crc ? { type, start, end } : 'damaged';
}
