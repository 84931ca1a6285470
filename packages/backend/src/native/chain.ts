import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import { scalar } from './constants.ts';
import { make, type Attribute, type Made, type TensorFlow } from './tensorflow.ts';

/** What an op of a chain takes: a tensor, a constant number, or what an op before it has made. */
export type Operand = TensorInfo | Made | number;

/** Runs the ops of a chain. */
export interface Chain {
  /** An op with one output. */
  readonly run: RunOp;
  /** An op with none, for what it does. */
  readonly perform: (
    op: string,
    operands: readonly Operand[],
    attributes: readonly Attribute[],
  ) => void;
}

/** Runs an op with one output. */
export type RunOp = (
  op: string,
  operands: readonly Operand[],
  attributes: readonly Attribute[],
) => Made;

/**
 * Runs ops one on another, of which the engine gets to know only what `work` returns: a tensor that it counts costs as much
 * as a small op does. The rest is let go of. What is returned has to be made in this chain, and stands there once.
 */
export function chain<const Results extends readonly Made[]>(
  backend: TensorFlow,
  work: (chain: Chain) => Results,
): { [Index in keyof Results]: Tensor } {
  const { binding } = backend;
  const made: Made[] = [];
  const kept = new Set<Made>();
  const idOf = (operand: Operand): number => {
    const known = typeof operand === 'number' ? scalar(backend, operand) : operand;
    return known.dataId === undefined
      ? known.id
      : (backend.getInputTensorIds([known])[0] as number);
  };
  const run: RunOp = (op, operands, attributes) => {
    const out = make(backend, op, operands.map(idOf), attributes);
    made.push(out);
    return out;
  };
  try {
    const results = work({
      run,
      perform: (op, operands, attributes) => {
        binding.executeOp(op, attributes, operands.map(idOf), 0);
      },
    });
    const tensors = results.map((result) => {
      kept.add(result);
      return backend.createOutputTensor(result);
    });
    return tensors as { [Index in keyof Results]: Tensor };
  } finally {
    for (const one of made) if (!kept.has(one)) binding.deleteTensor(one.id);
  }
}
