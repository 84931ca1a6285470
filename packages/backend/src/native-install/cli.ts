#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { NativePackage } from '../platform/platform.ts';
import { messageOf } from '../message-of.ts';
import { cacheFolder, createCache } from './cache.ts';
import { exitCodes, Failure } from './failure.ts';
import { thisHost } from './host.ts';
import { installNative } from './install-native.ts';
import { answerProbe, createProbe } from './probe.ts';
import { createReporter } from './reporter.ts';
import { startedAs } from './started-as.ts';
import { takeAway } from './take-away.ts';

const help = `tfloop-native [options]

Puts @tensorflow/tfjs-node in working order for the project in this folder: by npm install where that works, else
with libtensorflow from --libtensorflow or from TensorFlow's Python wheel, and the add-on compiled here. Then it
compiles kernels of this package's own for it, where there is a C compiler (CC, else cc); without, training is slower.
Run it again at any time; what works is left alone, and what was built before is linked from the cache.

  --gpu                  @tensorflow/tfjs-node-gpu, which needs an NVIDIA GPU with CUDA (untried)
  --libtensorflow PATH   a folder, .tar.gz, .zip or .whl to take libtensorflow from, with no download of it
  --no-save              leave package.json and the lock alone
  --dry-run              say what would be done, downloaded or removed, and do nothing
  --undo                 take out what an earlier run put into this project; with --gpu, that package
  --clear-cache          remove what is kept for other projects; with --undo, both are done
  --verbose              show the full output of a tool that failed, and where errors come from
  --help, -h             this text

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
    refuseContradictions(options);
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
        help: { type: 'boolean', short: 'h', default: false },
        probe: { type: 'string' },
        kernels: { type: 'string' },
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

function refuseContradictions(options: Options): void {
  const { undo, gpu, libtensorflow } = options;
  const clearCache = options['clear-cache'];
  const refuse = (one: string, other: string, reason: string): never => {
    throw new Failure('usage', `${one} and ${other} contradict each other: ${reason}`);
  };
  if ((undo || clearCache) && libtensorflow !== undefined)
    refuse(
      undo ? '--undo' : '--clear-cache',
      `--libtensorflow ${JSON.stringify(libtensorflow)}`,
      'the one removes and the other installs; give one of them',
    );
  if (clearCache && gpu && !undo)
    refuse('--clear-cache', '--gpu', 'the cache is removed for both packages; leave --gpu out');
}

async function work(options: Options, signal: AbortSignal): Promise<void> {
  const project = process.cwd();
  // How this program asks itself, in a process of its own, whether a package loads.
  if (options.probe !== undefined) {
    answerProbe(project, options.probe as NativePackage, options.kernels);
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

  const shared = {
    project,
    packageName,
    save: !options['no-save'],
    dryRun: options['dry-run'],
  };
  const { undo, libtensorflow, 'clear-cache': clearCache } = options;
  if (undo || clearCache) await takeAway(context, cache, { ...shared, undo, clearCache });
  else
    await installNative(context, cache, {
      ...shared,
      libtensorflow,
      command: startedAs(process.argv[1] ?? self, env),
    });
}
