// Makes the native back end the one that every test file starts on, where tfloop-native has installed it:
// `jest --setupFilesAfterEnv packages/backend/test/native-setup.ts`.
import { beforeAll } from '@jest/globals';
import { env } from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';

beforeAll(async () => {
  // tfjs then looks for leaks within kernels, and takes the tidied steps of tfjs-node's fused ones for such.
  env().set('IS_TEST', false);
  await useBackend({ backend: 'native', log: () => undefined });
});
