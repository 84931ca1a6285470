import type { EpochPosition } from './checkpoints/run-state.ts';
import { restoreData, restorePlace, restoreWeights, type Resume } from './checkpoints/restore.ts';
import type { DataSource } from './data-source.ts';
import { wait, type Work } from './drive.ts';
import { eachBatch } from './each-batch.ts';
import { Evaluation, type Evaluated } from './evaluation.ts';
import { fire, fireAtRest, fireCleanup } from './fire.ts';
import { forwardAndBackward, forwardOnly } from './forward.ts';
import { inPart } from './ledger/in-part.ts';
import type { LoopState } from './loop-state.ts';
import type { Loss } from './loss.ts';
import type { Metric } from './metric.ts';
import { MetricMeans } from './metric-means.ts';
import { decideReplaced, decideStep, stopWhereAllSkipped } from './non-finite.ts';
import { isCancel, scope, type ScopeParts } from './scope.ts';

/** What a fit works on, besides the loop's own state. */
export interface FitParts {
  readonly train: DataSource;
  readonly valid: DataSource | undefined;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  /** Metrics to compute in training as well. */
  readonly trainMetrics: readonly Metric[];
  /** Where to go on from, in place of the beginning. */
  readonly resume?: Resume | undefined;
  /** Tells observers. */
  readonly notify: (event: 'epochStart' | 'batchEnd' | 'epochEnd') => void;
}

/** A fit: the loop as `callback.ts` draws it. */
export function fit(loop: LoopState, parts: FitParts): Work {
  return scope('fit', {
    *work() {
      loop.beginPhase('train', parts.train);
      const from = parts.resume;
      if (from) restoreWeights(loop, from);
      yield* fire(loop, 'beforeFit');
      if (from) yield* wait(restoreData(loop, from));
      let begun = from ? resume(loop, from) : null;
      for (; loop.epoch < loop.epochs && !loop.heedEnd(begun !== null); loop.epoch++) {
        yield* epoch(loop, parts, begun);
        begun = null;
        loop.heedEnd();
        yield* fireAtRest(loop, 'epoch');
      }
    },
    after() {
      loop.epoch = loop.history.rows.length;
      if (loop.epoch < loop.epochs) loop.history.ended ??= 'a callback threw CancelFit';
      return fire(loop, 'afterFit');
    },
    cleanup: () => fireCleanup(loop, 'cleanupFit'),
  });
}

/** Goes to where the run is to be resumed; returns how far its epoch had come, if it had begun. */
function resume(loop: LoopState, from: Resume): EpochPosition | null {
  // Once more: what begins a fit may have set hyper-parameters, or drawn random numbers.
  const anew = [...restoreWeights(loop, from), ...restorePlace(loop, from)];
  if (anew.length > 0)
    console.warn(
      `Learner.fit: resume: ${anew.join(', ')} could not be taken over, and so began anew`,
    );
  return from.inEpoch;
}

/** An epoch, or what is left of one that had begun: its `before` events have been then. */
function epoch(loop: LoopState, parts: FitParts, begun: EpochPosition | null): Work {
  const trained = new MetricMeans(parts.trainMetrics);
  const validated = new Evaluation(parts.metrics);
  loop.beginPhase('train', parts.train);
  loop.beginEpoch(trained, begun);
  parts.notify('epochStart');
  return scope('epoch', {
    *work() {
      if (!begun) yield* fire(loop, 'beforeEpoch');
      yield* train(loop, parts, begun);
      if (parts.valid) yield* validate(loop, parts.valid, parts.loss, validated);
    },
    *after() {
      stopWhereAllSkipped(loop);
      yield* wait(inPart(loop, 'figures', () => addRow(loop, trained, validated)));
      // Told first: a callback that ends the fit here must not keep the row from its observers.
      parts.notify('epochEnd');
      yield* fire(loop, 'afterEpoch');
    },
    *cleanup() {
      trained.dispose();
      validated.dispose();
      yield* fireCleanup(loop, 'cleanupEpoch');
    },
  });
}

function train(loop: LoopState, parts: FitParts, begun: EpochPosition | null): Work {
  const batch = batchScope(loop, () => trainBatch(loop, parts.loss));
  const left = (): void => {
    loop.batch++;
    parts.notify('batchEnd');
  };
  return scope('train', {
    *work() {
      if (!begun) yield* fire(loop, 'beforeTrain');
      yield* eachBatch(loop, parts.train, batch, left);
    },
    after: () => fire(loop, 'afterTrain'),
  });
}

function* trainBatch(loop: LoopState, loss: Loss): Work {
  if (loop.heard('beforeBatch')) yield* fire(loop, 'beforeBatch');
  try {
    forwardAndBackward(loop, loss);
    const computed = loop.onNonFinite === 'stop' ? undefined : yield* decideStep(loop);
    loop.addTrainLoss();
    inPart(loop, 'metrics', () => loop.trained?.add(loop));
    if (loop.heard('afterBackward')) yield* fire(loop, 'afterBackward');
    if (loop.heard('beforeStep')) yield* fire(loop, 'beforeStep');
    if (computed) yield* decideReplaced(loop, computed);
    inPart(loop, 'optimizer', () => loop.optimizer.step(loop.parameters, loop.grads));
    loop.step++;
    if (loop.heard('afterStep')) yield* fire(loop, 'afterStep');
  } catch (error) {
    if (!isCancel('step', error)) throw error;
  }
}

/** Validation, on the weights that a callback chose for it. */
export function validate(loop: LoopState, source: DataSource, loss: Loss, into: Evaluation): Work {
  const restore = loop.views.show(loop.views.validation);
  const training = loop.beginPhase('valid', source);
  const batch = batchScope(loop, function* () {
    if (loop.heard('beforeBatch')) yield* fire(loop, 'beforeBatch');
    forwardOnly(loop, loss);
    inPart(loop, 'metrics', () => into.add(loop));
  });
  return scope('validate', {
    *work() {
      yield* fire(loop, 'beforeValidate');
      yield* eachBatch(loop, source, batch);
    },
    after: () => fire(loop, 'afterValidate'),
    free() {
      restore();
      training();
    },
  });
}

/** What every batch has around its work, in training and in validation. */
function batchScope(loop: LoopState, work: () => Work): ScopeParts {
  return {
    work,
    after: () => (loop.heard('afterBatch') ? fire(loop, 'afterBatch') : undefined),
    cleanup: () => (loop.heard('cleanupBatch') ? fireCleanup(loop, 'cleanupBatch') : undefined),
    free: () => {
      loop.endBatch();
    },
  };
}

async function addRow(loop: LoopState, trained: MetricMeans, validated: Evaluation): Promise<void> {
  const trainLoss = await loop.trainLoss.read();
  const trainMetrics = await trained.read();
  const valid: Evaluated | undefined = validated.empty ? undefined : await validated.read();
  const { optimizer } = loop;
  loop.history.rows.push({
    epoch: loop.epoch,
    trainLoss,
    smoothLoss: loop.smoothLoss,
    validLoss: valid?.loss,
    metrics: valid?.metrics ?? {},
    trainMetrics,
    hyperparameters: Object.fromEntries(
      optimizer.hyperparameters.map((name) => [name, optimizer.get(name)]),
    ),
    seconds: (performance.now() - loop.epochStarted) / 1000,
    ...(loop.skipped > 0 && { skipped: loop.skipped }),
  });
}
