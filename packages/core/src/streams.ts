import { rng, type Rng, type RngState } from './rng.ts';

/** The named random streams of a seed, made when they are first asked for. */
export class Streams {
  readonly #seed: number;
  readonly #streams = new Map<string, Rng>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  get(name: string): Rng {
    let stream = this.#streams.get(name);
    if (!stream) this.#streams.set(name, (stream = rng(this.#seed, name)));
    return stream;
  }

  /** Where every stream is. */
  state(): Record<string, RngState> {
    return Object.fromEntries([...this.#streams].map(([name, stream]) => [name, stream.state()]));
  }

  /** Puts every stream where it was; one that was not there yet goes back to its beginning. */
  load(states: Readonly<Record<string, RngState>>): void {
    for (const [name, state] of Object.entries(states)) this.get(name).load(state);
    for (const [name, stream] of this.#streams)
      if (!Object.hasOwn(states, name)) stream.load(rng(this.#seed, name).state());
  }
}
