import type { LogRecord } from '../src/record.ts';

/** A row of about so many bytes. */
export const row = (step: number, size = 0): LogRecord => ({
  history: {
    step,
    items: [
      { key: '_step', valueJson: String(step) },
      { key: ['batch', 'loss'], valueJson: JSON.stringify('x'.repeat(size)) },
    ],
  },
});
