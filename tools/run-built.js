// Compiles a project where anything in it has changed and runs a program of it; its help comes from the sources, at
// once: `node tools/run-built.js PROJECT SOURCE BUILT [argument …]`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const [project = '', source = '', built = '', ...args] = process.argv.slice(2);

if (args.includes('--help') || args.includes('-h')) {
  const fromSources = ['-C', '@tfloop/source', '--import', './tools/typescript.js'];
  process.exitCode = await exitCodeOf([...fromSources, join(project, source), ...args], 'inherit');
} else {
  const notice = setTimeout(() => {
    process.stderr.write(`compiling ${project} and what it needs …\n`);
  }, 1000);
  // Standard output is the program's own.
  const failed = await exitCodeOf(
    ['node_modules/typescript/bin/tsc', '-b', project],
    process.stderr,
  );
  clearTimeout(notice);
  if (failed) process.exitCode = failed;
  else {
    // In this process, for signals to reach the program alone.
    const program = join(root, project, built);
    process.argv.splice(1, process.argv.length, program, ...args);
    await import(pathToFileURL(program).href);
  }
}

/**
 * Runs Node in the workspace's folder.
 * @param {string[]} args
 * @param {'inherit' | NodeJS.WriteStream} stdout
 * @returns {Promise<number>}
 */
async function exitCodeOf(args, stdout) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['inherit', stdout, 'inherit'] });
  const [code] = await once(child, 'close');
  return code ?? 1;
}
