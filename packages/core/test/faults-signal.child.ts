// Fits without an end until a signal comes; run by faults-signal.test.ts.
import { writeSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { toyProblem } from '@tfloop/core/testing';

await tf.setBackend('cpu');
const { learner, dispose } = toyProblem();
process.on('SIGINT', () => {
  learner.stop('SIGINT');
});
const { numTensors } = tf.memory();
let begun = false;
learner.on('batchEnd', () => {
  if (!begun) writeSync(1, 'begun\n');
  begun = true;
});
const { ended, rows } = await learner.fit(1e9);
const complete = rows.every(({ validLoss }) => Number.isFinite(validLoss));
// The optimizer's slots were made in the fit: one for each of the four parameters but the frozen one.
const kept = tf.memory().numTensors - numTensors;
writeSync(1, JSON.stringify({ ended, rows: rows.length > 0, complete, kept }));
dispose();
process.exitCode = ended === 'SIGINT' ? 130 : 1;
