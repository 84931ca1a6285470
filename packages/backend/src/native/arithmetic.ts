import type { Operand, RunOp } from './chain.ts';
import { floats, type Made, type TensorFlow } from './tensorflow.ts';

/** Arithmetic on float32 within a chain of ops. */
export function arithmetic(backend: TensorFlow, run: RunOp) {
  const attributes = [floats(backend, 'T')];
  const binary =
    (op: string) =>
    (a: Operand, b: Operand): Made =>
      run(op, [a, b], attributes);
  const unary =
    (op: string) =>
    (x: Operand): Made =>
      run(op, [x], attributes);
  return {
    add: binary('AddV2'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('RealDiv'),
    maximum: binary('Maximum'),
    minimum: binary('Minimum'),
    /** True or false, for `select`. */
    greater: binary('Greater'),
    /** Numbers of `a` where the condition holds, else of `b`. */
    select: (condition: Made, a: Operand, b: Operand): Made =>
      run('SelectV2', [condition, a, b], attributes),
    exp: unary('Exp'),
    neg: unary('Neg'),
    sqrt: unary('Sqrt'),
    square: unary('Square'),
  };
}
