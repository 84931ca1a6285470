export type {
  BatchLoop,
  Callback,
  CallbackState,
  DoneBatchLoop,
  FitLoop,
  LossLoop,
  PredLoop,
  RestLoop,
  Slot,
  StepLoop,
  Sync,
  Wait,
} from './callback.ts';
export {
  Cancel,
  CancelBatch,
  CancelEpoch,
  CancelFit,
  CancelStep,
  CancelTrain,
  CancelValidate,
} from './cancel.ts';
export { accuracy, binaryAccuracy, errorRate, topKAccuracy } from './accuracy.ts';
export { batches } from './batches.ts';
export type { BatchesOptions, Column, Columns, HostArray } from './batches.ts';
export { binaryCrossEntropy } from './binary-cross-entropy.ts';
export { checkpoint } from './checkpoints/checkpoint.ts';
export type { CheckpointOptions } from './checkpoints/checkpoint.ts';
export { MissingFileError } from './checkpoints/checkpoint-store.ts';
export type { CheckpointStore } from './checkpoints/checkpoint-store.ts';
export { DamagedCheckpointError } from './checkpoints/damaged-checkpoint-error.ts';
export type { Difference } from './checkpoints/differences.ts';
export type { ResumeOptions } from './checkpoints/open-resume.ts';
export { notice } from '#notice';
export { resumeLine } from './checkpoints/resume-line.ts';
export type { ResumePoint } from './checkpoints/resume-point.ts';
export type * from './checkpoints/run-state.ts';
export { check } from './check.ts';
export { checkInputs } from './check-inputs.ts';
export type { Bounds } from './check.ts';
export { crossEntropy } from './cross-entropy.ts';
export type { CrossEntropyOptions } from './cross-entropy.ts';
export type { Batch, DataSource, EpochContext } from './data-source.ts';
export { fusedKernel } from './fused-kernel.ts';
export type { FusedKernel } from './fused-kernel.ts';
export type { FusedKernelName, FusedKernels } from './fused-kernels.ts';
export { makeLedger } from './ledger/ledger.ts';
export type { Ledger, LedgerRecord } from './ledger/ledger.ts';
export type { LeakedTensors, LedgerPlace, LedgerRow, LoopPart } from './ledger/ledger-row.ts';
export type { LedgerRows } from './explain.ts';
export { History } from './history.ts';
export type { HistoryRow } from './history.ts';
export type { Loss } from './loss.ts';
export { metric } from './metric.ts';
export type { Metric } from './metric.ts';
export type { OnNonFinite } from './non-finite.ts';
export { OutOfMemoryError, TrapError } from './backend-failure.ts';
export { isMixed, mix } from './mixed-target.ts';
export type { MixedTarget, Target } from './mixed-target.ts';
export type {
  ForwardContext,
  Model,
  ModelFunction,
  ModelInput,
  ModelLike,
  ModelObject,
  Variables,
} from './model.ts';
export type {
  Gradients,
  Optimizer,
  OptimizerState,
  Parameters,
  ResetPolicy,
  ResetReport,
  SlotRole,
} from './optimizer.ts';
export { meanAbsoluteError, meanSquaredError } from './regression-losses.ts';
export { rng } from './rng.ts';
export type { Rng, RngState } from './rng.ts';
export { mapTensors, tensorsOf } from './tensors.ts';
export type { Comparison, Tensors } from './tensors.ts';
export type { BatchIterable, DataLike, DatasetBatch } from './to-data-source.ts';
export type { WeightViews } from './weight-views.ts';
export type { ViewedWeights } from './weight-views.ts';
export type { Evaluated } from './evaluation.ts';
export { CallbackError } from './fire.ts';
export { Learner } from './learner.ts';
export type { FitOptions, LoadOptions, PredictOptions } from './fit-options.ts';
export type { LearnerOptions } from './learner-options.ts';
export type { LearnerEvents } from './observers.ts';
export type { EventName } from './events.ts';
