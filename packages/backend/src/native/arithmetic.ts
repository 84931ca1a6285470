import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import { scalar } from './constants.ts';
import { floats, run, type TensorFlow } from './tensorflow.ts';

/** Arithmetic on float32 past the engine, at half of what its own operations cost a call; numbers become constants. */
export function arithmetic(backend: TensorFlow) {
  const attributes = [floats(backend, 'T')];
  const tensor = (x: TensorInfo | number): TensorInfo =>
    typeof x === 'number' ? scalar(backend, x) : x;
  const binary =
    (op: string) =>
    (a: TensorInfo | number, b: TensorInfo | number): Tensor =>
      run(backend, op, [tensor(a), tensor(b)], attributes);
  const unary =
    (op: string) =>
    (x: TensorInfo): Tensor =>
      run(backend, op, [x], attributes);
  return {
    add: binary('AddV2'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('RealDiv'),
    maximum: binary('Maximum'),
    sqrt: unary('Sqrt'),
    square: unary('Square'),
  };
}
