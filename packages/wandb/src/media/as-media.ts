import { wandbImages } from './image-list.ts';
import type { WandbImage } from './image.ts';
import { isWandbMedia, type WandbMedia } from './media.ts';

/** The media that an entry of a row is: a media value, or a list of nothing but images. */
export function asWandbMedia(value: unknown): WandbMedia | undefined {
  if (isWandbMedia(value)) return value;
  return Array.isArray(value) && value.length > 0 && value.every(isImage)
    ? wandbImages(value)
    : undefined;
}

function isImage(value: unknown): value is WandbImage {
  return isWandbMedia(value) && value.kind === 'image';
}
