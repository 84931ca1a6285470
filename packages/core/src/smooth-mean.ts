/** An exponential mean with decay 0.98, corrected for its start at zero; NaN of nothing. */
export class SmoothMean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#count++;
    this.#sum = 0.98 * this.#sum + 0.02 * value;
  }

  state(): readonly [sum: number, count: number] {
    return [this.#sum, this.#count];
  }

  load([sum, count]: readonly [sum: number, count: number]): void {
    this.#sum = sum;
    this.#count = count;
  }

  get value(): number {
    return this.#sum / (1 - 0.98 ** this.#count);
  }
}
