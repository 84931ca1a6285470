import { afterEach, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';

// Stand-ins for the two optional packages: what they do is set by each test.
const packages = { webgpu: (): object => ({}), backend: (): object => ({}) };
jest.mock('webgpu', () => packages.webgpu(), { virtual: true });
jest.mock('@tensorflow/tfjs-backend-webgpu', () => packages.backend(), { virtual: true });

afterEach(() => {
  jest.resetModules();
  const host = globalThis as { navigator?: { gpu?: unknown } };
  delete host.navigator?.gpu;
});

const dawn = (adapter: object | null) => () => ({
  create: () => ({ requestAdapter: async () => adapter }),
  globals: { GPUStandIn: 7 },
});
/** Fails as Node does where a package is not there. */
const missing = (name: string) => (): never => {
  throw new Error(`Cannot find package '${name}' imported from /app/dawn.js`);
};
const ask = async () =>
  useBackend({ backend: 'webgpu', log: () => undefined }).then(String, String);

test('the package webgpu is not installed', async () => {
  packages.webgpu = missing('webgpu');
  expect(await ask()).toBe(
    'UnavailableError: useBackend: webgpu is not installed; run `npm install webgpu @tensorflow/tfjs-backend-webgpu`',
  );
});

test('the package webgpu has nothing for this machine', async () => {
  packages.webgpu = () => {
    throw new Error(
      "Cannot find module '/app/webgpu/dist/linux-riscv64/dawn.node'\nRequire stack:",
    );
  };
  expect(await ask()).toContain(
    "webgpu does not load (Cannot find module '/app/webgpu/dist/linux-riscv64/dawn.node')",
  );
});

test('there is no adapter: navigator.gpu is not left behind', async () => {
  packages.webgpu = dawn(null);
  expect(await ask()).toContain('webgpu finds no GPU here (no adapter)');
  expect(globalThis).not.toHaveProperty('navigator.gpu');
});

test("tfjs's back end is not installed", async () => {
  packages.webgpu = dawn({});
  packages.backend = missing('@tensorflow/tfjs-backend-webgpu');
  expect(await ask()).toContain('useBackend: @tensorflow/tfjs-backend-webgpu is not installed');
});

test("tfjs's back end was imported too early", async () => {
  packages.webgpu = dawn({});
  packages.backend = () => ({});
  expect(await ask()).toContain('leave that import out, as useBackend makes it');
});

test('it starts, with the constants of WebGPU and a navigator that says who it is', async () => {
  packages.webgpu = dawn({ info: { vendor: 'acme', architecture: 'rocket', description: '' } });
  packages.backend = () => {
    // As the package itself does when it is imported.
    if ('gpu' in globalThis.navigator) tf.registerBackend('webgpu', tf.findBackendFactory('cpu'));
    return {};
  };
  const lines: string[] = [];
  const description = await useBackend({ backend: 'webgpu', log: (line) => lines.push(line) });
  expect(description).toMatchObject({ name: 'webgpu', adapter: 'acme rocket' });
  expect(lines).toEqual([expect.stringContaining('4.22.0, acme rocket): asked for')]);
  expect(Reflect.get(globalThis, 'GPUStandIn')).toBe(7);
  expect(globalThis.navigator.userAgent).toMatch(/^Node\.js\/\d+$/);
});
