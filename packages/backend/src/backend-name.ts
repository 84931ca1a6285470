/**
 * A back end as this package calls it: `native` is TensorFlow's C library through tfjs-node (or -gpu), `wasm` runs
 * everywhere, `cpu` is plain JavaScript, `webgl` and `webgpu` are chosen only when asked for.
 */
export type BackendName = 'native' | 'wasm' | 'cpu' | 'webgl' | 'webgpu';

const names: readonly BackendName[] = ['native', 'wasm', 'cpu', 'webgl', 'webgpu'];

/** Checks a back end's name; `source` names the option or variable that it came from in the RangeError. */
export function parseBackendName(value: string, source: string): BackendName {
  const name = names.find((candidate) => candidate === value);
  if (name === undefined) {
    throw new RangeError(
      `useBackend: ${source} must be one of ${names.join(', ')}, got ${JSON.stringify(value)}`,
    );
  }
  return name;
}
