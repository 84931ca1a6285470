#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { NativePackage } from '../platform/platform.ts';
import { messageOf } from '../message-of.ts';
import { cacheFolder, createCache } from './cache.ts';
import { exitCodes, Failure } from './failure.ts';
import { sizeOf } from './folders.ts';
import { thisHost } from './host.ts';
import { installNative } from './install-native.ts';
import { takeOut } from './place.ts';
import { answerProbe, createProbe } from './probe.ts';
import { requireProject } from './project.ts';
import { createReporter, megabytes } from './reporter.ts';

const help = `tfloop-native [options]

Puts @tensorflow/tfjs-node in working order for the project in this folder: by npm install where that works, else
with libtensorflow from --libtensorflow or from TensorFlow's Python wheel, and the add-on compiled here.
Run it again at any time; what works is left alone, and what was built before is linked from the cache.

  --gpu                  @tensorflow/tfjs-node-gpu, which needs an NVIDIA GPU with CUDA (untried)
  --libtensorflow PATH   a folder, .tar.gz, .zip or .whl to take libtensorflow from, with no download of it
  --no-save              leave package.json and the lock alone
  --dry-run              say what would be done and downloaded, and do nothing
  --undo                 take out what an earlier run put into this project
  --clear-cache          remove what is kept for other projects
  --verbose              show the full output of a tool that failed, and where errors come from
  --help                 this text

Cache: tfloop/native in XDG_CACHE_HOME, else ~/.cache.
Exit codes: 0 works, 1 unexpected, 2 usage, 3 unsupported system or Node, 4 a tool is missing, 5 no space or no
permission, 6 network or checksum, 7 does not compile, 8 does not load, 130 interrupted.`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => interrupt.abort());
  let isVerbose = false;
  try {
    const options = read(args);
    isVerbose = options.verbose;
    if (options.help) {
      console.log(help);
      return 0;
    }
    await work(options, interrupt.signal);
    return 0;
  } catch (error) {
    const isExpected = error instanceof Failure;
    console.error(
      `tfloop-native: ${isExpected ? messageOf(error) : `unexpected: ${messageOf(error)}; run again with --verbose`}`,
    );
    if (isVerbose) console.error(error);
    return exitCodes[isExpected ? error.kind : 'unexpected'];
  }
}

type Options = ReturnType<typeof read>;

function read(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        gpu: { type: 'boolean', default: false },
        libtensorflow: { type: 'string' },
        'no-save': { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        undo: { type: 'boolean', default: false },
        'clear-cache': { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        probe: { type: 'string' },
      },
    });
    return values;
  } catch (error) {
    throw new Failure(
      'usage',
      `${messageOf(error).split('. ')[0] ?? ''}; --help lists the options`,
    );
  }
}

async function work(options: Options, signal: AbortSignal): Promise<void> {
  const project = process.cwd();
  // How this program asks itself, in a process of its own, whether a package loads.
  if (options.probe !== undefined) {
    answerProbe(project, options.probe as NativePackage);
    return;
  }
  const packageName: NativePackage = options.gpu
    ? '@tensorflow/tfjs-node-gpu'
    : '@tensorflow/tfjs-node';
  const { env } = process;
  const reporter = createReporter(process.stdout);
  const host = thisHost();
  const cache = createCache(cacheFolder(env), host);
  const self = realpathSync(fileURLToPath(import.meta.url));
  const command = [process.execPath, ...process.execArgv, self, '--probe'];
  const context = { host, env, reporter, signal, probe: createProbe(command, env, signal) };

  if (options['clear-cache']) {
    const size = await sizeOf(cache.root);
    await cache.clear();
    reporter.say(
      `Removed ${cache.root}, ${megabytes(size)}. Projects that it was linked into keep what they have.`,
    );
    return;
  }
  if (options.undo) {
    await requireProject(project);
    const done = await takeOut(context, project, packageName);
    reporter.say(
      done === undefined
        ? `Nothing to undo: tfloop-native has put no ${packageName} into ${project}.`
        : `Undone: ${done}. The cache ${cache.root} is kept; --clear-cache removes it.`,
    );
    return;
  }
  await installNative(context, cache, {
    project,
    packageName,
    libtensorflow: options.libtensorflow,
    save: !options['no-save'],
    dryRun: options['dry-run'],
  });
}
