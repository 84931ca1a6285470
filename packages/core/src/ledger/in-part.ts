import type { LoopState } from '../loop-state.ts';
import type { LoopPart } from './ledger-row.ts';

/** Does a part of the loop's own work, and writes down what it took where somebody keeps the books. */
export function inPart<T>(loop: LoopState, part: LoopPart, work: () => T): T {
  return loop.ledger ? loop.ledger.part(part, loop.phase, work) : work();
}
