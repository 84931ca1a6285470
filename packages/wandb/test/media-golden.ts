import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A log item of the official client: its path and its text. */
export type GoldenItem = readonly [path: readonly string[], valueJson: string];

/** Parameters of a row of numbers that the oracle and the tests make by one formula. */
export interface GoldenNumbers {
  readonly count: number;
  readonly factor: number;
  readonly modulus: number;
  readonly scale: number;
  readonly offset: number;
}

interface Golden {
  readonly rows: readonly (readonly GoldenItem[])[];
  readonly summaries: Readonly<Record<string, readonly GoldenItem[]>>;
  readonly histograms: readonly (GoldenNumbers & {
    readonly type: 'float32' | 'float64' | 'int32';
    readonly bins: number;
    readonly counts: readonly (readonly [bin: number, count: number])[] | null;
    readonly edges: readonly number[];
    readonly sum: number;
  })[];
  readonly curves: readonly {
    readonly count: number;
    readonly classes: number;
    readonly seed: number;
    readonly levels: number;
    readonly roc: readonly (readonly number[])[];
    readonly pr: readonly (readonly number[])[];
  }[];
  readonly media: {
    readonly inputs: {
      readonly pixels: readonly number[];
      readonly matrix: {
        readonly labels: readonly number[];
        readonly predictions: readonly number[];
        readonly names: readonly string[];
      };
      readonly probabilities: readonly (readonly number[])[];
      readonly truth: readonly number[];
    };
    readonly rows: readonly (readonly GoldenItem[])[];
    readonly config: readonly GoldenItem[];
    readonly tables: Readonly<Record<string, string>>;
  };
}

/** What `tools/oracles/wandb_media.py` made with the official client, numpy and scikit-learn. */
export const golden = JSON.parse(
  readFileSync(path.join(__dirname, '../../../tools/oracles/wandb_media.json'), 'utf8'),
) as Golden;
