/** A map that tells of every value that was ever put into it, so that replaced ones are not lost. */
export class OwnedMap<K, V> extends Map<K, V> {
  readonly #own: (value: V) => void;

  constructor(own: (value: V) => void) {
    super();
    this.#own = own;
  }

  override set(key: K, value: V): this {
    this.#own(value);
    return super.set(key, value);
  }
}
