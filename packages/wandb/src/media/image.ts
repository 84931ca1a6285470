import type { Tensor, TypedArray } from '@tensorflow/tfjs';
import { check } from '@tfloop/core';
import { encode } from 'fast-png';
import { checkNamed } from '../check-named.ts';
import { hostNumbers, type HostNumbers } from './host-numbers.ts';
import { mediaFile, type HashedFile } from './media-path.ts';
import { media, type WandbMedia } from './media.ts';

/** Options of {@link wandbImage}. */
export interface WandbImageOptions {
  /**
   * The picture, row by row, channels last: a tensor `[height, width]` or `[height, width, channels]`, or a typed
   * array of `height · width · channels` numbers. 1 channel is grey, 3 are red, green, blue, 4 have opacity too.
   */
  readonly pixels: Tensor | TypedArray | Float64Array;
  /** Pixels in a row: needed with a typed array. */
  readonly width?: number;
  /** Rows: needed with a typed array. */
  readonly height?: number;
  /**
   * The values of black and of full brightness; others are cut off at them, NaN is black.
   * @default [0, 1] for floats and truth values, [0, 255] for whole numbers
   */
  readonly range?: readonly [number, number];
  /** What stands below it. */
  readonly caption?: string;
}

/** A picture to log, and what a list of pictures has to know of it. */
export interface WandbImage extends WandbMedia {
  readonly kind: 'image';
  readonly width: number;
  readonly height: number;
  readonly caption?: string;
  /** Its PNG file for a row. */
  readonly file: (key: string, step: number) => HashedFile;
}

/**
 * A picture: logged as a PNG file `media/images/<key>_<step>_<digest>.png`.
 *
 * The pixels are copied here, which waits for the device where they are in a tensor; the PNG is made later. The
 * official client does not scale floats: 0.5 is black there, mid-grey here. Throws a RangeError on a shape or an
 * option that makes no picture.
 */
export function wandbImage(options: WandbImageOptions): WandbImage {
  checkNamed('wandbImage', options, ['pixels', 'width', 'height', 'range', 'caption']);
  const { pixels, width, height, range, caption } = options;
  const numbers = hostNumbers('wandbImage', 'pixels', pixels);
  const size = sizeOf(numbers, width, height);
  const [black, white] = range ?? (numbers.isInteger && !numbers.isBoolean ? [0, 255] : [0, 1]);
  check.number('wandbImage', 'range[0]', black);
  check.number('wandbImage', 'range[1]', white, { above: black });
  const bytes = bytesOf(numbers, black, white);
  const file = (key: string, step: number): HashedFile =>
    mediaFile('images', key, step, 'png', encode({ ...size, depth: 8, data: bytes }));

  return Object.freeze({
    ...media('image', (key, step) => {
      const png = file(key, step);
      const value = {
        _type: 'image-file',
        format: 'png',
        width: size.width,
        height: size.height,
        size: png.bytes.length,
        sha256: png.sha256,
        path: png.path,
        ...(caption !== undefined && { caption }),
      };
      return { files: [png], row: { [key]: value } };
    }),
    kind: 'image',
    width: size.width,
    height: size.height,
    ...(caption !== undefined && { caption }),
    file,
  });
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

function sizeOf({ data, shape }: HostNumbers, givenWidth?: number, givenHeight?: number): Size {
  const fromShape = shape.length === 2 || shape.length === 3;
  const [height = 0, width = 0] = fromShape ? shape : [givenHeight, givenWidth];
  if (fromShape && ((givenWidth ?? width) !== width || (givenHeight ?? height) !== height))
    throw new RangeError(
      `wandbImage: width and height must be those of the tensor [${shape.join(', ')}], got ${givenWidth ?? width} and ${givenHeight ?? height}`,
    );
  check.integer('wandbImage', 'width', width, { min: 1 });
  check.integer('wandbImage', 'height', height, { min: 1 });
  const channels = data.length / (width * height);
  if (![1, 3, 4].includes(channels))
    throw new RangeError(
      `wandbImage: pixels must have 1, 3 or 4 channels, the last axis, got ${data.length} numbers for ${width} x ${height} pixels`,
    );
  return { width, height, channels };
}

function bytesOf({ data }: HostNumbers, black: number, white: number): Uint8Array {
  if (data instanceof Uint8Array && black === 0 && white === 255) return data.slice();
  // A clamped array rounds, cuts off and makes NaN 0.
  const scale = 255 / (white - black);
  const clamped = Uint8ClampedArray.from(data, (value) => (value - black) * scale);
  return new Uint8Array(clamped.buffer);
}
