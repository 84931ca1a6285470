import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { FashionMnistOptions } from '@tfloop/data/node';
import type { Host } from '@tfloop/study';

// Nobody listens at port 1 of this machine, and an empty folder stands for those that are looked into.
const places = { dir: '', baseUrl: 'http://127.0.0.1:1/' };
jest.mock('@tfloop/data/node', () => {
  const real = jest.requireActual<typeof import('@tfloop/data/node')>('@tfloop/data/node');
  const fashionMnist = (options: FashionMnistOptions) =>
    real.fashionMnist({ ...options, ...places });
  return { ...real, fashionMnist };
});

beforeAll(async () => {
  places.dir = await mkdtemp(join(tmpdir(), 'study-'));
});
afterAll(() => rm(places.dir, { recursive: true }));

/** Asks for Fashion-MNIST, and returns the exit code and the last line on standard error. */
async function study(...args: string[]) {
  const lines: string[] = [];
  const host: Host = {
    stdout: { write: () => true },
    stderr: { write: (text) => lines.push(text) },
    color: false,
    onStop: () => () => undefined,
    exit: () => undefined,
  };
  // Not at the top: the stand-in has to be there first.
  const { main } = await import('@tfloop/study');
  const common = ['--dataset', 'fashion-mnist', '--backend', 'cpu', '--optimizers', 'sgd'];
  common.push('--model', 'mlp', '--epochs', '1', '--seeds', '1');
  const code = await main([...common, '--out', join(places.dir, 'out'), ...args], host);
  return { code, last: lines.at(-1) };
}

test('where Fashion-MNIST is missing, the command says what to install or to pass', async () => {
  const { code, last } = await study();
  expect(code).toBe(1);
  expect(last).toMatch(
    /^tfloop-study: fashionMnist: .* has no train-images-idx3-ubyte, .*; install the Debian package dataset-fashion-mnist, or pass --download \(31 MB\)\n$/,
  );
});

test('--download fetches, and says why it can’t', async () => {
  const { code, last } = await study('--download');
  expect(code).toBe(1);
  expect(last).toMatch(
    /^tfloop-study: fashionMnist: download: can't get http:\/\/127\.0\.0\.1:1\/train-images-idx3-ubyte\.gz: .*; install the Debian package dataset-fashion-mnist, or try again\n$/,
  );
});
