/** What kind of thing went wrong, and the exit code that says so. */
export const exitCodes = {
  unexpected: 1,
  usage: 2,
  unsupported: 3,
  tool: 4,
  space: 5,
  network: 6,
  compile: 7,
  load: 8,
  interrupted: 130,
} as const;

export type FailureKind = keyof typeof exitCodes;

/** Something that keeps native from being installed; the message is one sentence, with what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;

  /** `output` is all that a tool said, for those who ask for it. */
  constructor(kind: FailureKind, message: string, output?: string) {
    super(message, output === undefined ? undefined : { cause: output });
    this.kind = kind;
  }
}
