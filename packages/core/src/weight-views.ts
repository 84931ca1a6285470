import * as tf from '@tensorflow/tfjs';
import type { Parameters } from './optimizer.ts';

/** The weights that a view holds, by parameter name: live tensors of the one who provides them. */
export type ViewedWeights = () => ReadonlyMap<string, tf.Tensor>;

const FAST = { name: 'fast' };

/**
 * Other weights than the training ones to look at: Lookahead's `'slow'`, an average's `'ema'`.
 *
 * `'fast'` always is what the optimizer moves. A callback provides a view in `beforeFit`; consumers show one
 * with {@link WeightViews.show}, and the loop validates on the one chosen with
 * {@link WeightViews.validateOn}. Showing a view copies no data: variables are pointed at its tensors.
 */
export class WeightViews {
  readonly #parameters: Parameters;
  readonly #views = new Map<string, ViewedWeights>();
  #validation: { view: string; owner: string } | undefined;
  #shown = FAST;
  /** The training weights while another view shows. */
  readonly #fast = new Map<string, tf.Tensor>();

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
  }

  /** The views there are. */
  get names(): string[] {
    return ['fast', ...this.#views.keys()];
  }

  /** The weights of a view that a callback provides, which owns them. Throws where there is no such view. */
  weights(name: string): ReadonlyMap<string, tf.Tensor> {
    const weights = this.#views.get(name);
    if (!weights) throw this.#unknown(name);
    return weights();
  }

  /** The view that validation shows. */
  get validation(): string {
    return this.#validation?.view ?? 'fast';
  }

  /** Offers a view. Throws where another callback provides one of that name. */
  provide(name: string, weights: ViewedWeights): void {
    if (this.names.includes(name))
      throw new Error(`weight view "${name}" is provided by another callback already`);
    this.#views.set(name, weights);
  }

  /** Lets validation show a view. Throws where another callback has chosen already. */
  validateOn(view: string, owner: string): void {
    if (this.#validation)
      throw new Error(
        `${owner} wants to validate on the "${view}" weights, but ${this.#validation.owner} validates on ` +
          `the "${this.#validation.view}" ones; let one of them evaluate: 'fast'`,
      );
    this.#validation = { view, owner };
  }

  /**
   * Puts a view's weights into the model's variables and returns a function that puts back what showed before.
   * Views may be shown one over another, and are put back in reverse.
   */
  show(name: string): () => void {
    const before = this.#shown;
    const shown = { name };
    this.#put(name);
    this.#shown = shown;
    return () => {
      if (this.#shown !== shown) return;
      this.#put(before.name);
      this.#shown = before;
    };
  }

  /** Puts the training weights back, whatever shows; the end of a fit does so in any case. */
  restore(): void {
    this.#put('fast');
    this.#shown = FAST;
  }

  #unknown(name: string): Error {
    return new Error(`there is no weight view "${name}"; there are ${this.names.join(', ')}`);
  }

  /** Always by way of the training weights: a view need not hold every parameter. */
  #put(name: string): void {
    const weights = this.#views.get(name);
    if (!weights && name !== 'fast') throw this.#unknown(name);
    for (const [parameter, fast] of this.#fast) {
      this.#parameters.get(parameter)?.assign(fast);
      fast.dispose();
    }
    this.#fast.clear();
    if (!weights) return;
    try {
      for (const [parameter, shown] of weights()) {
        const variable = this.#parameters.get(parameter);
        if (!variable) continue;
        // A clone shares the data, and goes on holding it when the variable is pointed elsewhere.
        this.#fast.set(parameter, tf.clone(variable));
        variable.assign(shown);
      }
    } catch (error) {
      this.restore();
      throw error;
    }
  }
}
