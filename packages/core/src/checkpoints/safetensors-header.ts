/** The name in the header that is no tensor's. */
export const METADATA = '__metadata__';

/** A tensor as a file's header has it. */
export interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The first byte of its values, and the first after them, from where the header ends. */
  readonly start: number;
  readonly stop: number;
}

/** The limit of Python's reader, in bytes. */
const LONGEST = 100_000_000;

/** The header of a file in the safetensors format, in the order of the values, and the bytes after it. */
export function readHeader(bytes: Uint8Array): {
  readonly entries: readonly (readonly [name: string, entry: HeaderEntry])[];
  readonly values: Uint8Array;
} {
  if (bytes.length < 8) throw new Error(`the file has only ${bytes.length} bytes, no header`);
  const length = Number(
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true),
  );
  if (length > LONGEST)
    throw new Error(`the header claims ${length} bytes, more than the ${LONGEST} allowed`);
  if (8 + length > bytes.length)
    throw new Error(`the header claims ${length} bytes, but the file has only ${bytes.length}`);
  const entries = Object.entries(parse(bytes.subarray(8, 8 + length)))
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => [name, entryOf(name, entry)] as const)
    .sort(([, a], [, b]) => a.start - b.start || a.stop - b.stop);
  return { entries, values: bytes.subarray(8 + length) };
}

function parse(bytes: Uint8Array): object {
  let header: unknown;
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw new Error('the header is no JSON', { cause: error });
  }
  if (!isObject(header)) throw new Error('the header is no JSON object');
  refuseDuplicates(text);
  return header;
}

/** JSON.parse takes the last of two equal names without a word. */
function refuseDuplicates(text: string): void {
  const names = new Set<string>();
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1) {
      const name = JSON.parse(token) as string;
      if (names.has(name)) throw new Error(`the header has "${name}" twice`);
      names.add(name);
    }
  }
}

function entryOf(name: string, entry: unknown): HeaderEntry {
  if (isObject(entry)) {
    const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
    if (typeof dtype === 'string' && isCounts(shape) && isCounts(offsets) && offsets.length === 2) {
      const [start = 0, stop = 0] = offsets;
      if (stop < start) throw new Error(`the values of "${name}" end before they begin`);
      return { dtype, shape, start, stop };
    }
  }
  throw new Error(
    `the header's "${name}" must be { dtype, shape, data_offsets: [begin, end] }, got ${JSON.stringify(entry)}`,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
