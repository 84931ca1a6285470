// A training in a process of its own: logs rows to memory and uploads them. Arguments: the address of the service, how
// many rows, and how it ends: `drain`, `return`, or `kill` for never by itself.
import { memoryAckedStore } from '../src/acked.ts';
import { nodeFetch } from '../src/platform/node-fetch.ts';
import { uploader } from '../src/uploader.ts';
import { exit, row, run } from './log.ts';

const [baseUrl = '', rows = '0', end = 'drain'] = process.argv.slice(2);
let step = -1;
const count = Number(rows);
const upload = uploader({
  baseUrl,
  apiKey: () => 'k'.repeat(40),
  fetch: nodeFetch,
  // Rows are made as they are read, as they are with a log on disk.
  reader: {
    next() {
      step++;
      if (step === 0) return run();
      if (step <= count) return row(step - 1);
      return step === count + 1 ? exit() : undefined;
    },
  },
  acked: memoryAckedStore(),
  local: {
    file: () => Promise.reject(new Error()),
    artifactFile: () => Promise.reject(new Error()),
  },
  warn: (message) => console.error(message),
});
upload.start();

let most = 0;
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 5);
watch.unref();
const before = process.memoryUsage().rss;

if (end === 'drain') {
  const report = await upload.drain(AbortSignal.timeout(20_000));
  console.log(JSON.stringify({ ...report, megabytes: (most - before) / 2 ** 20 }));
} else {
  // Long enough for a request to be on its way.
  await new Promise((resolve) => setTimeout(resolve, 300));
  console.log('{}');
}
