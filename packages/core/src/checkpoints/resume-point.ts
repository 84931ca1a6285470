/** Where a fit goes on. */
export interface ResumePoint {
  /** The checkpoint's name and place. */
  readonly from: string;
  /** The epoch that is running or begins next, from 0; the number of epochs where all are done. */
  readonly epoch: number;
  /** How many of its training batches are done. */
  readonly batchInEpoch: number;
  /** Optimizer steps done. */
  readonly step: number;
  /** Why the run had been finished before its last epoch; then nothing is left to do. */
  readonly finished: string | undefined;
}
