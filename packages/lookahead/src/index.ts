export { lookahead } from './lookahead.ts';
export type { LookaheadOptions } from './lookahead.ts';
