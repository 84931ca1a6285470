import type { TensorInfo } from '@tensorflow/tfjs';
import type { FusedKernels } from '@tfloop/core';
import type { BatchNormKernels } from '../fused/batch-norm-kernels.ts';
import type { DenseKernels } from '../fused/dense-kernels.ts';

/** Tensors as a back end sees them, in place of those of the engine. */
type Infos<Tensors> = { readonly [Key in keyof Tensors]: TensorInfo };

/** What is asked of back ends by name: by core's optimizers and losses, and by our layers. */
type Contracts = FusedKernels & BatchNormKernels & DenseKernels;

/** Name of a kernel that does in one pass what would take many of tfjs's own. */
export type FusedName = keyof Contracts;

/** What a fused kernel takes and gives by the contract, so that no back end can take it otherwise. */
export interface Fused<Name extends FusedName> {
  readonly inputs: Infos<Contracts[Name]['inputs']>;
  readonly attrs: Contracts[Name]['attrs'];
  readonly outputs: Infos<Contracts[Name]['outputs']> & readonly TensorInfo[];
}
