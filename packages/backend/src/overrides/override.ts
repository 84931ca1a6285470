/**
 * Why an override exists: what it replaces is missing, slow or wrong, or it does in one pass what took many (`fused`).
 */
export type Reason = 'missing' | 'slow' | 'wrong' | 'fused';

/** Something that `useBackend` puts in the place of what TensorFlow.js has, and can take out again. */
export interface Override {
  /** Unique on its back end: what `describeBackend` lists and `without` takes. */
  readonly name: string;
  readonly reason: Reason;
  /** Whether it is in place now. */
  installed(): boolean;
  /** Puts it in place; harmless where it is. */
  install(): void;
  /** Puts back what was there before; harmless where it is not in place. */
  remove(): void;
}
