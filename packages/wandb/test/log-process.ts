import { writeSync } from 'node:fs';
import { createLog } from '../src/log-file.ts';
import { row } from './log-row.ts';

// Writes rows until it is killed, and says after each which one is done.
const writer = createLog(process.argv[2] ?? '');
for (let step = 0; ; step++) {
  writer.append(row(step, (step * 37) % 3000));
  writeSync(1, `${step}\n`);
}
