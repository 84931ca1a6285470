import { writeSync } from 'node:fs';
import { createLog } from '../src/log-file.ts';
import { row } from './log-row.ts';

// Writes rows until it is killed, and says after each which one is done.
const writer = createLog(process.argv[2] ?? '');
for (let step = 0; ; step++) {
  writer.append(row(step, (step * 37) % 3000));
  tell(`${step}\n`);
}

/** Waits where nobody has read for a while and the pipe is full. */
function tell(text: string): void {
  for (;;)
    try {
      writeSync(1, text);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
}
