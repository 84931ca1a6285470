export { describeCallback } from './describe-callback.ts';
export type { CallbackCase, TestRunner } from './describe-callback.ts';
export { testOptimizer } from './test-optimizer.ts';
export { toyProblem } from './toy-problem.ts';
export type { ToyProblem, ToyProblemOptions } from './toy-problem.ts';
