export { describeCallback } from './describe-callback.ts';
export { resumesExactly } from './resumes-exactly.ts';
export type { ResumesOptions } from './resumes-exactly.ts';
export type { CallbackCase, TestRunner } from './describe-callback.ts';
export type { ToyOptions } from './break-and-resume.ts';
export { memoryStore } from './memory-store.ts';
export { testOptimizer } from './test-optimizer.ts';
export { toyProblem } from './toy-problem.ts';
export type { ToyProblem, ToyProblemOptions } from './toy-problem.ts';
