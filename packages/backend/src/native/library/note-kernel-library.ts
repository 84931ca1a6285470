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

/** Whether they are loaded. */
export function hasKernelLibrary(): boolean {
  return isAsked && problem === undefined;
}
