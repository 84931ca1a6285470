/** Unsigned bytes with their shape. */
export interface IdxArray {
  readonly values: Uint8Array;
  readonly shape: readonly number[];
}

/** What {@link parseIdx} is told about the file. */
export interface ParseIdxOptions {
  /** Dimensions that the file must have. @default any */
  readonly rank?: number;
  /** What errors call the file. @default 'IDX data' */
  readonly name?: string;
}

/**
 * Reads an unpacked IDX file of unsigned bytes, the format of MNIST; the values are a view, not a copy.
 *
 * The file is two zero bytes, the element type (8 is unsigned byte), the number of dimensions, each dimension
 * as a big-endian 32-bit integer, then the values. Throws where the magic number or the length is wrong.
 */
export function parseIdx(bytes: Uint8Array, options: ParseIdxOptions = {}): IdxArray {
  const { rank, name = 'IDX data' } = options;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4)
    throw new Error(`${name} is truncated: ${bytes.length} bytes are no magic number`);
  const magic = view.getUint32(0);
  const dimensions = rank ?? magic & 0xff;
  if (magic !== 0x0800 + dimensions)
    throw new Error(
      `${name} is not an IDX file of bytes${rank === undefined ? '' : ` in ${rank} dimensions`}: ` +
        `its magic number is ${hex(magic)}, expected ${hex(0x0800 + dimensions)}`,
    );
  const start = 4 + 4 * dimensions;
  if (bytes.length < start)
    throw new Error(`${name} is truncated: ${bytes.length} bytes, the header alone is ${start}`);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const length = start + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== length)
    throw new Error(
      `${name} is ${bytes.length < length ? 'truncated' : 'too long'}: ` +
        `[${shape.join(', ')}] takes ${length} bytes, got ${bytes.length}`,
    );
  return { values: bytes.subarray(start), shape };
}

function hex(magic: number): string {
  return `0x${magic.toString(16).padStart(8, '0')}`;
}
