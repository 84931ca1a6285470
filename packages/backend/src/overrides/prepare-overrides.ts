import { activeBackend } from '../wasm/active-backend.ts';
import { prepareSideModule } from '../wasm/side/side-module.ts';

const problems = new Map<string, string>();

/** Gets ready what a back end's overrides need and can't wait for when they run; call it while tfjs computes on it. */
export async function prepareOverrides(engineName: string): Promise<void> {
  if (engineName !== 'wasm') return;
  const problem = await prepareSideModule(activeBackend());
  if (problem === undefined) problems.delete(engineName);
  else problems.set(engineName, `no fused kernels, as ${problem}`);
}

/** What a back end's overrides lack and why; undefined where they lack nothing. */
export function lackOf(engineName: string): string | undefined {
  return problems.get(engineName);
}
