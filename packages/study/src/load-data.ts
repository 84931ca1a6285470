import { normalize, take, type ImageDataset } from '@tfloop/data';
import { digits, fashionMnist } from '@tfloop/data/node';
import { TooFewExamplesError } from './too-few-examples-error.ts';
import type { DatasetName, StudySettings } from './settings.ts';

/** Reads a data set, or downloads one that may be; throws where it is not installed, and says how to get it. */
export function readDataset(name: DatasetName, download: boolean): Promise<ImageDataset> {
  return name === 'digits' ? digits() : fashionMnist({ download });
}

/** The part of a data set that a study trains on, and its held-out images, normalized. Throws where it is too small. */
export function prepare(set: ImageDataset, { examples }: StudySettings): ImageDataset {
  const available = set.train.labels.length;
  if (examples > available) throw new TooFewExamplesError(set.name, available, examples);
  return normalize(take(set, examples));
}
