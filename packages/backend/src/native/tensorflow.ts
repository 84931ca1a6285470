import type { KernelBackend, Tensor, TensorInfo } from '@tensorflow/tfjs';
import { messageOf } from '../message-of.ts';

/** What is used of tfjs-node's back end: ops of TensorFlow's C library, run at once. */
export interface TensorFlow extends KernelBackend {
  readonly binding: Binding;
  /** Handles of tensors, whose values are handed to the library if they have not been yet. */
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  createOutputTensor(made: Made): Tensor;
  readonly isUsingGpuDevice: boolean;
}

/** The add-on. */
interface Binding {
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  executeOp(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly number[],
    outputs: number,
  ): Made[];
  deleteTensor(id: number): void;
}

/** A tensor that the library has made, before the engine knows of it. */
export interface Made {
  readonly id: number;
  /** A tensor of the engine has an `id` as well, which means something else. */
  readonly dataId?: never;
}

/** An attribute of an op. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean | string | readonly number[];
}

/** Runs an op with one output, which the engine tracks. */
export function run(
  backend: TensorFlow,
  op: string,
  inputs: readonly TensorInfo[],
  attributes: readonly Attribute[],
): Tensor {
  return backend.createOutputTensor(
    make(backend, op, backend.getInputTensorIds(inputs), attributes),
  );
}

/** Runs an op with one output, of which the engine knows nothing. */
export function make(
  backend: TensorFlow,
  op: string,
  ids: readonly number[],
  attributes: readonly Attribute[],
): Made {
  const [made] = execute(backend, op, attributes, ids, 1);
  if (!made) throw new Error(`@tfloop/backend: TensorFlow's op ${op} gave nothing`);
  return made;
}

/** Runs an op with so many outputs, and hands out those that are wanted. */
export function runMany<Wanted extends readonly number[]>(
  backend: TensorFlow,
  op: string,
  inputs: readonly TensorInfo[],
  attributes: readonly Attribute[],
  { outputs, wanted }: { readonly outputs: number; readonly wanted: readonly [...Wanted] },
): { [Index in keyof Wanted]: Tensor } {
  const { binding } = backend;
  const made = execute(backend, op, attributes, backend.getInputTensorIds(inputs), outputs);
  made.forEach(({ id }, index) => {
    if (!wanted.includes(index)) binding.deleteTensor(id);
  });
  const tensors = wanted.map((index) => backend.createOutputTensor(made[index] as Made));
  return tensors as { [Index in keyof Wanted]: Tensor };
}

/** TensorFlow's errors say what is wrong, and not always with which op. */
function execute(
  { binding }: TensorFlow,
  op: string,
  attributes: readonly Attribute[],
  ids: readonly number[],
  outputs: number,
): Made[] {
  try {
    return binding.executeOp(op, attributes, ids, outputs);
  } catch (error) {
    throw new Error(`${op} on native: ${messageOf(error)}`, { cause: error });
  }
}

/** An attribute that says that something is float32. */
export function floats({ binding }: TensorFlow, name: string): Attribute {
  return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
}

/** An attribute that says that something is int32. */
export function ints({ binding }: TensorFlow, name: string): Attribute {
  return { name, type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 };
}

/** An attribute that is a number with a fraction. */
export function float({ binding }: TensorFlow, name: string, value: number): Attribute {
  return { name, type: binding.TF_ATTR_FLOAT, value };
}

/** An attribute that is true or false. */
export function bool({ binding }: TensorFlow, name: string, value: boolean): Attribute {
  return { name, type: binding.TF_ATTR_BOOL, value };
}

/** An attribute that is a text. */
export function text({ binding }: TensorFlow, name: string, value: string): Attribute {
  return { name, type: binding.TF_ATTR_STRING, value };
}
