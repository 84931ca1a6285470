import { Worker } from 'node:worker_threads';
import type { Helper } from './platform.ts';

/** A thread of Node that runs `source`, and does not keep the process alive. */
export function spawn(source: string): Helper {
  // The program's own --import and the like are not for it.
  const worker = new Worker(source, { eval: true, execArgv: [] });
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
