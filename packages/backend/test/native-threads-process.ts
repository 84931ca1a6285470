import { useBackend } from '@tfloop/backend';

// Asks for one thread of TensorFlow, and says what it is told.
const log = (): void => undefined;
const { threads, reason } = await useBackend({ backend: 'native', threads: 1, log });
console.log(JSON.stringify({ threads, reason }));
