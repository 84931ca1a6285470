import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NativePackage } from '../platform/platform.ts';
import { kernelFolder, kernelLibrary, kernelSources } from '../kernel-library.ts';
import { messageOf } from '../message-of.ts';
import type { Context } from './context.ts';
import { Failure } from './failure.ts';
import { tellingLine } from './problems.ts';
import { packageFolder } from './project.ts';
import { run } from './run.ts';
import { isCommand } from './tools.ts';

/**
 * Compiles this package's kernels in C for a native package that works, and tries them. Training goes on without them, by
 * TensorFlow's own ops, so that a failure is only said.
 */
export async function buildKernels(
  context: Context,
  project: string,
  packageName: NativePackage,
): Promise<void> {
  const { reporter } = context;
  const problem = await build(context, project, packageName).catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    return messageOf(error);
  });
  if (problem === 'there') return;
  reporter.say(
    problem === undefined
      ? "   Kernels in C: compiled; training's small ops take a fraction of TensorFlow's own"
      : `   Kernels in C: left out (${problem}); TensorFlow's own ops do their work, more slowly`,
  );
}

async function build(
  context: Context,
  project: string,
  packageName: NativePackage,
): Promise<string | undefined> {
  const { env, host, probe, reporter, signal } = context;
  if (packageName.endsWith('-gpu')) return 'they are for the processor, not for a GPU';
  if (host.platform === 'win32') return 'they need a Unix';
  const installed = await packageFolder(project, packageName);
  if (installed === undefined) return `${packageName} is not in ${project}`;
  const library = kernelLibrary(installed);
  if (existsSync(library)) return 'there';
  const compiler = compilerOf(env);
  if (compiler === undefined) return 'there is no C compiler; set CC to one';
  const { folder, files } = kernelSources();
  const lib = join(installed, 'deps', 'lib');
  const made = `${library}.${process.pid}`;
  await rm(join(installed, kernelFolder), { recursive: true, force: true });
  await mkdir(dirname(library), { recursive: true });
  const sources = files.filter((name) => /^native.*\.c$/.test(name));
  const args = [
    ...['-std=gnu17', '-O3', '-fPIC', '-fvisibility=hidden', '-pthread', '-Wno-psabi'],
    ...['-fno-math-errno', '-fno-trapping-math', `-I${join(folder, 'native')}`],
    ...sources.map((name) => join(folder, name)),
    ...(host.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup']
      : [
          '-shared',
          `-L${lib}`,
          '-l:libtensorflow.so.2',
          '-l:libtensorflow_framework.so.2',
          '-lm',
          '-Wl,-z,nodelete',
        ]),
    ...['-o', made],
  ];
  try {
    const ran = await reporter.during('compiling kernels', run(compiler, args, { env, signal }));
    if (ran.code !== 0) return `${basename(compiler)} says ${tellingLine(ran.output)}`;
    const probed = await probe(project, packageName, made);
    if (!probed.works) return `they do not load: ${probed.problem}`;
    await rename(made, library);
    return undefined;
  } finally {
    await rm(made, { force: true });
  }
}

function compilerOf(env: NodeJS.ProcessEnv): string | undefined {
  const { CC } = env;
  if (CC !== undefined && CC !== '') return CC;
  return ['cc', 'gcc', 'clang'].find((name) => isCommand(name, env));
}
