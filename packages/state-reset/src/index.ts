export { stateReset } from './state-reset.ts';
export type {
  StateResetCallback,
  StateResetOptions,
  StateResetReport,
  When,
} from './state-reset.ts';
export type { StateResetTotals } from './totals.ts';
