import { execFile } from 'node:child_process';
import type { GitInfo } from './host.ts';

/** Milliseconds that git may take. */
const TIMEOUT = 1000;

/** Variables that lead git away from the folder that it is asked in. */
const ELSEWHERE = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE'];

/**
 * The commit that is checked out where the program runs, and the address of the remote `origin`; undefined where there is
 * no repository or no git. Never rejects, and takes a second at most.
 */
export async function gitInfo(folder = process.cwd()): Promise<GitInfo | undefined> {
  const [commit, remote] = await Promise.all([
    ask(folder, ['rev-parse', '--verify', 'HEAD']),
    ask(folder, ['config', '--get', 'remote.origin.url']),
  ]);
  if (commit === '') return undefined;
  return { commit, remoteUrl: withoutCredentials(remote) };
}

/**
 * An address of a remote without what lets one in. The official client leaves the user's name where there is a password,
 * but either can be a token.
 */
export function withoutCredentials(remote: string): string {
  return remote.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1').replace(/[?#].*$/s, '');
}

/** What git says, without the end of the line; '' where it fails. */
function ask(folder: string, args: readonly string[]): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !ELSEWHERE.includes(name)),
  );
  return new Promise((resolve) => {
    try {
      const git = execFile('git', args, { cwd: folder, env, windowsHide: true }, (error, output) =>
        done(error ? '' : output.trim()),
      );
      const late = setTimeout(() => {
        git.kill('SIGKILL');
        // Where even that does nothing, as on a file system that hangs, the program goes on and ends without it.
        git.unref();
        git.stdout?.destroy();
        git.stderr?.destroy();
        done('');
      }, TIMEOUT);
      const done = (answer: string): void => {
        clearTimeout(late);
        resolve(answer);
      };
    } catch {
      resolve('');
    }
  });
}
