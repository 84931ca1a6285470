import * as tf from '@tensorflow/tfjs';

/** Who wants to know what the engine does. */
export interface TensorWatcher {
  /** A tensor has been made, a variable included; one that is only assigned to has not. */
  made(tensor: tf.Tensor): void;
  freed(tensor: tf.Tensor): void;
  /** Values are being read back from the device. */
  read(): void;
}

type Engine = ReturnType<typeof tf.engine>;
type Undo = () => void;

const watchers = new Set<TensorWatcher>();
let uninstall: Undo = () => undefined;

/** Back ends whose device is the host: kernels look at values there without anybody waiting. */
const ON_HOST: readonly string[] = ['cpu', 'wasm', 'tensorflow'];

/**
 * Watches the engine, and returns a function that ends it. Any number may watch at once. Throws where no back end is
 * ready.
 *
 * There are no hooks for this, so while somebody watches, these methods of the engine have a wrapper around them, all
 * of them public and the only ways in which a tensor that `tf.memory()` counts comes and goes: `makeTensor` (values),
 * `makeTensorFromTensorInfo` (outputs of kernels, clones), `makeVariable`, `disposeTensor` and `disposeVariable`. Of
 * reads, `read` and `readSync` are wrapped: on the engine, by which `data()` and `dataSync()` go on any back end, and on
 * a back end with a device of its own, where kernels that read make everybody wait. One within the other counts once.
 */
export function watchTensors(watcher: TensorWatcher): Undo {
  if (watchers.size === 0) uninstall = install();
  watchers.add(watcher);
  return () => {
    if (watchers.delete(watcher) && watchers.size === 0) uninstall();
  };
}

function install(): Undo {
  // Asked first, because it throws.
  const backend = tf.backend();
  const engine = tf.engine();
  const readers = ON_HOST.includes(tf.getBackend()) ? [engine] : [engine, backend];
  // Somebody may put a wrapper around ours, which then stays below and has to be silent.
  const installed = { active: true };
  const tell = (message: (watcher: TensorWatcher) => void): void => {
    if (installed.active) watchers.forEach(message);
  };
  const undo = [
    ...watchTensorsOf(engine, tell),
    ...watchReads(readers, () => {
      tell((watcher) => {
        watcher.read();
      });
    }),
  ];
  return () => {
    installed.active = false;
    for (const each of undo.reverse()) each();
  };
}

function watchTensorsOf(
  engine: Engine,
  tell: (message: (watcher: TensorWatcher) => void) => void,
): Undo[] {
  const tellMade = <T extends tf.Tensor>(tensor: T): T => {
    tell((watcher) => {
      watcher.made(tensor);
    });
    return tensor;
  };
  const tellFreed = (tensor: tf.Tensor): void => {
    tell((watcher) => {
      watcher.freed(tensor);
    });
  };
  return [
    wrap(
      engine,
      'makeTensor',
      (make) =>
        (...args) =>
          tellMade(make(...args)),
    ),
    wrap(
      engine,
      'makeTensorFromTensorInfo',
      (make) =>
        (...args) =>
          tellMade(make(...args)),
    ),
    wrap(
      engine,
      'makeVariable',
      (make) =>
        (...args) =>
          tellMade(make(...args)),
    ),
    wrap(engine, 'disposeTensor', (dispose) => (tensor) => {
      dispose(tensor);
      // A variable comes by here to be assigned to, and by the next one to be disposed of.
      if (!(tensor instanceof tf.Variable)) tellFreed(tensor);
    }),
    wrap(engine, 'disposeVariable', (dispose) => (variable) => {
      dispose(variable);
      tellFreed(variable);
    }),
  ];
}

/** The methods with which both the engine and its back ends read. */
interface Reader {
  read(...args: never[]): unknown;
  readSync(...args: never[]): unknown;
}

function watchReads(readers: readonly Reader[], tell: () => void): Undo[] {
  let reading = false;
  const told =
    <A extends never[]>(read: (...args: A) => unknown) =>
    (...args: A): unknown => {
      if (reading) return read(...args);
      tell();
      reading = true;
      try {
        return read(...args);
      } finally {
        reading = false;
      }
    };
  return readers.flatMap((reader) => [wrap(reader, 'read', told), wrap(reader, 'readSync', told)]);
}

/** Puts a wrapper around a method of one object; the undo leaves alone what others have wrapped since. */
function wrap<T extends object, K extends keyof T>(
  target: T,
  name: K,
  around: (method: T[K]) => T[K],
): Undo {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const method = target[name] as T[K] & ((...args: unknown[]) => unknown);
  const wrapper = around(method.bind(target) as T[K]);
  target[name] = wrapper;
  return () => {
    if (target[name] !== wrapper) return;
    if (own) Object.defineProperty(target, name, own);
    else Reflect.deleteProperty(target, name);
  };
}
