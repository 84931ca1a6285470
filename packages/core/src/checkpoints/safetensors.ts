import type { HostTensor } from './host-tensor.ts';

/*
 * The format (huggingface/safetensors): eight bytes of header length, little-endian; a JSON header from tensor names to
 * dtype, shape and data offsets, padded with spaces to a multiple of eight; the data without gaps.
 */

/** What the header says of a tensor. */
interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from the header's end. */
  readonly data_offsets: readonly [begin: number, end: number];
}

const NAMES = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const;
/** As the format's own library lays tensors out: by alignment from wide to narrow, then by name. */
const LAYOUT: readonly HostTensor['dtype'][] = ['float32', 'int32', 'bool'];
/** What the format's own library allows. */
const LONGEST_HEADER = 100_000_000;

/**
 * A safetensors file in chunks, of which those with data are views on the tensors' own values.
 *
 * The bytes are those that the format's own library writes for the same tensors.
 */
export function encodeSafetensors(tensors: ReadonlyMap<string, HostTensor>): Uint8Array[] {
  const sorted = [...tensors].sort(byLayout);
  let end = 0;
  // Not an object: a tensor may be named `__proto__`, and JavaScript would move names that are numbers.
  const entries = sorted.map(([name, { dtype, shape, values }]) => {
    const begin = end;
    end += values.byteLength;
    const entry: Entry = { dtype: NAMES[dtype], shape, data_offsets: [begin, end] };
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`;
  });
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const start = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - 8), true);
  start.set(json, 8);
  return [start, ...sorted.map(([, { values }]) => bytesOf(values))];
}

/** The tensors of a safetensors file by name. Throws a plain message where it is none, or of a type not known here. */
export function decodeSafetensors(bytes: Uint8Array): Map<string, HostTensor> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw new Error('it is too short for a safetensors file');
  const length = Number(view.getBigUint64(0, true));
  if (length > LONGEST_HEADER || 8 + length > bytes.length)
    throw new Error(`its header should have ${length} bytes, more than there are`);
  const data = bytes.subarray(8 + length);
  const entries = [...headerEntries(bytes.subarray(8, 8 + length))];
  refuseGaps(entries, data.length);
  return new Map(entries.map(([name, entry]) => [name, tensorOf(name, entry, data)]));
}

type Named = readonly [name: string, tensor: HostTensor];

function byLayout([a, one]: Named, [b, other]: Named): number {
  return LAYOUT.indexOf(one.dtype) - LAYOUT.indexOf(other.dtype) || compareBytes(a, b);
}

/** In the order of UTF-8, which is that of code points and not of UTF-16 units. */
function compareBytes(a: string, b: string): number {
  const [one, other] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const difference = (one[i]?.codePointAt(0) ?? 0) - (other[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

function bytesOf({ buffer, byteOffset, byteLength }: HostTensor['values']): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function* headerEntries(bytes: Uint8Array): Iterable<readonly [string, Entry]> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Error('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw new Error('its header is not a JSON object');
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (!isEntry(entry)) throw new Error(`its header says nothing sensible of "${name}"`);
    yield [name, entry];
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape, data_offsets: offsets } = value as Partial<Entry>;
  return typeof dtype === 'string' && areSizes(shape) && areSizes(offsets) && offsets.length === 2;
}

function areSizes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)
  );
}

/** The data of all tensors has to cover the file once. */
function refuseGaps(entries: readonly (readonly [string, Entry])[], length: number): void {
  const ranges = entries
    .map(([, { data_offsets }]) => data_offsets)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let end = 0;
  for (const [begin, next] of ranges) {
    if (begin !== end || next < begin)
      throw new Error('the data of its tensors overlaps or has gaps');
    end = next;
  }
  if (end !== length)
    throw new Error(`it has ${length} bytes of data, its header speaks of ${end}`);
}

function tensorOf(
  name: string,
  { dtype, shape, data_offsets }: Entry,
  data: Uint8Array,
): HostTensor {
  const size = shape.reduce((product, n) => product * n, 1);
  // A copy: the data need not begin at a multiple of the element's size.
  const bytes = data.slice(...data_offsets);
  const decode = DECODERS[dtype];
  if (!decode)
    throw new Error(
      `"${name}" is of type ${dtype}; only ${Object.keys(DECODERS).join(', ')} can be read`,
    );
  const tensor = decode(bytes, shape);
  if (tensor.values.length !== size || (tensor.values.byteLength === 0) !== (size === 0))
    throw new Error(
      `"${name}" has ${bytes.length} bytes, which is not the shape [${shape.join(', ')}]`,
    );
  return tensor;
}

type Decoder = (bytes: Uint8Array, shape: readonly number[]) => HostTensor;

const DECODERS: Readonly<Record<string, Decoder>> = {
  F32: (bytes, shape) => ({ dtype: 'float32', shape, values: words(bytes, 4, Float32Array) }),
  I32: (bytes, shape) => ({ dtype: 'int32', shape, values: words(bytes, 4, Int32Array) }),
  BOOL: (bytes, shape) => ({ dtype: 'bool', shape, values: bytes }),
  F16: (bytes, shape) => ({ dtype: 'float32', shape, values: halves(bytes, fromHalf) }),
  BF16: (bytes, shape) => ({ dtype: 'float32', shape, values: halves(bytes, fromBrainFloat) }),
};

function words<T>(bytes: Uint8Array, width: number, Type: new (buffer: ArrayBufferLike) => T): T {
  return new Type(bytes.length % width === 0 ? bytes.buffer : new ArrayBuffer(0));
}

/** Elements of two bytes, which float32 holds exactly. */
function halves(bytes: Uint8Array, toNumber: (half: number) => number): Float32Array {
  return Float32Array.from(words(bytes, 2, Uint16Array), toNumber);
}

/** IEEE 754 binary16. */
function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a float32. */
function fromBrainFloat(half: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint16(0, half);
  return view.getFloat32(0);
}
