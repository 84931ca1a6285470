import { normalize, take, type ImageDataset } from '@tfloop/data';
import { digits, fashionMnist } from '@tfloop/data/node';
import { ExamplesError } from './examples-error.ts';
import type { DatasetName, StudySettings } from './settings.ts';

/** Reads a data set, or downloads one that may be; throws where it is not installed, and says how to get it. */
export function readDataset(name: DatasetName, download: boolean): Promise<ImageDataset> {
  return name === 'digits' ? digits() : fashionMnist({ download });
}

/** Training examples of each class below which figures are noise. */
const OF_EACH_CLASS = 10;

/** Throws an ExamplesError where there are fewer images than a study wants, or where it wants too few. */
export function checkExamples(set: ImageDataset, { examples }: StudySettings): void {
  const most = set.train.labels.length;
  if (examples > most)
    throw new ExamplesError(`<= ${most}, which is all that ${set.name} has to train on`, examples);
  const least = OF_EACH_CLASS * set.classes.length;
  if (examples < least)
    throw new ExamplesError(
      `>= ${least}, ${OF_EACH_CLASS} for each of the ${set.classes.length} classes of ${set.name}`,
      examples,
    );
}

/** The part of a data set that a study trains on, and its held-out images, normalized. Checks it first. */
export function prepare(set: ImageDataset, settings: StudySettings): ImageDataset {
  checkExamples(set, settings);
  return normalize(take(set, settings.examples));
}
