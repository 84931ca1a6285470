import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NativePackage } from '../platform/platform.ts';
import { kernelFlags, kernelLibrary, kernelSources } from '../kernel-library.ts';
import { messageOf } from '../message-of.ts';
import type { Context } from './context.ts';
import { Failure } from './failure.ts';
import { removeLeftovers } from './folders.ts';
import { tellingLine, troubleIn } from './problems.ts';
import { packageFolder } from './project.ts';
import { run } from './run.ts';
import { isCommand } from './tools.ts';

const leftover = 'tmp-';

/**
 * Compiles this package's kernels in C for a native package that works, and tries them. Training goes on without them, by
 * TensorFlow's own ops, so that a failure is only said.
 */
export async function buildKernels(
  context: Context,
  project: string,
  packageName: NativePackage,
): Promise<void> {
  const { reporter, probe } = context;
  const library = await libraryIn(project, packageName);
  if (library === undefined) return;
  // What lies there may be from another system.
  if (existsSync(library) && (await probe(project, packageName, library)).works) {
    reporter.say('   Kernels in C: there');
    return;
  }
  const problem =
    obstacle(context, packageName) ?? (await compile(context, project, packageName, library));
  reporter.say(
    problem === undefined
      ? "   Kernels in C: compiled; training's small ops take a fraction of TensorFlow's own"
      : `   Kernels in C: left out (${problem}); TensorFlow's own ops do their work, more slowly`,
  );
}

/** Says what {@link buildKernels} would do. */
export async function describeKernels(
  context: Context,
  project: string,
  packageName: NativePackage,
): Promise<void> {
  const { env, reporter } = context;
  const library = await libraryIn(project, packageName);
  if (library !== undefined && existsSync(library)) {
    reporter.say('   Kernels in C: there');
    return;
  }
  const problem = obstacle(context, packageName);
  reporter.say(
    problem === undefined
      ? `Kernels in C would be compiled with ${compilerOf(env)?.join(' ') ?? ''}.`
      : `Kernels in C would be left out (${problem}).`,
  );
}

async function libraryIn(project: string, packageName: NativePackage): Promise<string | undefined> {
  const installed = await packageFolder(project, packageName);
  return installed === undefined ? undefined : kernelLibrary(installed);
}

/** Why there can be none of them here, and what to do about it. */
function obstacle({ env, host }: Context, packageName: NativePackage): string | undefined {
  if (packageName.endsWith('-gpu')) return 'they are for the processor, not for a GPU';
  if (host.platform === 'win32') return 'they need Linux or macOS';
  if (compilerOf(env) === undefined)
    return 'there is no C compiler: install gcc or clang, or set CC to one, and run this again';
  return undefined;
}

async function compile(
  context: Context,
  project: string,
  packageName: NativePackage,
  library: string,
): Promise<string | undefined> {
  const { env, probe, reporter, signal } = context;
  const folder = dirname(library);
  const made = join(folder, `${leftover}${process.pid}-${basename(library)}`);
  const [compiler = '', ...given] = compilerOf(env) ?? [];
  try {
    await mkdir(folder, { recursive: true });
    await removeLeftovers(folder, leftover);
    const args = [...given, ...argumentsFor(context, join(dirname(folder), 'deps', 'lib'), made)];
    const ran = await reporter.during('compiling kernels', run(compiler, args, { env, signal }));
    if (ran.code === 127)
      return `there is no ${compiler}: set CC to a C compiler, or to nothing, and run this again`;
    if (ran.code !== 0)
      return `${basename(compiler)} fails, with "${tellingLine(ran.output)}": see whether it compiles C and is complete (Debian: \`apt-get install -y build-essential\`), or set CC to another, and run this again`;
    const probed = await probe(project, packageName, made);
    if (!probed.works)
      return `they do not load: ${probed.problem}: set CC to another compiler and run this again`;
    await rename(made, library);
    await removeOthers(folder, library);
    return undefined;
  } catch (error) {
    if (error instanceof Failure) throw error;
    const message = messageOf(error);
    return troubleIn(message) === 'space'
      ? `${message}: free some and run this again`
      : `${message}: see that you may write to ${dirname(folder)}, and run this again`;
  } finally {
    await rm(made, { force: true }).catch(() => undefined);
    // Only where nothing is in it.
    await rmdir(folder).catch(() => undefined);
  }
}

function argumentsFor({ host }: Context, libraries: string, made: string): string[] {
  const { folder, files } = kernelSources();
  const sources = files.filter((name) => /^native.*\.c$/.test(name));
  const { compile, link } = kernelFlags;
  return [
    ...[...compile, `-I${join(folder, 'native')}`, ...sources.map((name) => join(folder, name))],
    ...[`-L${libraries}`, ...(host.platform === 'darwin' ? link.darwin : link.others)],
    ...['-o', made],
  ];
}

/** Those of other sources, which nothing loads any more. */
async function removeOthers(folder: string, library: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.endsWith('.node') && !name.startsWith(leftover) && name !== basename(library))
      await rm(join(folder, name), { force: true });
}

/** The compiler with arguments that it always gets, as make takes CC. */
function compilerOf(env: NodeJS.ProcessEnv): readonly string[] | undefined {
  const wish = env['CC']?.trim() ?? '';
  if (wish !== '') return existsSync(wish) ? [wish] : wish.split(/\s+/);
  const found = ['cc', 'gcc', 'clang'].find((name) => isCommand(name, env));
  return found === undefined ? undefined : [found];
}
