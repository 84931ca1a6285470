import type { Examples, ImageDataset } from './image-dataset.ts';

/** Arrays as they come out of files: images `[n, height, width]` or with channels last, labels `[n]`. */
export interface RawExamples {
  readonly images: {
    readonly values: Uint8Array | Float32Array;
    readonly shape: readonly number[];
  };
  readonly labels: { readonly values: Uint8Array };
}

/** What {@link imageDatasetOf} takes. */
export interface ImageDatasetParts {
  readonly name: string;
  readonly classes: readonly string[];
  readonly train: RawExamples;
  readonly test: RawExamples;
}

/**
 * Makes an {@link ImageDataset} of arrays, for example of what `parseIdx` returns; nothing is copied.
 *
 * Throws where a split is empty, images and labels differ in number, a label has no class, or the two
 * splits' images differ in size.
 */
export function imageDatasetOf({ name, classes, train, test }: ImageDatasetParts): ImageDataset {
  const parts = {
    train: examplesOf(`${name} train`, train, classes.length),
    test: examplesOf(`${name} test`, test, classes.length),
  };
  const [, ...shape] = parts.train.images.shape;
  const [, ...other] = parts.test.images.shape;
  if (shape.join() !== other.join())
    throw new Error(
      `${name}: training images are [${shape.join(', ')}], but test images [${other.join(', ')}]`,
    );
  return { name, classes, shape, ...parts };
}

function examplesOf(owner: string, { images, labels }: RawExamples, classes: number): Examples {
  const [examples = 0, height = 0, width = 0, channels = 1] = images.shape;
  const length = examples * height * width * channels;
  if (images.shape.length < 3 || images.shape.length > 4 || images.values.length !== length)
    throw new Error(
      `${owner}: ${images.values.length} values are not images [${images.shape.join(', ')}]`,
    );
  if (length === 0) throw new Error(`${owner}: there are no images`);
  if (labels.values.length !== examples)
    throw new Error(`${owner}: ${examples} images have ${labels.values.length} labels`);
  const wrong = labels.values.find((label) => label >= classes);
  if (wrong !== undefined)
    throw new Error(`${owner}: a label is ${wrong}, but there are ${classes} classes`);
  return {
    images: { values: images.values, shape: [examples, height, width, channels] },
    labels: labels.values,
  };
}
