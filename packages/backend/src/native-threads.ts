/**
 * Threads that one kernel of TensorFlow's runs on: TF_NUM_INTRAOP_THREADS where that is a positive whole number, else one
 * for each of the machine's `cores`, as TensorFlow itself reads it.
 */
export function nativeThreads(variable: string | undefined, cores: number): number {
  const text = variable?.trim() ?? '';
  return /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : cores;
}
