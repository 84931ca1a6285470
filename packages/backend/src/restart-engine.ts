import { engine, getBackend, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs';
import type { findBackendFactory } from '@tensorflow/tfjs';

/** Makes an instance of a back end, as `tf.registerBackend` takes it. */
export type EngineFactory = ReturnType<typeof findBackendFactory>;

/**
 * Starts a back end anew by `factory` and makes tfjs compute on it; false where that fails, and then all is as it was. Tensors stay with that one until they are next used: then tfjs moves them.
 */
export async function restartEngine(
  engineName: string,
  factory: EngineFactory,
  priority: number,
): Promise<boolean> {
  const { registry, registryFactory } = engine();
  const before = registry[engineName];
  const active: string | null | undefined = getBackend();
  // Hidden from `removeBackend`, which would take its memory away.
  Reflect.deleteProperty(registry, engineName);
  if (engineName in registryFactory) removeBackend(engineName);
  registerBackend(engineName, factory, priority);
  if (await setBackend(engineName)) return true;
  if (before !== undefined) registry[engineName] = before;
  if (active && active in registryFactory) await setBackend(active);
  return false;
}
