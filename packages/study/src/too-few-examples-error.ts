/** More training examples were asked for than the data set has. */
export class TooFewExamplesError extends RangeError {
  constructor(dataset: string, available: number, asked: number) {
    super(
      `examples must be an integer <= ${available}, which is all that ${dataset} has to train on, got ${asked}`,
    );
    this.name = 'TooFewExamplesError';
  }
}
