// `npm run check`: builds all packages and checks each as npm would publish it.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import { exampleOf } from './readme-example.ts';
import { readOptions } from './read-options.ts';

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly tags?: readonly string[] };
}

/** A package, and what `npm pack` made of it. */
interface Packed {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly tarball: string;
  readonly files: readonly string[];
}

const HELP = `npm run check

Builds all packages and checks each as npm would publish it: its files, its README, what it imports and
declares, that it can be bundled for a browser, publint and arethetypeswrong. Takes a minute or two.

  --help

Exit codes: 0 all are in order, 1 one is not, 2 wrong options.
`;

readOptions('check', HELP, {});

const root = join(import.meta.dirname, '..');
const shape = ['README.md', 'package.json', 'src', 'test', 'tsconfig.json'];
const generated = ['coverage', 'dist', 'node_modules', 'runs'];
const mayHoldMore = ['study', 'wandb'];

/** Each looks for one kind of problem and returns a line for each that it found. */
const checks: readonly ((packed: Packed) => string[] | Promise<string[]>)[] = [
  holdsTheUsualFiles,
  hasAReadmeWithAnExample,
  packsSourcesAndNoTests,
  declaresWhatItImports,
  runsInABrowser,
  satisfiesPublint,
  satisfiesAttw,
];

// npm has put it on the path, as a script on Windows.
const shell = process.platform === 'win32';
const built = spawnSync('nx', ['run-many', '-t', 'build'], { stdio: 'inherit', shell });
if (built.status !== 0) process.exit(1);

const temporary = await mkdtemp(join(tmpdir(), 'tfloop-pack-'));
try {
  for (const name of await readdir(join(root, 'packages'))) {
    const packed = await pack(join(root, 'packages', name));
    const problems = (await Promise.all(checks.map(async (check) => check(packed)))).flat();
    const { size } = await readFile(packed.tarball).then((bytes) => new Blob([bytes]));
    const good = `ok, ${packed.files.length} files, ${Math.ceil(size / 1024)} kB packed`;
    console.log(`${packed.manifest.name}: ${problems.length > 0 ? 'failed' : good}`);
    for (const problem of problems) console.log(`  ${problem}`);
    if (problems.length > 0) process.exitCode = 1;
  }
} finally {
  await rm(temporary, { recursive: true });
}

async function pack(folder: string): Promise<Packed> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--json', '--pack-destination', temporary],
    // npm is a script on Windows.
    { cwd: folder, shell: process.platform === 'win32' },
  );
  const [result] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (!result) throw new Error(`npm pack made nothing of ${folder}`);
  const tarball = join(temporary, result.filename);
  return { folder, manifest, tarball, files: result.files.map(({ path }) => path) };
}

async function holdsTheUsualFiles({ folder }: Packed): Promise<string[]> {
  const present = (await readdir(folder)).filter((name) => !generated.includes(name));
  const more = mayHoldMore.some((name) => folder.endsWith(name)) ? present : shape;
  return [
    ...shape.filter((name) => !present.includes(name)).map((name) => `has no ${name}`),
    ...present.filter((name) => !more.includes(name)).map((name) => `has ${name} beside the rest`),
  ];
}

async function hasAReadmeWithAnExample({ folder }: Packed): Promise<string[]> {
  const file = join(folder, 'README.md');
  if (!existsSync(file)) return [];
  try {
    exampleOf(await readFile(file, 'utf8'));
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function packsSourcesAndNoTests({ files }: Packed): string[] {
  const wanted = ['src/index.ts', 'dist/index.js', 'dist/index.d.ts'];
  return [
    ...wanted.filter((file) => !files.includes(file)).map((file) => `packs no ${file}`),
    ...files
      .filter((file) => !/^(src|dist)\/|^[^/]+$/.test(file) || file.endsWith('.tsbuildinfo'))
      .map((file) => `packs ${file}`),
  ];
}

/** The lint accepts what the workspace's root declares; a consumer has only what the package declares. */
async function declaresWhatItImports({ folder, manifest, files }: Packed): Promise<string[]> {
  const declared = new Set([manifest.name, ...externals(manifest)]);
  const problems = new Set<string>();
  for (const file of files.filter((name) => /^dist\/.*\.js$/.test(name))) {
    const { importedFiles } = ts.preProcessFile(await readFile(join(folder, file), 'utf8'));
    for (const { fileName } of importedFiles) {
      const name = /^(@[^/]+\/)?[^/]+/.exec(fileName)?.[0] ?? fileName;
      if (!/^(\.|#|node:)/.test(fileName) && !declared.has(name))
        problems.add(`imports ${name}, which it does not declare`);
    }
  }
  return [...problems];
}

/** Everything but apps has to load without Node's own modules. */
async function runsInABrowser({ folder, manifest }: Packed): Promise<string[]> {
  if (manifest.nx?.tags?.includes('type:app')) return [];
  const { errors } = await build({
    stdin: { contents: `import '${manifest.name}';`, resolveDir: folder },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    external: externals(manifest),
    logLevel: 'silent',
  }).catch((error: unknown) => error as { errors: { text: string }[] });
  return errors.map(({ text }) => `for a browser: ${text}`);
}

function externals({ dependencies, peerDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...peerDependencies });
}

async function satisfiesPublint({ manifest, tarball }: Packed): Promise<string[]> {
  const bytes = await readFile(tarball);
  const { messages } = await publint({
    strict: true,
    pack: { tarball: new Uint8Array(bytes).buffer },
  });
  return messages.map(
    (message) => `publint: ${formatMessage(message, { ...manifest }, { color: false }) ?? ''}`,
  );
}

async function satisfiesAttw({ tarball }: Packed): Promise<string[]> {
  const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
  const options = ['--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii'];
  try {
    await promisify(execFile)(process.execPath, [attw, tarball, ...options, '--no-emoji']);
    return [];
  } catch (error) {
    return [`attw: ${(error as { stdout: string }).stdout.trim()}`];
  }
}
