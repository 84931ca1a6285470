import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleProgram } from '@tfloop/tools/bundle-program';

const here = (...parts: string[]) => join(import.meta.dirname, ...parts);

/** Makes the command's program, in a folder; the result runs it as a process of its own, which gets a signal when it says certain words. */
export async function studyProgram(folder: string) {
  const program = await bundleProgram(here('..', 'src', 'cli.ts'), folder);
  const stopper = pathToFileURL(here('stop-when-said.js')).href;
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('WANDB_'));

  return (args: string[], stop?: { when: string; signal: NodeJS.Signals }) => {
    const env = {
      ...Object.fromEntries(own),
      NODE_OPTIONS: '',
      WHEN: stop?.when,
      SIGNAL: stop?.signal,
    };
    return new Promise<{ code: number | null; signal: string | null; out: string; err: string }>(
      (resolve) => {
        const node = ['--import', stopper, program, ...args];
        const child = execFile(process.execPath, node, { env }, (_error, out, err) => {
          resolve({ code: child.exitCode, signal: child.signalCode, out, err });
        });
      },
    );
  };
}
