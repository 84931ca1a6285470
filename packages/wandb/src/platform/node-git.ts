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

/** Schemes of addresses whose parts are known: helpers of git, as in `hg::https://…`, have forms of their own. */
const SCHEMES = ['http:', 'https:', 'ssh:', 'git:', 'file:'];

const PATH = /^(\/|\.{1,2}\/|[a-z]:[\\/](?!\/))/i;
const SCP = /^([\w.-]+@)?[\w.-]+:(?!:|\/\/)[^?#@]+$/;

/**
 * An address of a remote without what lets one in; '' where its form is not known. The official client leaves the user's
 * name where there is a password, but either can be a token.
 */
export function withoutCredentials(remote: string): string {
  // A path, or `user@host:path`, in which there is no place for a password.
  if (PATH.test(remote) || SCP.test(remote)) return remote;
  if (!/^[a-z]+:\/\//i.test(remote) || !URL.canParse(remote)) return '';
  const { protocol, host, pathname } = new URL(remote);
  // Behind an @ in the path there may be the host, and before it a password with a slash.
  return SCHEMES.includes(protocol) && !pathname.includes('@')
    ? `${protocol}//${host}${pathname}`
    : '';
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
