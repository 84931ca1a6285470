import { getBackend, getGradient, registerGradient, unregisterGradient } from '@tensorflow/tfjs';
import type { GradConfig } from '@tensorflow/tfjs';
import type { Override, Reason } from './override.ts';

/** A gradient on one back end; undefined for calls that it leaves to the stock one. */
export type EngineGradient = (
  ...call: Parameters<GradConfig['gradFunc']>
) => ReturnType<GradConfig['gradFunc']> | undefined;

/** What the forward kernel keeps for its gradient, where that is another thing than for the stock one, which has to do with it. */
export type Saved = Pick<GradConfig, 'inputsToSave' | 'outputsToSave'>;

/** The output of a ReLU says as much as its input, and is in memory anyway. */
export const ofReluOutput: Saved = { inputsToSave: [], outputsToSave: [true] };

// Shared through the symbol registry, so that a second copy of this package sees the first one's gradients.
const mark = Symbol.for('@tfloop/backend:gradient');

/**
 * An override of the gradient of one kernel on one back end. Gradients are the engine's, whatever it computes on: the others
 * keep the stock one, or what is declared for them, with the same `saved`.
 */
export function gradientOverride(
  engineName: string,
  kernelName: string,
  reason: Reason,
  gradient: EngineGradient,
  saved: Saved = {},
): Override {
  const current = (): MarkedGradient | undefined => getGradient(kernelName);
  const replaced = (): Replaced | undefined => current()?.[mark];
  const replace = (config: GradConfig): void => {
    unregisterGradient(kernelName);
    registerGradient(config);
  };
  return {
    name: `${kernelName} gradient`,
    reason,
    installed: () => replaced()?.ofEngines.has(engineName) ?? false,
    install() {
      const found = current();
      if (!found)
        throw new Error(`@tfloop/backend: there is no gradient of ${kernelName} to replace`);
      const ofEngines = found[mark]?.ofEngines ?? new Map<string, EngineGradient>();
      if (!ofEngines.has(engineName)) ofEngines.set(engineName, gradient);
      if (!found[mark]) replace({ ...choose(found, ofEngines), ...saved });
    },
    remove() {
      const { stock, ofEngines } = replaced() ?? {};
      if (!stock || !ofEngines?.delete(engineName)) return;
      if (ofEngines.size === 0) replace(stock);
    },
  };
}

/** What gradients of ours stand in for, and on which back ends. */
interface Replaced {
  readonly stock: GradConfig;
  readonly ofEngines: Map<string, EngineGradient>;
}

type MarkedGradient = GradConfig & { readonly [mark]?: Replaced };

function choose(stock: GradConfig, ofEngines: Map<string, EngineGradient>): MarkedGradient {
  return {
    ...stock,
    [mark]: { stock, ofEngines },
    gradFunc: (...call) => ofEngines.get(getBackend())?.(...call) ?? stock.gradFunc(...call),
  };
}
