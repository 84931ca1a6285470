import type { Tensor } from '@tensorflow/tfjs';

/** What layers are told with their inputs. */
export interface LayerArguments {
  readonly training?: boolean;
  /** Batch norm layers whose only reader in this model is a ReLU, so that the two may run as one. */
  readonly rectified?: ReadonlySet<object>;
}

/** The method `call` of layers and models, which people may call with inputs alone. */
export type LayerCall<Layer = object> = (
  this: Layer,
  inputs: Tensor | Tensor[],
  kwargs?: LayerArguments,
) => Tensor | Tensor[];

/** Answers of batch norm layers that are rectified already. */
export const rectifiedAnswers = new WeakSet<Tensor>();
