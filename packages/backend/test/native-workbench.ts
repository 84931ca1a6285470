// What the tests of tfloop-native run it in: folders of their own, and a npm that needs no network.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildSync } from 'esbuild';

/** Stands in for npm: makes a package that "loads" once its add-on is there, and "compiles" by copying the library. */
const npmScript = String.raw`
const fs = require('node:fs'), path = require('node:path'), cp = require('node:child_process');
const [verb, ...args] = process.argv.slice(2);
fs.appendFileSync(process.env.FAKE_LOG, [verb, ...args].join(' ') + '\n');
const name = /^(@tensorflow\/[\w-]+)/.exec(args.find((arg) => arg.startsWith('@')) ?? '@tensorflow/tfjs-node')[1];
const fail = (text) => { console.error(text); process.exit(1); };
const files = {
  'package.json': JSON.stringify({ name, version: '4.22.0', main: 'index.js', scripts: {}, binary: { napi_versions: [3, 8, 9999] } }),
  'scripts/deps-constants.js': "module.exports = { depsLibTensorFlowName: 'libtensorflow.so.2.9.1' };",
  'index.js': [
    "const fs = require('fs');",
    "const text = fs.readFileSync(__dirname + '/lib/napi-v8/tfjs_binding.node', 'utf8');",
    "fs.readFileSync(__dirname + '/deps/lib/libtensorflow.so.2');",
    "if (text.includes('broken')) throw new Error('undefined symbol: TF_Nothing');",
    "if (text.includes('crash')) process.kill(process.pid, 'SIGILL');",
    "const binding = { TF_Version: text.trim(), createTensor: () => 1, executeOp: () => [{ id: 2 }], tensorDataSync: () => [3] };",
    "module.exports = { getBackend: () => 'tensorflow', backend: () => ({ binding }), ones: () => 1, matMul: () => ({ dataSync: () => [2, 2, 2, 2] }) };",
  ].join('\n'),
};
const write = (folder) => {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
};
const modules = path.join('node_modules', name);
if (verb === 'install') {
  if (process.env.FAKE_INSTALL && args.includes('--ignore-scripts')) fail(process.env.FAKE_INSTALL);
  if (!args.includes('--ignore-scripts')) {
    if (!process.env.FAKE_UPSTREAM) fail('npm error * Downloading libtensorflow\nnpm error Error: getaddrinfo ENOTFOUND storage.googleapis.com');
    fs.mkdirSync(path.join(modules, 'lib', 'napi-v8'), { recursive: true });
    fs.mkdirSync(path.join(modules, 'deps', 'lib'), { recursive: true });
    fs.writeFileSync(path.join(modules, 'lib', 'napi-v8', 'tfjs_binding.node'), process.env.FAKE_UPSTREAM);
    fs.writeFileSync(path.join(modules, 'deps', 'lib', 'libtensorflow.so.2'), '');
  }
  write(modules);
  fs.writeFileSync('node_modules/.package-lock.json', '{}');
  if (!args.includes('--no-save')) {
    fs.writeFileSync('package.json', JSON.stringify({ ...JSON.parse(fs.readFileSync('package.json')), dependencies: { [name]: '^4.22.0' } }));
    fs.writeFileSync('package-lock.json', '{}');
  }
} else if (verb === 'uninstall') {
  fs.rmSync(modules, { recursive: true });
  if (!args.includes('--no-save')) fs.writeFileSync('package.json', '{"name":"project"}');
} else if (verb === 'pack') {
  if (process.env.FAKE_PACK) fail(process.env.FAKE_PACK);
  write('package');
  cp.execFileSync('tar', ['-czf', 'tfjs-node.tgz', 'package']);
  fs.rmSync('package', { recursive: true });
} else if (verb === 'run') {
  const { FAKE_COMPILE } = process.env;
  if (FAKE_COMPILE === 'hang') { const compiler = cp.spawn('sleep', ['300'], { stdio: 'inherit' }); fs.writeFileSync(process.env.FAKE_LOG + '.hangs', String(compiler.pid)); }
  else if (FAKE_COMPILE) fail(FAKE_COMPILE);
  else {
    if (!fs.existsSync('deps/include/tensorflow/c/c_api.h')) fail('fatal error: tensorflow/c/c_api.h: No such file or directory');
    fs.mkdirSync('build/Release', { recursive: true });
    fs.copyFileSync('deps/lib/libtensorflow.so', 'build/Release/tfjs_binding.node');
  }
} else fail('no such verb ' + verb);
`;

/** How a run of the program ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Folders for one test file, with the program bundled as it would be installed. */
export function createWorkbench() {
  const root = mkdtempSync(join(tmpdir(), 'tfloop-native-test-'));
  // The kernels are in a folder beside that of the program, as in the package.
  const program = join(root, 'dist', 'cli.mjs');
  cpSync(join(__dirname, '../src/kernels'), join(root, 'src/kernels'), { recursive: true });
  buildSync({
    entryPoints: [join(__dirname, '../src/native-install/cli.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
  mkdirSync(join(root, 'npm'));
  writeFileSync(join(root, 'npm', 'npm-cli.js'), npmScript);
  let count = 0;

  return {
    root,

    /** A new folder, there. */
    folder(name: string): string {
      count += 1;
      const path = join(root, `${name}-${count}`);
      mkdirSync(path);
      return path;
    },

    /** A project of npm's without packages, and the environment to run the program in it. */
    project(settings: NodeJS.ProcessEnv = {}) {
      const folder = this.folder('project');
      writeFileSync(join(folder, 'package.json'), '{"name":"project"}');
      const cache = settings['XDG_CACHE_HOME'] ?? this.folder('cache');
      const log = join(cache, 'npm.log');
      const env: NodeJS.ProcessEnv = {
        PATH: process.env['PATH'],
        HOME: root,
        XDG_CACHE_HOME: cache,
        FAKE_LOG: log,
        npm_execpath: join(root, 'npm', 'npm-cli.js'),
        // As behind a proxy, so that no server is asked.
        CDN_STORAGE: 'http://127.0.0.1:9/',
        PIP_CONFIG_FILE: '/dev/null',
        PIP_NO_INDEX: '1',
        // No test waits for kernels that it is not about.
        CC: 'false',
        ...settings,
      };
      const start = (args: readonly string[]) => {
        const child = spawn(process.execPath, [program, ...args], { cwd: folder, env });
        const ended = new Promise<Ended>((resolve) => {
          let [out, error] = ['', ''];
          child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
          child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text));
          child.on('close', (code) => resolve({ code, out, error }));
        });
        return { child, ended };
      };
      return {
        folder,
        cache: join(cache, 'tfloop', 'native'),
        log,
        env,
        start,
        run: async (...args: string[]): Promise<Ended> => start(args).ended,
      };
    },

    /** A PATH with nothing but the named commands of the system's. */
    path(...commands: readonly string[]): string {
      const folder = this.folder('bin');
      for (const name of commands) {
        const ask =
          name === 'python3'
            ? // What is in PATH may be a script that chooses among several.
              'python3 -c "import sys; print(sys.executable)"'
            : `command -v ${name}`;
        const found = execFileSync('sh', ['-c', ask], { encoding: 'utf8' }).trim();
        symlinkSync(found, join(folder, name));
      }
      return folder;
    },

    /** A command that is a shell script. */
    command(folder: string, name: string, script: string): void {
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, name), 0o755);
    },

    /** A libtensorflow laid out like the C archive: the text in the library is what "compiles" and is shown as the version. */
    archiveFolder(text = '2.0-fake'): string {
      const folder = this.folder('libtensorflow');
      write(folder, 'lib/libtensorflow.so.2.5.0', text);
      write(folder, 'lib/libtensorflow_framework.so.2.5.0', 'framework');
      for (const stem of ['libtensorflow', 'libtensorflow_framework']) {
        symlinkSync(`${stem}.so.2.5.0`, join(folder, 'lib', `${stem}.so.2`));
        symlinkSync(`${stem}.so.2`, join(folder, 'lib', `${stem}.so`));
      }
      write(folder, 'include/tensorflow/c/c_api.h', '');
      write(folder, 'include/tensorflow/c/notes.txt', '');
      write(folder, 'include/tensorflow/core/platform/ctstring.h', '');
      write(folder, 'include/tensorflow/compiler/huge.h', '');
      return folder;
    },

    /** A wheel that pip takes for tensorflow-cpu 2.21.0, with its SHA-256. */
    wheel(text = '2.21.0-fake'): { folder: string; path: string; sha256: string } {
      const folder = this.folder('wheel');
      const content = this.folder('content');
      write(content, 'tensorflow/libtensorflow_cc.so.2', text);
      write(content, 'tensorflow/libtensorflow_framework.so.2', 'framework');
      write(content, 'tensorflow/include/tensorflow/c/c_api.h', '');
      write(content, 'tensorflow/include/tensorflow/compiler/huge.h', '');
      write(content, 'tensorflow/python/huge.py', '');
      const info = 'tensorflow_cpu-2.21.0.dist-info';
      write(
        content,
        `${info}/METADATA`,
        'Metadata-Version: 2.1\nName: tensorflow-cpu\nVersion: 2.21.0\n',
      );
      write(
        content,
        `${info}/WHEEL`,
        'Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_27_x86_64\n',
      );
      write(content, `${info}/RECORD`, '');
      const path = join(folder, 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl');
      const zip = 'import sys, shutil; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])';
      execFileSync('python3', ['-c', zip, path, content]);
      execFileSync('mv', [`${path}.zip`, path]);
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      return { folder, path, sha256 };
    },

    /** A file system of `kilobytes`; undefined, and the reason on standard error, where this process may not mount one. */
    disk(kilobytes: number, options = ''): string | undefined {
      const folder = this.folder('disk');
      try {
        execFileSync(
          'mount',
          ['-t', 'tmpfs', '-o', `size=${kilobytes}k${options}`, 'tmpfs', folder],
          { stdio: 'pipe' },
        );
        mounts.push(folder);
        return folder;
      } catch (error) {
        console.warn(`not tried on a small disk, as none can be mounted here: ${String(error)}`);
        return undefined;
      }
    },

    /** Removes all of it. */
    close(): void {
      for (const mount of mounts) execFileSync('umount', [mount]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

const mounts: string[] = [];

function write(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}
