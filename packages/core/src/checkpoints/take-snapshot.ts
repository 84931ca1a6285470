import * as tf from '@tensorflow/tfjs';
import type { CallbackState } from '../callback.ts';
import type { DataSource } from '../data-source.ts';
import type { LoopState } from '../loop-state.ts';
import type { EpochPosition, Position, RunState, WeightView } from './run-state.ts';

/** All of a run that is at rest. The caller owns its tensors, which share their data with the run's. */
export async function takeSnapshot(loop: LoopState): Promise<RunState> {
  const { model, optimizer, streams, history, views, plan } = loop;
  // What has to be waited for comes first: from then on nothing may move.
  const fingerprint = await loop.fingerprint();
  const position = await positionOf(loop);
  const callbacks: Record<string, CallbackState> = {};
  for (const { name, state } of stateful(plan)) callbacks[name] = state();
  return {
    id: loop.id,
    fingerprint,
    position,
    history: [...history.rows],
    streams: streams.state(),
    weights: clones(model.variables),
    view: views.validation === 'fast' ? undefined : viewOf(loop, views.validation),
    optimizer: optimizer.state(),
    callbacks,
  };
}

/** Frees the tensors of a snapshot. */
export function disposeRunState({ weights, view, optimizer, callbacks }: RunState): void {
  tf.dispose([weights, view?.weights, optimizer.slots, callbacks] as tf.TensorContainer);
}

/** The callbacks that have something to keep. */
export function stateful(plan: LoopState['plan']): {
  name: string;
  passive: boolean;
  state: () => CallbackState;
  load: (state: CallbackState) => void;
}[] {
  return plan.flatMap((callback) =>
    callback.state && callback.load
      ? [
          {
            name: callback.name,
            passive: callback.passive ?? false,
            state: () => callback.state?.() ?? null,
            load: (state: CallbackState) => callback.load?.(state),
          },
        ]
      : [],
  );
}

async function positionOf(loop: LoopState): Promise<Position> {
  const inEpoch = loop.rest === 'batch' ? await epochPositionOf(loop) : null;
  return {
    epoch: inEpoch ? loop.epoch : loop.epoch + 1,
    step: loop.step,
    batch: loop.batch,
    smoothLoss: loop.smooth.state(),
    dataEpochs: {
      train: epochsBegun(loop.train, inEpoch ? 1 : 0),
      valid: epochsBegun(loop.valid, 0),
    },
    ...(loop.finished !== undefined && { finished: loop.finished }),
    inEpoch,
  };
}

/** The running epoch is begun again by whoever goes on with it. */
function epochsBegun(source: DataSource | undefined, running: number): number | null {
  return source?.epochs ? source.epochs.begun() - running : null;
}

async function epochPositionOf(loop: LoopState): Promise<EpochPosition> {
  return {
    batches: loop.batchInEpoch,
    dataOrder: loop.epochOrder ?? loop.rng('data order train').state(),
    firstBatch: loop.firstBatch,
    seconds: (performance.now() - loop.epochStarted) / 1000,
    trainLoss: await loop.trainLoss.state(),
    trainMetrics: (await loop.trained?.state()) ?? {},
    ...(loop.skipped > 0 && { skipped: loop.skipped }),
  };
}

function viewOf(loop: LoopState, name: string): WeightView {
  return { name, weights: clones(loop.views.weights(name)) };
}

/** A variable gets new data by being pointed at it, so that a clone of it stays as it is. */
function clones(tensors: ReadonlyMap<string, tf.Tensor>): Record<string, tf.Tensor> {
  return Object.fromEntries([...tensors].map(([name, tensor]) => [name, tf.clone(tensor)]));
}
