import * as tf from '@tensorflow/tfjs';
import type { DataSource } from './data-source.ts';
import { wait, type Work } from './drive.ts';
import { eachBatch } from './each-batch.ts';
import { Evaluation, type Evaluated } from './evaluation.ts';
import { fire, fireCleanup } from './fire.ts';
import { forwardAndBackward, forwardOnly } from './forward.ts';
import type { LoopState } from './loop-state.ts';
import type { Loss } from './loss.ts';
import type { Metric } from './metric.ts';
import { MetricMeans } from './metric-means.ts';
import { cancellable, withCleanup } from './scopes.ts';

/** What a fit works on, besides the loop's own state. */
export interface FitParts {
  readonly train: DataSource;
  readonly valid: DataSource | undefined;
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
  /** Metrics to compute in training as well. */
  readonly trainMetrics: readonly Metric[];
  /** Tells observers. */
  readonly notify: (event: 'epochStart' | 'batchEnd' | 'epochEnd') => void;
}

/** Batches whose losses may stay on the device before they are read together. */
const MOST_PENDING = 256;

/** A fit: the loop as `callback.ts` draws it. */
export function* fit(loop: LoopState, parts: FitParts): Work {
  yield* withCleanup(
    function* () {
      yield* cancellable('fit', function* () {
        loop.beginPhase('train', parts.train);
        yield* fire(loop, 'beforeFit');
        for (; loop.epoch < loop.epochs && !loop.stopping; loop.epoch++) yield* epoch(loop, parts);
      });
      yield* cancellable('fit', () => fire(loop, 'afterFit'));
    },
    () => fireCleanup(loop, 'cleanupFit'),
  );
}

function* epoch(loop: LoopState, parts: FitParts): Work {
  const started = performance.now();
  const trained = new MetricMeans(parts.trainMetrics);
  const validated = new Evaluation(parts.metrics);
  loop.trainLoss.reset();
  loop.beginPhase('train', parts.train);
  parts.notify('epochStart');
  yield* withCleanup(
    function* () {
      yield* cancellable('epoch', function* () {
        yield* fire(loop, 'beforeEpoch');
        yield* train(loop, parts, trained);
        if (parts.valid) yield* validate(loop, parts.valid, parts.loss, validated);
      });
      yield* wait(addRow(loop, trained, validated, started));
      // Told first: a callback that ends the fit here must not keep the row from its observers.
      parts.notify('epochEnd');
      yield* cancellable('epoch', () => fire(loop, 'afterEpoch'));
    },
    function* () {
      trained.dispose();
      validated.dispose();
      yield* fireCleanup(loop, 'cleanupEpoch');
    },
  );
}

function* train(loop: LoopState, parts: FitParts, trained: MetricMeans): Work {
  yield* cancellable('train', function* () {
    yield* fire(loop, 'beforeTrain');
    yield* eachBatch(loop, parts.train, function* () {
      try {
        yield* batch(loop, () => trainBatch(loop, parts.loss, trained));
      } finally {
        loop.batch++;
        parts.notify('batchEnd');
      }
      if (loop.trainLoss.pending >= MOST_PENDING) yield* wait(loop.trainLoss.read());
    });
  });
  yield* cancellable('train', () => fire(loop, 'afterTrain'));
}

function* trainBatch(loop: LoopState, loss: Loss, trained: MetricMeans): Work {
  yield* cancellable('step', function* () {
    forwardAndBackward(loop, loss);
    loop.trainLoss.add(tf.clone(loop.loss), loop.size);
    trained.add(loop);
    yield* fire(loop, 'afterBackward');
    yield* fire(loop, 'beforeStep');
    loop.optimizer.step(loop.parameters, loop.grads);
    loop.step++;
    yield* fire(loop, 'afterStep');
  });
}

/** Validation, on the weights that a callback chose for it. */
export function* validate(loop: LoopState, source: DataSource, loss: Loss, into: Evaluation): Work {
  const restore = loop.views.show(loop.views.validation);
  const training = loop.beginPhase('valid', source);
  yield* withCleanup(
    function* () {
      yield* cancellable('validate', function* () {
        yield* fire(loop, 'beforeValidate');
        yield* eachBatch(loop, source, () =>
          batch(loop, function* () {
            forwardOnly(loop, loss);
            into.add(loop);
          }),
        );
      });
      yield* cancellable('validate', () => fire(loop, 'afterValidate'));
    },
    function* () {
      restore();
      training();
    },
  );
}

function* batch(loop: LoopState, work: () => Work): Work {
  yield* withCleanup(
    function* () {
      yield* cancellable('batch', function* () {
        yield* fire(loop, 'beforeBatch');
        yield* work();
      });
      yield* cancellable('batch', () => fire(loop, 'afterBatch'));
    },
    () =>
      withCleanup(
        () => fireCleanup(loop, 'cleanupBatch'),
        function* () {
          loop.endBatch();
        },
      ),
  );
}

async function addRow(
  loop: LoopState,
  trained: MetricMeans,
  validated: Evaluation,
  started: number,
): Promise<void> {
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
    seconds: (performance.now() - started) / 1000,
  });
}
