// Lets Node run the TypeScript files in tools: `node --import ./tools/typescript.js tools/NAME.ts`.
process.env.TS_NODE_PROJECT = new URL('tsconfig.json', import.meta.url).pathname;
await import('@swc-node/register/esm-register');
