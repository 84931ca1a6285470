import { afterEach, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { watchTensors } from '../src/ledger/tensor-watch.ts';

const undo: (() => void)[] = [];

afterEach(() => {
  for (const each of undo.splice(0).reverse()) each();
});

/** What a watcher was told: tensors by id, and reads. */
function watch() {
  const seen = { made: [] as number[], freed: [] as number[], reads: 0 };
  const unwatch = watchTensors({
    made: ({ id }) => void seen.made.push(id),
    freed: ({ id }) => void seen.freed.push(id),
    read: () => {
      seen.reads++;
    },
  });
  undo.push(unwatch);
  return { seen, unwatch };
}

test('tensors come and go as tf.memory() counts them', () => {
  const { seen } = watch();
  const before = tf.memory().numTensors;
  const balance = () => seen.made.length - seen.freed.length;
  const kept = [tf.tensor([1, 2]), tf.scalar(1).variable(), tf.complex([1], [2]), tf.tensor(['a'])];
  expect(balance()).toBe(tf.memory().numTensors - before);
  kept.push(tf.tidy(() => tf.keep(tf.clone(tf.add(kept[0]!, 1)))));
  expect(balance()).toBe(tf.memory().numTensors - before);
  const [gradient] = tf.grads((x: tf.Tensor) => tf.sum(tf.square(tf.relu(x))))([kept[0]!]);
  expect(balance()).toBe(tf.memory().numTensors - before);
  tf.dispose([kept, gradient!]);
  expect(balance()).toBe(tf.memory().numTensors - before);
  expect(seen.made.length).toBeGreaterThan(kept.length);
});

test('a variable that is assigned to is neither made nor freed', () => {
  const [variable, value] = [tf.variable(tf.tidy(() => tf.scalar(1))), tf.scalar(2)];
  const { seen } = watch();
  variable.assign(value);
  expect(seen).toEqual({ made: [], freed: [], reads: 0 });
  variable.dispose();
  expect(seen.freed).toEqual([variable.id]);
  value.dispose();
});

test('reads are counted once each, and kernels that look at host memory are not', async () => {
  const x = tf.tensor([1, 2, 3]);
  const { seen } = watch();
  x.dataSync();
  expect(seen.reads).toBe(1);
  await x.data();
  expect(seen.reads).toBe(2);
  await x.array();
  expect(seen.reads).toBe(3);
  // As kernels do that need the numbers themselves.
  tf.registerKernel({
    kernelName: 'LooksAtItself',
    backendName: tf.getBackend(),
    kernelFunc({ inputs }) {
      const given = (inputs as { x: tf.TensorInfo }).x;
      const [first = NaN] = tf.backend().readSync(given.dataId) as Float32Array;
      return tf.scalar(first);
    },
  });
  undo.push(() => tf.unregisterKernel('LooksAtItself', tf.getBackend()));
  const looked = tf.engine().runKernel<tf.Tensor>('LooksAtItself', { x });
  expect(seen.reads).toBe(3);
  expect(looked.dataSync()).toEqual(new Float32Array([1]));
  tf.dispose([x, looked]);
});

test('on a back end with a device of its own kernels’ reads count', async () => {
  class Device extends tf.KernelBackend {
    readonly #values = new Map<tf.DataId, tf.backend_util.BackendValues>();
    override write(values: tf.backend_util.BackendValues): tf.DataId {
      const id = {};
      this.#values.set(id, values);
      return id;
    }
    override readSync(id: object): tf.backend_util.BackendValues {
      return this.#values.get(id)!;
    }
    override async read(id: object): Promise<tf.backend_util.BackendValues> {
      return this.readSync(id);
    }
    override disposeData = () => true;
    override incRef = () => undefined;
    override memory = () => ({ unreliable: false });
    override dispose = () => undefined;
  }
  const device = new Device();
  tf.registerBackend('device', () => device);
  await tf.setBackend('device');
  try {
    const { seen, unwatch } = watch();
    const x = tf.tensor([1]);
    x.dataSync();
    await x.data();
    expect(seen.reads).toBe(2);
    device.readSync(x.dataId);
    expect(seen.reads).toBe(3);
    unwatch();
    expect(Object.hasOwn(device, 'readSync')).toBe(false);
    x.dispose();
  } finally {
    await tf.setBackend('cpu');
    tf.removeBackend('device');
  }
});

test('the engine is as it was when the last of several watchers has gone, whichever that is', () => {
  const own = () => Object.getOwnPropertyNames(tf.engine()).sort();
  const before = own();
  const [first, second] = [watch(), watch()];
  expect(own()).not.toEqual(before);
  first.unwatch();
  first.unwatch();
  tf.dispose(tf.scalar(1));
  expect([first.seen.made.length, second.seen.made.length]).toEqual([0, 1]);
  second.unwatch();
  expect(own()).toEqual(before);
});

test('what others have put around the engine stays, and nothing counts twice', () => {
  const engine = tf.engine();
  const first = watch();
  const spy = jest.spyOn(engine, 'makeTensor');
  first.unwatch();
  const second = watch();
  tf.dispose(tf.scalar(1));
  expect(spy).toHaveBeenCalledTimes(1);
  expect([first.seen.made.length, second.seen.made.length]).toEqual([0, 1]);
  second.unwatch();
  expect(Object.entries(engine)).toContainEqual(['makeTensor', spy]);
  spy.mockRestore();
  // The spy gives back what it found: our first wrapper, which is silent now.
  Reflect.deleteProperty(engine, 'makeTensor');
});
