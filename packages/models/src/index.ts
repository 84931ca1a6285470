export { convNet } from './conv-net.ts';
export type { ConvNetOptions } from './conv-net.ts';
export { mlp } from './mlp.ts';
export type { MlpOptions } from './mlp.ts';
