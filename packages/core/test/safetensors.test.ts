import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { toDevice, toHost, type HostTensor } from '../src/checkpoints/host-tensor.ts';
import { decodeSafetensors, encodeSafetensors } from '../src/checkpoints/safetensors.ts';
import { toModel } from '../src/model.ts';
import { smallImages, smallNetwork } from './small-network.ts';

const oracles = join(import.meta.dirname, '../../../tools/oracles');

interface Golden {
  readonly written: readonly {
    readonly name: string;
    readonly metadata: Record<string, string>;
    readonly tensors: readonly {
      readonly name: string;
      readonly dtype: HostTensor['dtype'];
      readonly shape: number[];
      readonly bytes: string;
    }[];
    readonly file: string;
  }[];
  readonly halves: { readonly file: string; readonly values: string[] };
  readonly damaged: readonly { readonly name: string; readonly file: string }[];
}
const golden = readJson('safetensors_files.json') as Golden;
const torch = readJson('torch_reads_weights.json') as { file: string; logits: number[][] };

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(oracles, file), 'utf8'));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(chunks));
}

function host(dtype: HostTensor['dtype'], shape: number[], bytes: Uint8Array): HostTensor {
  return { dtype, shape, values: new ARRAYS[dtype](bytes.slice().buffer) } as HostTensor;
}

function framed(header: string, values: Uint8Array = new Uint8Array()): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return joined([length, text, values]);
}

/** NaN payloads and -0 as well. */
function bitsOf({ dtype, shape, values }: HostTensor): unknown {
  return [
    dtype,
    shape,
    Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  ];
}

describe('Python’s files', () => {
  for (const { name, metadata, tensors, file } of golden.written) {
    const hosts = new Map(
      tensors.map(({ name, dtype, shape, bytes }) => [name, host(dtype, shape, fromBase64(bytes))]),
    );
    test(`${name}: the same bytes are written`, () => {
      expect(joined(encodeSafetensors(hosts, metadata))).toEqual(fromBase64(file));
    });

    test(`${name}: the same tensors are read`, () => {
      const read = decodeSafetensors(fromBase64(file));
      expect([...read.keys()].sort()).toEqual([...hosts.keys()].sort());
      for (const [name, tensor] of read) expect(bitsOf(tensor)).toEqual(bitsOf(hosts.get(name)!));
    });
  }

  test('float16 is read as float32', () => {
    const read = decodeSafetensors(fromBase64(golden.halves.file));
    expect(Array.from(read.get('half')!.values)).toEqual(
      golden.halves.values.map((text) => Math.fround(Number(text.replace('inf', 'Infinity')))),
    );
  });

  for (const { name, file } of golden.damaged)
    test(`${name}: refused in plain words`, () => {
      expect(() => decodeSafetensors(fromBase64(file))).toThrow(/^the|^"|^[0-9]+ bytes/);
    });
});

describe('refused by name', () => {
  const entry = (dtype: string, size: number) =>
    `{"a \\"b\\"":{"dtype":"${dtype}","shape":[1],"data_offsets":[0,${size}]}}`;

  test('a dtype that TensorFlow.js has not', () => {
    expect(() => decodeSafetensors(framed(entry('F64', 8), new Uint8Array(8)))).toThrow(
      'the tensor "a "b"" has the dtype F64; this reads F32, I32, BOOL, F16, BF16',
    );
  });

  test('a name twice, even written differently', () => {
    const zero = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
    expect(() => decodeSafetensors(framed(`{"a":${zero},"\\u0061":${zero}}`))).toThrow(
      'the header has "a" twice',
    );
  });

  test('names that the format can’t hold', () => {
    const tensor = host('float32', [], new Uint8Array(4));
    for (const name of ['__metadata__', 'half \ud83d an emoji'])
      expect(() => encodeSafetensors(new Map([[name, tensor]]))).toThrow("can't have the name");
  });

  test('values that are not as many as the shape says', () => {
    const tensor = host('float32', [3], new Uint8Array(8));
    expect(() => encodeSafetensors(new Map([['a', tensor]]))).toThrow(
      'safetensors: "a" has 2 values, but float32 [3] takes 3',
    );
  });

  test('tensors of strings and of complex numbers', async () => {
    const tensors = [tf.tensor(['x']), tf.complex(1, 2)];
    for (const tensor of tensors)
      await expect(toHost([['odd', tensor]])).rejects.toThrow(
        `"odd" has the dtype ${tensor.dtype}`,
      );
    tf.dispose(tensors);
  });
});

test('every float16 and every bfloat16 is read exactly', () => {
  const halves = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
  const bytes = new Uint8Array(halves.buffer);
  const read = (dtype: string) =>
    decodeSafetensors(
      framed(`{"all":{"dtype":"${dtype}","shape":[65536],"data_offsets":[0,131072]}}`, bytes),
    ).get('all')!.values;
  const [halfs, brains] = [read('F16'), read('BF16')];
  const word = new DataView(new ArrayBuffer(4));
  const wrong: number[] = [];
  for (let i = 0; i < 0x10000; i++) {
    const [sign, exponent, fraction] = [i & 0x8000 ? -1 : 1, (i >> 10) & 31, i & 1023];
    const half =
      exponent === 31
        ? fraction
          ? NaN
          : sign * Infinity
        : sign *
          (exponent ? 1 + fraction / 1024 : fraction / 1024) *
          2 ** (Math.max(exponent, 1) - 15);
    word.setUint16(0, i);
    if (!Object.is(halfs[i], half) || !Object.is(brains[i], word.getFloat32(0))) wrong.push(i);
  }
  expect(wrong).toEqual([]);
});

test('values are not copied to be written', () => {
  const big = new Float32Array(1000);
  const chunks = encodeSafetensors(
    new Map([['big', { dtype: 'float32', shape: [10], values: big.subarray(5, 15) }]]),
  );
  expect(chunks).toHaveLength(2);
  expect(chunks[1]!.buffer).toBe(big.buffer);
  expect([chunks[1]!.byteOffset, chunks[1]!.byteLength]).toEqual([20, 40]);
});

const anyHost = fc
  .record({
    dtype: fc.constantFrom('float32', 'int32', 'bool'),
    shape: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
    seed: fc.integer(),
  })
  .map(({ dtype, shape, seed }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const word = (i: number) => Math.imul(seed ^ i, 0x9e3779b1);
    const values =
      dtype === 'bool'
        ? Uint8Array.from({ length: size }, (_, i) => word(i) & 1)
        : new ARRAYS[dtype](Int32Array.from({ length: size }, (_, i) => word(i)).buffer);
    return { dtype, shape, values } as HostTensor;
  });
const anyName = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.string())
  .filter((name) => !/\p{Surrogate}/u.test(name) && name !== '__metadata__');
const anyTensors = fc
  .array(fc.tuple(anyName, anyHost), { maxLength: 8 })
  .map((entries) => new Map(entries));

test('whatever is written is read, to the last bit', () => {
  fc.assert(
    fc.property(anyTensors, (tensors) => {
      const read = decodeSafetensors(joined(encodeSafetensors(tensors)));
      expect(read.size).toBe(tensors.size);
      for (const [name, tensor] of tensors) expect(bitsOf(read.get(name)!)).toEqual(bitsOf(tensor));
    }),
  );
});

test('a file of other bytes is refused or read, and nothing else happens', () => {
  const bytes = fromBase64(golden.written[3]!.file);
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
      const altered = bytes.slice();
      altered[at]! ^= mask;
      try {
        for (const { shape, values } of decodeSafetensors(altered).values())
          expect(values).toHaveLength(shape.reduce((product, n) => product * n, 1));
      } catch (error) {
        expect((error as Error).message).toMatch(/^the|^"|^[0-9]+ bytes/);
      }
    }),
    { numRuns: 1000 },
  );
});

describe('PyTorch', () => {
  test('reads this file', async () => {
    const model = smallNetwork();
    const written = encodeSafetensors(await toHost(toModel(model).variables));
    expect(joined(written)).toEqual(fromBase64(torch.file));
    model.dispose();
  });

  test('computes what the model computes', async () => {
    const tensors = toDevice(decodeSafetensors(fromBase64(torch.file)));
    const model = smallNetwork();
    for (const [name, variable] of toModel(model).variables) {
      variable.assign(tf.zerosLike(variable));
      variable.assign(tensors.get(name)!);
    }
    const logits = tf.tidy(() => (model.predict(smallImages()) as tf.Tensor2D).arraySync());
    for (const [i, row] of torch.logits.entries())
      for (const [j, value] of row.entries())
        expect(Math.abs(logits[i]![j]! - value)).toBeLessThan(1e-6);
    tf.dispose([...tensors.values()]);
    model.dispose();
  });
});

const python = process.env['TFLOOP_PYTHON'] ?? 'python3';
/** Why Python can't be asked. */
const lacking = (modules: string): string | undefined => {
  const { error, status, stderr } = spawnSync(python, ['-c', `import ${modules}`], {
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  return error?.message ?? stderr.trim().split('\n').at(-1);
};

function testWithPython(modules: string, name: string, body: (folder: string) => void): void {
  const reason = lacking(modules);
  if (reason) console.warn(`"${name}" skipped: ${python} (TFLOOP_PYTHON): ${reason}`);
  (reason ? test.skip : test)(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
    try {
      body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

function runPython(script: string, argument: string): string {
  const { status, stdout, stderr } = spawnSync(python, [join(oracles, script), argument], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

testWithPython(
  'safetensors.numpy',
  'Python reads what is written, and writes the same',
  (folder) => {
    for (const [i, tensors] of fc.sample(anyTensors, 200).entries())
      writeFileSync(join(folder, `${i}.safetensors`), joined(encodeSafetensors(tensors)));
    runPython('safetensors_again.py', folder);
    const again = readdirSync(folder).filter((file) => file.endsWith('.again'));
    expect(again).toHaveLength(200);
    for (const file of again)
      expect(readFileSync(join(folder, file))).toEqual(
        readFileSync(join(folder, file.replace('.again', '.safetensors'))),
      );
  },
);

testWithPython(
  'torch, safetensors.torch',
  'PyTorch says today what the golden file says',
  (folder) => {
    const file = join(folder, 'weights.safetensors');
    writeFileSync(file, fromBase64(torch.file));
    const said = JSON.parse(runPython('torch_reads_weights.py', file)) as typeof torch;
    expect(said.file).toBe(torch.file);
    for (const [i, row] of torch.logits.entries())
      for (const [j, value] of row.entries()) expect(said.logits[i]![j]).toBeCloseTo(value, 6);
  },
);
