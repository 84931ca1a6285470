// Makes the native back end the one that a whole test file starts on:
// `jest --setupFilesAfterEnv packages/backend/test/native-setup.ts`, where tfloop-native has installed it.
import { beforeAll } from '@jest/globals';
import { useBackend } from '@tfloop/backend';

beforeAll(async () => {
  await useBackend({ backend: 'native', log: () => undefined });
});
