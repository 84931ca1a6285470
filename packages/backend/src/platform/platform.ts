/** The npm packages that bind TensorFlow's C library. */
export type NativePackage = '@tensorflow/tfjs-node-gpu' | '@tensorflow/tfjs-node';

/** What loading the native packages came to: the one that loaded, or why each did not. */
export type NativeLoad =
  | { readonly packageName: NativePackage; readonly version: string }
  | { readonly problems: readonly string[] };

/** What the two kinds of host do differently. */
export interface Platform {
  /** An environment variable, or undefined where there are none. */
  readonly env: (name: string) => string | undefined;
  /** Says one line where it disturbs no output. */
  readonly log: (line: string) => void;
  /** Threads that the machine runs at once. */
  readonly cores: () => number;
  /** Loads the first native package that is installed and works; loading registers its back end with tfjs. */
  readonly loadNative: () => NativeLoad;
}
