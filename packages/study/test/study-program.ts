import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const path = (...parts: string[]) => join(import.meta.dirname, '..', ...parts);
const load = (file: string) => ['--import', pathToFileURL(file).href];

/** Runs the command as a process of its own, which gets a signal when it says certain words. */
export function studyProcess(args: string[], stop?: { when: string; signal: NodeJS.Signals }) {
  const node = [
    ...['--conditions', '@tfloop/source', ...load(path('..', '..', 'tools', 'typescript.js'))],
    ...load(path('test', 'stop-when-said.js')),
    ...[path('src', 'cli.ts'), ...args],
  ];
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('WANDB_'));
  const env = {
    ...Object.fromEntries(own),
    NODE_OPTIONS: '',
    WHEN: stop?.when,
    SIGNAL: stop?.signal,
  };
  return new Promise<{ code: number | null; signal: string | null; out: string; err: string }>(
    (resolve) => {
      const child = execFile(process.execPath, node, { env }, (_error, out, err) => {
        resolve({ code: child.exitCode, signal: child.signalCode, out, err });
      });
    },
  );
}
