import * as tf from '@tensorflow/tfjs';
import { tensorsOf, type FitLoop, type Tensors } from '@tfloop/core';
import { wandbImage, type WandbImage } from './media/image.ts';
import { wandbImages } from './media/image-list.ts';
import type { WandbMedia } from './media/media.ts';
import { wandbTable } from './media/table.ts';
import type { SampleOptions } from './wandb-logger-options.ts';

/** Pictures that are logged at most. */
const MOST_IMAGES = 108;

/**
 * What the model, with the weights that are validated, makes of examples: a table of predictions, and pictures with them
 * as captions where the inputs are pictures `[n, height, width, 1 | 3 | 4]`. Waits for the device.
 */
export async function samplePredictions(
  { model, views }: FitLoop,
  { x, y = [] }: Pick<SampleOptions, 'x' | 'y'>,
  classes: readonly string[] | undefined,
): Promise<Record<string, WandbMedia>> {
  const restore = views.show(views.validation);
  let answers: tf.Tensor;
  try {
    answers = tf.tidy(() => {
      const [first] = tensorsOf(model.forward(x, { training: false }));
      if (!first) throw new Error('the model gave no answer to the samples');
      return tf.clone(first);
    });
  } finally {
    restore();
  }
  const { shape } = answers;
  const values = await answers.data();
  answers.dispose();
  const [count = 0] = shape;
  const width = count === 0 ? 0 : values.length / count;
  const rows = Array.from({ length: count }, (_, i) =>
    Array.from(values.slice(i * width, (i + 1) * width)),
  );
  const isClassifier = shape.length === 2 && width > 1;
  const said = rows.map((row) =>
    isClassifier ? className(greatest(row), classes) : row.join(', '),
  );
  const truth = rows.map((_, i) => {
    const label = y[i];
    return typeof label === 'number' && isClassifier ? className(label, classes) : label;
  });
  const hasTruth = y.length > 0;
  const table = wandbTable({
    columns: ['example', 'prediction', ...(hasTruth ? ['truth'] : []), 'answer'],
    data: rows.map((row, i) => [i, said[i], ...(hasTruth ? [truth[i] ?? null] : []), row]),
  });
  const images = await imagesOf(x, (i) =>
    hasTruth ? `${said[i] ?? ''} (is ${String(truth[i])})` : (said[i] ?? ''),
  );
  return {
    'samples/predictions': table,
    ...(images && { 'samples/images': wandbImages(images) }),
  };
}

async function imagesOf(
  x: Tensors,
  caption: (i: number) => string,
): Promise<WandbImage[] | undefined> {
  if (!(x instanceof tf.Tensor) || x.rank !== 4 || ![1, 3, 4].includes(x.shape[3] ?? 0))
    return undefined;
  const [count = 0, height = 0, width = 0, channels = 0] = x.shape;
  const values = (await x.data()) as Float32Array;
  const size = height * width * channels;
  return Array.from({ length: Math.min(count, MOST_IMAGES) }, (_, i) => {
    const pixels = values.slice(i * size, (i + 1) * size);
    return wandbImage({ pixels, width, height, range: rangeOf(values), caption: caption(i) });
  });
}

/** Pictures come as 0 to 1, as 0 to 255, or normalized to about 0 ± 2. */
function rangeOf(values: Float32Array): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (least >= 0 && most <= 1) return [0, 1];
  if (least >= 0 && most <= 255) return [0, 255];
  return least < most ? [least, most] : [0, 1];
}

function className(index: number, classes: readonly string[] | undefined): string {
  return classes?.[index] ?? String(index);
}

function greatest(row: readonly number[]): number {
  return row.indexOf(Math.max(...row));
}
