// Lets Node run the TypeScript files in tools: `node --import ./tools/typescript.js tools/NAME.ts`.
import { fileURLToPath } from 'node:url';

process.env.TS_NODE_PROJECT = fileURLToPath(new URL('tsconfig.json', import.meta.url));
await import('@swc-node/register/esm-register');
