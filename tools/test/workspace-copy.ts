import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const leftOut = new Set(['.git', '.nx', 'coverage', 'dist', 'node_modules', 'runs']);

/** The workspace in another place, to change at will. */
export interface WorkspaceCopy {
  readonly root: string;
  /** Runs a command there and returns what it printed; rejects with that where it fails. */
  run(command: string, ...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Copies the workspace's sources to a temporary directory.
 *
 * Installed packages are links to the original ones, but workspace packages are the copies.
 */
export async function workspaceCopy(): Promise<WorkspaceCopy> {
  const copy = await mkdtemp(join(tmpdir(), 'tfloop-'));
  await cp(root, copy, { recursive: true, filter: (source) => !leftOut.has(basename(source)) });
  await linkModules(join(root, 'node_modules'), join(copy, 'node_modules'));
  return {
    root: copy,
    run: (command, ...args) => run(copy, command, args),
    remove: () => rm(copy, { recursive: true, force: true }),
  };
}

/** Links every installed package; the workspace's own links are relative and so lead to the copies. */
async function linkModules(from: string, to: string): Promise<void> {
  await mkdir(join(to, '@tfloop'), { recursive: true });
  for (const name of await readdir(from))
    if (name !== '@tfloop') await symlink(join(from, name), join(to, name));
  for (const name of await readdir(join(from, '@tfloop')))
    await symlink(await readlink(join(from, '@tfloop', name)), join(to, '@tfloop', name));
}

async function run(cwd: string, command: string, args: string[]): Promise<string> {
  // Tests that run there don't count as tests of this run.
  const env = { ...process.env, NX_DAEMON: 'false', CI: 'true', NO_COLOR: '1', TEST_COUNTS: '' };
  // npm and npx are scripts on Windows.
  const shell = process.platform === 'win32';
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { cwd, env, shell });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
