import { noteListeners } from './emscripten-listeners.ts';

/** Runs an emscripten loader with `Worker` as the global of that name, and takes away what it leaves behind. */
export function withoutTraces<T>(Worker: (script: string) => object, load: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  const removeListeners = noteListeners();
  // The loader assigns Node's own class, which can't be told what to run.
  const replace = { get: () => Worker, set: () => undefined, configurable: true };
  Object.defineProperty(globalThis, 'Worker', replace);
  try {
    return load();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'Worker');
    else Object.defineProperty(globalThis, 'Worker', before);
    removeListeners();
  }
}
