import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/**
 * Makes one file in a folder of a program of Node's and of the sources that it imports, for processes that start in half
 * a second: through a loader each of them takes three. Returns the file's path.
 *
 * The program finds packages and files as from where its own source is.
 */
export async function bundleProgram(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(entry, '.ts')}.mjs`);
  const url = JSON.stringify(pathToFileURL(entry).href);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@tfloop/source', 'node'],
    define: { 'import.meta.url': url },
    // What is CommonJS in it has a `require`.
    banner: {
      js: `const require = process.getBuiltinModule('node:module').createRequire(${url});`,
    },
    plugins: [outside(entry)],
    logLevel: 'error',
  });
  return outfile;
}

/** Packages that are large, or bring files of their own, stay where they are installed. */
function outside(entry: string): Plugin {
  const { resolve } = createRequire(entry);
  return {
    name: 'outside',
    setup(plugins) {
      plugins.onResolve({ filter: /^(@wandb\/sdk|webgpu)$/ }, ({ path }) => ({
        path: pathToFileURL(resolve(path)).href,
        external: true,
      }));
      // Required, as an import looks for the names in all of their text first.
      plugins.onResolve({ filter: /^(@tensorflow\/|echarts$)/ }, ({ path, namespace }) =>
        namespace === 'required' ? { path, external: true } : { path, namespace: 'required' },
      );
      plugins.onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)});`,
      }));
    },
  };
}
