import * as tf from '@tensorflow/tfjs';

/** What the fused kernels compute, from the same float32 numbers in float64, by the formulas of their contracts. */
export type Row = readonly number[];

/** The numbers of a tensor. */
export function read(x: tf.Tensor): number[] {
  return Array.from(x.dataSync());
}

/** Mean of numbers. */
export const meanOf = (xs: Row): number => xs.reduce((sum, x) => sum + x, 0) / xs.length;

/** Batch norm of columns: `x` is a list of rows. */
export function batchNormOf(
  x: readonly Row[],
  scale: Row,
  offset: Row,
  { epsilon, relu }: { epsilon: number; relu: boolean },
): { y: number[]; mean: number[]; variance: number[] } {
  const columns = scale.map((_, c) => x.map((row) => row[c]!));
  const mean = columns.map(meanOf);
  const variance = columns.map((column, c) => meanOf(column.map((v) => (v - mean[c]!) ** 2)));
  const y = x.flatMap((row) =>
    row.map((v, c) => {
      const value = ((v - mean[c]!) / Math.sqrt(variance[c]! + epsilon)) * scale[c]! + offset[c]!;
      return relu ? Math.max(0, value) : value;
    }),
  );
  return { y, mean, variance };
}

/** Gradients of batch norm; `counts` says which elements of `dy` count. */
export function batchNormGradOf(
  dy: readonly Row[],
  x: readonly Row[],
  scale: Row,
  epsilon: number,
  counts: (row: number, channel: number) => boolean,
): { dx: number[]; dScale: number[]; dOffset: number[] } {
  const { mean, variance } = batchNormOf(x, scale, scale, { epsilon, relu: false });
  const inverse = variance.map((v) => 1 / Math.sqrt(v + epsilon));
  const g = dy.map((row, r) => row.map((v, c) => (counts(r, c) ? v : 0)));
  const normal = x.map((row) => row.map((v, c) => (v - mean[c]!) * inverse[c]!));
  const dOffset = scale.map((_, c) => g.reduce((sum, row) => sum + row[c]!, 0));
  const dScale = scale.map((_, c) => g.reduce((sum, row, r) => sum + row[c]! * normal[r]![c]!, 0));
  const dx = g.flatMap((row, r) =>
    row.map(
      (v, c) =>
        scale[c]! *
        inverse[c]! *
        (v - dOffset[c]! / x.length - (normal[r]![c]! * dScale[c]!) / x.length),
    ),
  );
  return { dx, dScale, dOffset };
}

/** Cross-entropy of softmax(z) with one label, and its gradient. */
export function crossEntropyOf(
  z: Row,
  label: number,
  smoothing: number,
): { loss: number; gradient: number[] } {
  const largest = Math.max(...z);
  const total = z.reduce((sum, v) => sum + Math.exp(v - largest), 0);
  const target = z.map((_, c) => (c === label ? 1 - smoothing : 0) + smoothing / z.length);
  const logs = z.map((v) => v - largest - Math.log(total));
  return {
    loss: -logs.reduce((sum, log, c) => sum + (target[c] === 0 ? 0 : target[c]! * log), 0),
    gradient: logs.map((log, c) => Math.exp(log) - target[c]!),
  };
}
