import type { Fingerprint } from './checkpoints/run-state.ts';
import type { DataSource } from './data-source.ts';
import type { Model } from './model.ts';
import type { OnNonFinite } from './non-finite.ts';
import type { Optimizer, Parameters } from './optimizer.ts';
import type { Plan } from './plan.ts';
import type { Streams } from './streams.ts';

/** What a loop is made of. */
export interface LoopParts {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly parameters: Parameters;
  readonly plan: Plan;
  readonly epochs: number;
  readonly streams: Streams;
  readonly train: DataSource;
  readonly valid: DataSource | undefined;
  /** The names of the figures of a row. */
  readonly figures: readonly string[];
  /** What a snapshot says that the run is of. */
  readonly fingerprint: () => Promise<Fingerprint>;
  readonly onNonFinite?: OnNonFinite | undefined;
  /** What the data is called where it is evaluated outside of a fit. */
  readonly evaluated?: string | undefined;
}
