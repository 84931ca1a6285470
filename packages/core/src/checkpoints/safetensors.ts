import type { HostTensor } from './host-tensor.ts';
import { readHeader, METADATA } from './safetensors-header.ts';

/** Names of the dtypes in the format, in the order in which Python's writer lays out their values. */
const WRITTEN = { float32: 'F32', int32: 'I32', bool: 'BOOL' } as const;
const ORDER = Object.keys(WRITTEN);

/** Makes values of the bytes of one dtype; what others write in half the precision becomes float32, exactly. */
const READ: Readonly<Record<string, (bytes: Uint8Array, shape: readonly number[]) => HostTensor>> =
  {
    F32: (bytes, shape) => ({ dtype: 'float32', shape, values: new Float32Array(copyOf(bytes)) }),
    I32: (bytes, shape) => ({ dtype: 'int32', shape, values: new Int32Array(copyOf(bytes)) }),
    BOOL: (bytes, shape) => ({ dtype: 'bool', shape, values: new Uint8Array(copyOf(bytes)) }),
    F16: (bytes, shape) => ({ dtype: 'float32', shape, values: widened(bytes, bitsOfFloat16) }),
    BF16: (bytes, shape) => ({
      dtype: 'float32',
      shape,
      values: widened(bytes, (half) => half << 16),
    }),
  };

/** Bytes of an element. */
const WIDTH: Readonly<Record<string, number>> = { F32: 4, I32: 4, BOOL: 1, F16: 2, BF16: 2 };

/**
 * A file in the safetensors format (https://github.com/huggingface/safetensors), byte for byte as Python's `safetensors` writes it.
 *
 * Returns chunks: the header, then views on the values, which are not copied. Metadata is written in the order of its
 * keys. Throws a TypeError on a name or a tensor that the format can't hold.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const sorted = [...tensors].sort(
    ([a, { dtype: dtypeOfA }], [b, { dtype: dtypeOfB }]) =>
      ORDER.indexOf(dtypeOfA) - ORDER.indexOf(dtypeOfB) || compareCodePoints(a, b),
  );
  // Put together by hand: an object would move names that look like numbers to its front.
  const entries =
    Object.keys(metadata).length > 0 ? [`"${METADATA}":${JSON.stringify(metadata)}`] : [];
  const values: Uint8Array[] = [];
  let end = 0;
  for (const [name, tensor] of sorted) {
    checkTensor(name, tensor);
    const { dtype, shape } = tensor;
    const { buffer, byteOffset, byteLength } = tensor.values;
    const start = end;
    end += byteLength;
    const entry = { dtype: WRITTEN[dtype], shape, data_offsets: [start, end] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    if (byteLength > 0) values.push(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return [framed(`{${entries.join(',')}}`), ...values];
}

/**
 * The tensors of a file in the safetensors format, in the order of their values; none shares memory with the file.
 *
 * Reads F32, I32 and BOOL, and F16 and BF16 as float32. Throws a plain Error that says what is wrong with a file.
 */
export function decodeSafetensors(bytes: Uint8Array): Map<string, HostTensor> {
  const { entries, values } = readHeader(bytes);
  const tensors = new Map<string, HostTensor>();
  let end = 0;
  for (const [name, { dtype, shape, start, stop }] of entries) {
    const [read, width] = [READ[dtype], WIDTH[dtype]];
    if (!read || width === undefined)
      throw new Error(
        `the tensor "${name}" has the dtype ${dtype}; this reads ${Object.keys(READ).join(', ')}`,
      );
    if (start !== end)
      throw new Error(
        `the values of "${name}" begin at byte ${start}, where ${end} was expected: values overlap or have gaps`,
      );
    if (stop > values.length)
      throw new Error(
        `the values of "${name}" end at byte ${stop}, but the file has only ${values.length} bytes of values`,
      );
    const size = shape.reduce((product, n) => product * n, 1) * width;
    if (stop - start !== size)
      throw new Error(
        `"${name}" has ${stop - start} bytes of values, but ${dtype} [${shape.join(', ')}] takes ${size}`,
      );
    tensors.set(name, read(values.subarray(start, stop), shape));
    end = stop;
  }
  if (end !== values.length)
    throw new Error(`${values.length - end} bytes at the end of the file belong to no tensor`);
  return tensors;
}

function checkTensor(name: string, { dtype, shape, values }: HostTensor): void {
  // Lone surrogates have no UTF-8.
  if (name === METADATA || /\p{Surrogate}/u.test(name))
    throw new TypeError(`safetensors: a tensor can't have the name ${JSON.stringify(name)}`);
  const size = shape.reduce((product, n) => product * n, 1);
  if (values.length !== size)
    throw new TypeError(
      `safetensors: "${name}" has ${values.length} values, but ${dtype} [${shape.join(', ')}] takes ${size}`,
    );
}

/** As UTF-8 orders: strings of JavaScript compare by UTF-16 units, in which emoji come before other characters. */
function compareCodePoints(a: string, b: string): number {
  const [ofA, ofB] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(ofA.length, ofB.length); i++) {
    const difference = (ofA[i]?.codePointAt(0) ?? 0) - (ofB[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return ofA.length - ofB.length;
}

/** The header with its length before it, padded so that the values begin at a multiple of 8. */
function framed(header: string): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return bytes;
}

/** Values in a file may begin at any byte, those in an array may not. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function widened(bytes: Uint8Array, bitsOf: (half: number) => number): Float32Array {
  const halves = new Uint16Array(copyOf(bytes));
  return new Float32Array(Uint32Array.from(halves, bitsOf).buffer);
}

/** The float32 bits of float16 bits (IEEE 754). */
function bitsOfFloat16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal of float16 is a normal number of float32.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
