import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { decode } from 'fast-png';
import { parseExtended } from '../src/extended-json.ts';
import { asWandbMedia } from '../src/media/as-media.ts';
import { wandbImages } from '../src/media/image-list.ts';
import { wandbImage, type WandbImage } from '../src/media/image.ts';
import { mediaFile } from '../src/media/media-path.ts';
import { isWandbMedia, type WandbMedia } from '../src/media/media.ts';
import { toItems } from '../src/values.ts';
import { golden } from './media-golden.ts';

const pixels = Uint8Array.from(golden.media.inputs.pixels);
const upsideDown = Uint8Array.from(
  [3, 2, 1, 0].flatMap((i) => [...pixels.slice(i * 9, i * 9 + 9)]),
);
const first = wandbImage({ pixels, width: 3, height: 4, caption: 'first' });
const second = wandbImage({ pixels: upsideDown, width: 3, height: 4 });

const goldenRow = (key: string): [step: number, value: Record<string, unknown>] => {
  const step = golden.media.rows.findIndex(([item]) => item![0][0] === key);
  const members = golden.media.rows[step]!.map(([path, text]) => [path[1]!, parseExtended(text)]);
  return [step, Object.fromEntries(members) as Record<string, unknown>];
};

/** Other PNG encoders make other bytes: what depends on them is compared with the bytes themselves. */
const withoutBytes = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (name, inner: unknown) =>
      ['sha256', 'size'].includes(name) ? undefined : inner,
    ).replace(/_[0-9a-f]{20}\.png/g, '_<digest>.png'),
  );

test.each<[string, WandbMedia]>([
  ['val/image', wandbImage({ pixels, width: 3, height: 4, caption: 'a caption' })],
  ['images', wandbImages([first, second])],
  ['plain', wandbImages([wandbImage({ pixels, width: 3, height: 4 })])],
  ['grey', wandbImage({ pixels: pixels.filter((_, i) => i % 3 === 0), width: 3, height: 4 })],
])('is the row of the official client, field by field: %s', (key, image) => {
  const [step, value] = goldenRow(key);
  const { row } = image.render(key, step);
  expect(withoutBytes(row)).toEqual(withoutBytes({ [key]: value }));
  const names = (of: object): string[] => Object.keys(of).sort();
  expect(names(row[key] as object)).toEqual(names(value));
});

test('the file holds the pixels, and its name, digest and size are its own', () => {
  const { files, row } = first.render('a/b', 7);
  const { path, bytes } = files[0]!;
  const digest = createHash('sha256').update(bytes).digest('hex');
  expect(path).toBe(`media/images/a/b_7_${digest.slice(0, 20)}.png`);
  expect(row['a/b']).toMatchObject({ path, sha256: digest, size: bytes.length });
  const png = decode(bytes);
  expect(png).toMatchObject({ width: 3, height: 4, channels: 3, depth: 8 });
  expect(Array.from(png.data)).toEqual(golden.media.inputs.pixels);
});

const drawn = (image: WandbImage): number[] =>
  Array.from(decode(image.render('x', 0).files[0]!.bytes).data);

test('floats go from black 0 to bright 1, or along a range of their own', () => {
  const floats = Float32Array.of(-1, 0, 0.5, 1, 2, NaN);
  const size = { width: 3, height: 2 };
  expect(drawn(wandbImage({ pixels: floats, ...size }))).toEqual([0, 0, 128, 255, 255, 0]);
  expect(drawn(wandbImage({ pixels: floats, ...size, range: [-1, 1] }))).toEqual([
    0, 128, 191, 255, 255, 0,
  ]);
  expect(drawn(wandbImage({ pixels: Float64Array.from(floats), ...size }))).toEqual([
    0, 0, 128, 255, 255, 0,
  ]);
  // Plain JavaScript may pass a list.
  expect(drawn(wandbImage({ pixels: [0, 0.5, 1] as never, width: 3, height: 1 }))).toEqual([
    0, 128, 255,
  ]);
  const bytes = Uint8Array.of(0, 1, 255, 128, 3, 7);
  expect(drawn(wandbImage({ pixels: bytes, ...size, range: [0, 1] }))).toEqual([
    0, 255, 255, 255, 255, 255,
  ]);
  expect(drawn(wandbImage({ pixels: Int32Array.of(-5, 0, 1, 255, 300, 7), ...size }))).toEqual([
    0, 0, 1, 255, 255, 7,
  ]);
});

test('takes tensors of every type and shape, and copies them', () => {
  const before = tf.memory().numTensors;
  const grey = tf.tensor2d([[0, 0.5, 1]]);
  const truth = tf.tensor2d([[true, false]], undefined, 'bool');
  const colour = tf.tensor3d([10, 20, 30, 40, 50, 60], [1, 2, 3], 'int32');
  const opacity = tf.ones<tf.Rank.R3>([2, 2, 4]);
  const images = [grey, truth, colour, opacity].map((tensor) => wandbImage({ pixels: tensor }));
  tf.dispose([grey, truth, colour, opacity]);
  expect(tf.memory().numTensors).toBe(before);
  expect(images.map(({ width, height }) => [width, height])).toEqual([
    [3, 1],
    [2, 1],
    [2, 1],
    [2, 2],
  ]);
  expect(images.map(drawn)).toEqual([
    [0, 128, 255],
    [255, 0],
    [10, 20, 30, 40, 50, 60],
    Array.from({ length: 16 }, () => 255),
  ]);
});

test('does not follow the array that it was made of', () => {
  const own = Uint8Array.of(1, 2);
  const image = wandbImage({ pixels: own, width: 2, height: 1 });
  own.fill(9);
  expect(drawn(image)).toEqual([1, 2]);
  // The CPU back end gives out the tensor's own memory.
  const tensor = tf.tensor2d([[1, 2]], undefined, 'int32');
  const copy = wandbImage({ pixels: tensor });
  tensor.dataSync().fill(9);
  expect(drawn(copy)).toEqual([1, 2]);
  tensor.dispose();
});

test('says what it takes where it is given the pixels themselves', () => {
  expect(() => wandbImage(tf.zeros([2, 2]) as never)).toThrow(
    'wandbImage takes an object, { pixels, width, height, range, caption }, got a tensor',
  );
});

test('refuses what makes no picture', () => {
  const size = { width: 3, height: 3 };
  const tensor = tf.zeros<tf.Rank.R3>([2, 2, 2]);
  const cases: [() => unknown, string][] = [
    [
      () => wandbImage({ pixels: new Uint8Array(10), ...size }),
      'pixels must have 1, 3 or 4 channels, the last axis, got 10 numbers for 3 x 3 pixels',
    ],
    [() => wandbImage({ pixels: tensor }), 'got 8 numbers for 2 x 2 pixels'],
    [
      () => wandbImage({ pixels: tensor, width: 4 }),
      'width and height must be those of the tensor [2, 2, 2], got 4 and 2',
    ],
    [() => wandbImage({ pixels: new Uint8Array(9) }), 'width must be an integer >= 1'],
    [() => wandbImage({ pixels: new Uint8Array(9), width: 0, height: 3 }), 'got 0'],
    [
      () => wandbImage({ pixels: new Uint8Array(9), ...size, range: [1, 1] }),
      'range[1] must be a number > 1, got 1',
    ],
    [() => wandbImage({ pixel: 1 } as never), 'there is no option "pixel"'],
    [() => wandbImage({ pixels: 'x' } as never), 'pixels must be a tensor, a typed array'],
    [() => wandbImages([]), 'wandbImages: images must be a list of at least one'],
  ];
  for (const [make, message] of cases) expect(make).toThrow(message);
  tensor.dispose();
});

test('a list logs 108 pictures at most, and equal ones share a file', () => {
  const { files, row } = wandbImages(Array.from({ length: 200 }, () => second)).render('x', 0);
  expect(files).toHaveLength(1);
  expect(row['x']).toMatchObject({ count: 108 });
  expect(row['x']).not.toHaveProperty('captions');
});

test('media is told from other values, also in lists of pictures', () => {
  expect(isWandbMedia(first)).toBe(true);
  expect(Object.isFrozen(first)).toBe(true);
  for (const other of [undefined, null, 1, {}, { kind: 'image' }, [first]])
    expect(isWandbMedia(other)).toBe(false);
  expect(asWandbMedia(first)).toBe(first);
  expect(asWandbMedia([first, second])?.kind).toBe('images');
  for (const other of [[], [first, 1], 'x', undefined]) expect(asWandbMedia(other)).toBeUndefined();
  const warnings: string[] = [];
  expect(toItems({ first, a: { first } }, (key) => warnings.push(key))).toEqual([]);
  expect(warnings).toEqual(['first', 'a.first']);
});

test('no key leads out of the folder or makes a name that is too long', () => {
  const path = (key: string): string =>
    mediaFile('images', key, 3, 'png', new Uint8Array()).path.replace(/_3_[0-9a-f]{20}\.png$/, '');
  expect(path('a/b c.d')).toBe('media/images/a/b c.d');
  expect(path('/../../etc/./passwd')).toBe('media/images/__/__/etc/_/passwd');
  expect(path('a\\..\\b:*?"<>|\n\0')).toBe('media/images/a_.._b_________');
  expect(path('')).toBe('media/images/_');
  expect(path('//')).toBe('media/images/_');
  expect(path('😀'.repeat(100))).toBe(`media/images/${'😀'.repeat(45)}`);
  expect(path('a\ud800')).toBe('media/images/a_');
});
