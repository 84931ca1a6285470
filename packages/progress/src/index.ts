export { duration } from './duration.ts';
export { progress } from './progress.ts';
export type { ProgressOptions } from './progress.ts';
export type { ProgressOutput, ProgressStream } from './output.ts';
