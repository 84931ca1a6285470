import { EventEmitter } from 'eventemitter3';
import { check } from './check.ts';
import type { ResumePoint } from './checkpoints/resume-point.ts';
import { isPromise } from './drive.ts';
import type { History, HistoryRow } from './history.ts';
import type { LoopState } from './loop-state.ts';

/** What observers can listen to. They are told and not waited for, and can't change the loop. */
export interface LearnerEvents {
  fitStart: [{ epochs: number; callbacks: readonly string[] }];
  /** A fit goes on from a checkpoint. */
  resume: [ResumePoint];
  epochStart: [{ epoch: number }];
  batchEnd: [{ epoch: number; batchInEpoch: number; step: number }];
  epochEnd: [HistoryRow];
  fitEnd: [History];
}

const EVENTS: readonly (keyof LearnerEvents)[] = [
  'fitStart',
  'resume',
  'epochStart',
  'batchEnd',
  'epochEnd',
  'fitEnd',
];

/** The observers of a learner. */
export class Observers {
  readonly #emitter = new EventEmitter();

  /** Adds an observer and returns a function that removes it. */
  on<E extends keyof LearnerEvents>(
    event: E,
    observer: (...payload: LearnerEvents[E]) => unknown,
  ): () => void {
    check.oneOf('Learner.on', 'event', event, EVENTS);
    // An observer can't stop the training, and its mistake should not go unseen either.
    const complain = (error: unknown): void => {
      console.error(`Learner: an observer of ${event} failed:`, error);
    };
    const listener = (...payload: unknown[]) => {
      try {
        const result = observer(...(payload as LearnerEvents[E]));
        if (isPromise(result)) void result.then(undefined, complain);
      } catch (error) {
        complain(error);
      }
    };
    this.#emitter.on(event, listener);
    return () => void this.#emitter.off(event, listener);
  }

  /** Whether anybody listens. */
  has(event: keyof LearnerEvents): boolean {
    return this.#emitter.listenerCount(event) > 0;
  }

  tell<E extends keyof LearnerEvents>(event: E, ...payload: LearnerEvents[E]): void {
    this.#emitter.emit(event, ...payload);
  }

  /** Tells of what the loop has come to. */
  tellOf(event: 'epochStart' | 'batchEnd' | 'epochEnd', loop: LoopState): void {
    // Once a batch, and most often nobody listens.
    if (!this.has(event)) return;
    const { epoch, batchInEpoch, step, history } = loop;
    if (event === 'batchEnd') this.tell(event, { epoch, batchInEpoch, step });
    else if (event === 'epochStart') this.tell(event, { epoch });
    else if (history.last) this.tell(event, history.last);
  }
}
