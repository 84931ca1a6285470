export { convNet } from './conv-net.ts';
export type { ConvNetOptions } from './conv-net.ts';
export { mlp } from './mlp.ts';
export type { MlpOptions } from './mlp.ts';
export { resnet18 } from './resnet18.ts';
export { resnet9 } from './resnet9.ts';
export type { ResnetOptions } from './residual-options.ts';
