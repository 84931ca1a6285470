import { existsSync } from 'node:fs';
import { delimiter, dirname, basename, join } from 'node:path';
import type { Context } from './context.ts';
import { Failure } from './failure.ts';
import { atLeast } from './host.ts';
import { run } from './run.ts';
import type { Ran, RunOptions } from './run.ts';

/** Whether a command is in one of the folders of PATH. */
export function isCommand(name: string, env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

/** Runs npm: the one that started this process, else the one in PATH. */
export async function runNpm(
  { env, signal }: Pick<Context, 'env' | 'signal'>,
  args: readonly string[],
  options: RunOptions,
): Promise<Ran> {
  const script = env['npm_execpath'];
  const own =
    script !== undefined && /^np[mx]-cli\.c?js$/.test(basename(script)) && existsSync(script);
  const [command, ...before] = own
    ? [process.execPath, join(dirname(script), 'npm-cli.js')]
    : ['npm'];
  // npm's scripts run on the Node that the add-on is for.
  const path = [dirname(process.execPath), env['PATH']].filter(Boolean).join(delimiter);
  const ran = await run(command, [...before, ...args], {
    signal,
    ...options,
    env: { ...env, ...options.env, PATH: path, npm_config_update_notifier: 'false' },
  });
  if (ran.code === 127 && !own)
    throw new Failure('tool', 'npm is not in PATH: it comes with Node, https://nodejs.org');
  return ran;
}

/** The Python that is to be used, or undefined when there is none that node-gyp takes (3.8 or newer). */
export async function findPython({ env, signal }: Context): Promise<string | undefined> {
  const candidates = [env['npm_config_python'], env['PYTHON'], 'python3', 'python'];
  for (const name of candidates) {
    if (name === undefined || name === '') continue;
    const { code, output } = await run(name, ['--version'], { env, signal });
    const version = /^Python (\d+\.\d+)/m.exec(output)?.[1];
    if (code === 0 && version !== undefined && atLeast(version, '3.8')) return name;
  }
  return undefined;
}

/** Tools that a build needs, each with its packages by package manager. */
const packages = {
  'a C++ compiler': { apt: 'g++', dnf: 'gcc-c++', apk: 'g++', pacman: 'gcc' },
  make: { apt: 'make', dnf: 'make', apk: 'make', pacman: 'make' },
  'Python 3.8 or newer': { apt: 'python3', dnf: 'python3', apk: 'python3', pacman: 'python' },
  pip: { apt: 'python3-pip', dnf: 'python3-pip', apk: 'py3-pip', pacman: 'python-pip' },
} as const;

type Tool = keyof typeof packages;

/**
 * Finds what a build of the add-on needs, and pip where `needsPip`; returns the Python.
 * Throws one Failure that names all that is missing and how to install it here.
 */
export async function requireTools(context: Context, needsPip: boolean): Promise<string> {
  const { env, signal } = context;
  const missing: Tool[] = [];
  const compilers = [env['CXX'], 'c++', 'g++', 'clang++'];
  if (!compilers.some((name) => name !== undefined && (existsSync(name) || isCommand(name, env))))
    missing.push('a C++ compiler');
  if (!['make', 'gmake'].some((name) => isCommand(name, env))) missing.push('make');
  const python = await findPython(context);
  if (python === undefined) missing.push('Python 3.8 or newer');
  if (needsPip && (python === undefined || !(await hasPip(python, { env, signal }))))
    missing.push('pip');
  if (missing.length > 0 || python === undefined)
    throw new Failure('tool', `${listOf(missing)} can't be found: ${remedyFor(missing, context)}`);
  return python;
}

async function hasPip(python: string, options: RunOptions): Promise<boolean> {
  return (await run(python, ['-m', 'pip', '--version'], options)).code === 0;
}

function listOf(names: readonly string[]): string {
  return names.length < 2
    ? names.join()
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function remedyFor(missing: readonly Tool[], { env, host }: Context): string {
  if (host.platform === 'darwin')
    return 'run `xcode-select --install` (compiler, make, Python with pip)';
  const managers = [
    ['apt', 'apt-get', 'apt-get install -y'],
    ['dnf', 'dnf', 'dnf install -y'],
    ['apk', 'apk', 'apk add'],
    ['pacman', 'pacman', 'pacman -S'],
  ] as const;
  const manager = managers.find(([, command]) => isCommand(command, env)) ?? managers[0];
  const names = missing.map((tool) => packages[tool][manager[0]]);
  return `run \`${manager[2]} ${names.join(' ')}\` as root`;
}
