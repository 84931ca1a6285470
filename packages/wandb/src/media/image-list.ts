import type { WandbImage } from './image.ts';
import { media, type WandbMedia } from './media.ts';

/** Pictures of a list that are logged, as in the official client; further ones are left out. */
const MAX_IMAGES = 108;

/**
 * Pictures that belong together, shown side by side: an array of {@link WandbImage} in a row is the same.
 *
 * The first 108 are logged. They should have one size, which is that of the first. Throws a RangeError where there is
 * none.
 */
export function wandbImages(images: readonly WandbImage[]): WandbMedia {
  const shown = Array.isArray(images) ? (images as readonly WandbImage[]).slice(0, MAX_IMAGES) : [];
  const [first] = shown;
  if (!first) throw new RangeError('wandbImages: images must be a list of at least one');
  const captions = shown.map(({ caption }) => caption ?? null);
  return media('images', (key, step) => {
    const files = shown.map((image) => image.file(key, step));
    const value = {
      _type: 'images/separated',
      width: first.width,
      height: first.height,
      format: 'png',
      count: shown.length,
      filenames: files.map(({ path }) => path),
      ...(captions.some((caption) => caption !== null) && { captions }),
    };
    // Equal pictures share a file.
    const distinct = new Map(files.map((file) => [file.path, file]));
    return { files: [...distinct.values()], row: { [key]: value } };
  });
}
