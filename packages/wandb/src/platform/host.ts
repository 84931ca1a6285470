import type { OutputStream } from '../console-capture.ts';

/** The version of the program. */
export interface GitInfo {
  readonly commit: string;
  /** Without user and password; '' where there is none. */
  readonly remoteUrl: string;
}

/** What a run needs of the machine and the process that it is in. */
export interface Host {
  /** An environment variable; undefined where it is missing, or there are none. */
  env(name: string): string | undefined;
  /** The text of the user's netrc file; undefined where there is none. */
  netrc(): string | undefined;
  /** What the machine is called; undefined where that can't be known. */
  readonly name: string | undefined;
  /** What runs the program, such as `node v20.19.0 linux x64`. */
  readonly runtime: string;
  /** The program's file; undefined where that can't be known. */
  readonly program: string | undefined;
  /** The version of the program; undefined where it is not known. Never rejects. */
  git(): Promise<GitInfo | undefined>;
  /** What uploads the run in a folder. */
  syncCommand(folder: string): string;
  /** Tells the user something, where no result of the program goes. */
  say(line: string): void;
  /** Passes on all that the program prints until the function returned is called. */
  watchOutput(onOutput: (stream: OutputStream, text: string) => void): () => void;
  /** Tells of the process's end until the function returned is called. */
  watchStops(handlers: StopHandlers): () => void;
  /** While a signal ends the process: resolves when that is about to happen. Work that goes on until then is lost. */
  stopping(): Promise<void> | undefined;
  /** Measures of the machine and the process by the official client's names. */
  stats(): Record<string, number>;
}

/** What is done at the process's end. None of them throws or rejects. */
export interface StopHandlers {
  /** A signal came that the program handles by itself: the process may go on. */
  readonly onHandledSignal: () => void;
  /** A signal is about to end the process, with that exit status. Whoever is not done soon is not waited for. */
  readonly onSignal: (exitCode: number) => Promise<void>;
  /** The process ends now: only what is synchronous gets done. */
  readonly onExit: (exitCode: number) => void;
}
