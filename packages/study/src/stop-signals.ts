/** Signals that ask a program to stop, and the exit codes that tell of them: 128 and the signal's number. */
export const STOP_SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** A signal that asks a program to stop. */
export type StopSignal = keyof typeof STOP_SIGNALS;
