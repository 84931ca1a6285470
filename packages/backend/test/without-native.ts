import { jest } from '@jest/globals';

// Imported by tests of what is done where native is not installed, as a developer's checkout may have it.
const missing = (name: string) => () => {
  throw new Error(`Cannot find module '${name}'`);
};

for (const name of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'])
  jest.doMock(name, missing(name), { virtual: true });
