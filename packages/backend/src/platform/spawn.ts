import { Worker } from 'node:worker_threads';
import type { Helper } from './platform.ts';

/** A thread of Node that runs the function `source`, and does not keep the process alive. */
export function spawn(source: string): Helper {
  const code = `const { parentPort } = require('node:worker_threads');
    parentPort.once('message', (data) => (${source})(data, () => parentPort.postMessage('ready')));`;
  // The program's own --import and the like are not for it.
  const worker = new Worker(code, { eval: true, execArgv: [] });
  return {
    async start(message) {
      const ready = new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', () => reject(new Error('a thread ended before it began')));
      });
      worker.postMessage(message);
      await ready;
      worker.unref();
    },
    end() {
      void worker.terminate();
    },
  };
}
