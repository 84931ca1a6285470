import * as tf from '@tensorflow/tfjs';
import { spans } from '#spans';
import { isPromise } from '../drive.ts';
import type { Model } from '../model.ts';
import type { Optimizer, SlotRole } from '../optimizer.ts';
import { makeLedger, type Ledger } from './ledger.ts';
import { keyOf, type LedgerPlace, type LoopPart } from './ledger-row.ts';
import type { Span } from './span.ts';
import { Tally } from './tally.ts';
import { watchTensors, type TensorWatcher } from './tensor-watch.ts';

/** A call, and the tensors of it that are alive. */
interface Call extends Span {
  readonly tally: Tally;
  /** Milliseconds of calls within this one, which have rows of their own. */
  inner: number;
  alive: number;
  bytes: number;
}

/** A tensor that is alive. */
interface Made {
  readonly call: Call;
  readonly dtype: tf.DataType;
  readonly shape: number[];
  readonly bytes: number;
}

/** Recorders that are open. */
let open = 0;

const ROLES: readonly SlotRole[] = ['first-moment', 'second-moment', 'other'];

/**
 * Keeps the books of one fit: from its making on it watches the engine, and {@link LedgerRecorder.close} has to end that.
 *
 * A tensor belongs to the innermost call that made it, for each fit: what a fit within a callback makes is that
 * fit's and the callback's.
 */
export class LedgerRecorder {
  readonly #tallies = new Map<string, Tally>();
  /** By tensor id, so that no tensor is held on to. */
  readonly #alive = new Map<number, Made>();
  readonly #unwatch: () => void;
  #bytes: number;
  #peakBytes: number;

  constructor() {
    this.#bytes = this.#peakBytes = tf.memory().numBytes;
    const watcher: TensorWatcher = {
      made: (tensor) => {
        this.#made(tensor);
      },
      freed: (tensor) => {
        this.#freed(tensor);
      },
      read: () => {
        const call = this.#call();
        if (call) call.tally.readBacks++;
      },
    };
    this.#unwatch = watchTensors(watcher);
    open++;
  }

  /** Does the work of a callback in one of its events or signals, and writes down what it took. */
  event<T>(
    callback: string,
    event: LedgerPlace['event'],
    phase: LedgerPlace['phase'],
    work: () => T,
  ): T {
    return this.#record({ callback, event, phase }, work);
  }

  /** The same for the loop's own work. */
  part<T>(part: LoopPart, phase: LedgerPlace['phase'], work: () => T): T {
    return this.#record({ callback: null, event: part, phase }, work);
  }

  /** Ends the watch after all cleanups of the fit, whose model and optimizer keep what they have. */
  close(model: Model, optimizer: Optimizer): Ledger {
    this.#unwatch();
    if (--open === 0) spans.close();
    const variables = [
      ...model.variables.values(),
      ...ROLES.flatMap((role) => [...optimizer.slots(role).values()]),
    ];
    for (const { id } of variables) this.#alive.delete(id);
    for (const made of this.#alive.values()) made.call.tally.leak(made, made.bytes);
    this.#alive.clear();
    const rows = [...this.#tallies.values()].map((tally) => tally.row());
    return makeLedger({ rows, peakBytes: this.#peakBytes });
  }

  #record<T>(place: LedgerPlace, work: () => T): T {
    const call: Call = {
      book: this,
      outer: spans.outerFor(this),
      tally: this.#tally(place),
      inner: 0,
      alive: 0,
      bytes: 0,
    };
    call.tally.calls++;
    const started = performance.now();
    const end = (): void => {
      this.#end(call, performance.now() - started);
    };
    let result: T;
    try {
      result = spans.run(call, work);
    } catch (error) {
      end();
      throw error;
    }
    if (isPromise(result)) return Promise.resolve(result).finally(end) as T;
    end();
    return result;
  }

  #end(call: Call, milliseconds: number): void {
    spans.ended(call);
    const { tally } = call;
    tally.seconds += (milliseconds - call.inner) / 1000;
    tally.kept += call.alive;
    tally.keptBytes += call.bytes;
    const outer = this.#within(call.outer);
    if (outer) outer.inner += milliseconds;
  }

  #made(tensor: tf.Tensor): void {
    const bytes = bytesOf(tensor);
    this.#bytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
    const call = this.#call();
    if (!call) return;
    const { id, dtype, shape } = tensor;
    this.#alive.set(id, { call, dtype, shape, bytes });
    call.alive++;
    call.bytes += bytes;
    call.tally.made++;
    call.tally.peakBytes = Math.max(call.tally.peakBytes, call.bytes);
  }

  #freed(tensor: tf.Tensor): void {
    this.#bytes -= bytesOf(tensor);
    const made = this.#alive.get(tensor.id);
    if (!made) return;
    this.#alive.delete(tensor.id);
    made.call.alive--;
    made.call.bytes -= made.bytes;
  }

  /** This fit's call that is going on. */
  #call(): Call | undefined {
    return this.#within(spans.current());
  }

  #within(span: Span | undefined): Call | undefined {
    let at = span;
    while (at && at.book !== this) at = at.outer;
    return at as Call | undefined;
  }

  #tally(place: LedgerPlace): Tally {
    const key = keyOf(place);
    let tally = this.#tallies.get(key);
    if (!tally) this.#tallies.set(key, (tally = new Tally(place)));
    return tally;
  }
}

/** As the engine counts them; of complex numbers, of which it counts none, what they take. */
function bytesOf({ dtype, size }: tf.Tensor): number {
  return dtype === 'string' ? 0 : size * tf.util.bytesPerElement(dtype);
}
