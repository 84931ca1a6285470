let problem: string | undefined;
let isAsked = false;

/**
 * Loads the kernels in C, once in a process: what is installed in their place before would stay. Says why there are none.
 */
export function noteKernelLibrary(load: () => string | undefined): string | undefined {
  if (!isAsked) problem = load();
  isAsked = true;
  return problem;
}

/** Whether they are loaded, for a back end by the engine's name. */
export function hasKernelLibrary(engineName: string): boolean {
  return engineName === 'tensorflow' && isAsked && problem === undefined;
}
