/** What is counted at each distinct score, from the greatest down: samples that score at least as much. */
export interface ThresholdCounts {
  /** Those that are of the class. */
  readonly truePositives: readonly number[];
  /** Those that are not. */
  readonly falsePositives: readonly number[];
}

/** Counts the positives at every threshold that tells samples apart. */
export function thresholdCounts(
  isTrue: readonly boolean[],
  scores: readonly number[],
): ThresholdCounts {
  const order = scores.map((_, i) => i).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const truePositives: number[] = [];
  const falsePositives: number[] = [];
  let positives = 0;
  order.forEach((sample, i) => {
    if (isTrue[sample]) positives++;
    if (i + 1 < order.length && scores[sample] === scores[order[i + 1] ?? 0]) return;
    truePositives.push(positives);
    falsePositives.push(i + 1 - positives);
  });
  return { truePositives, falsePositives };
}
