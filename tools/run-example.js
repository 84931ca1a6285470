// Runs the example of the top README on this Node, against the built packages: `node tools/run-example.js`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = await readFile(`${root}README.md`, 'utf8');
const example = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1];
if (example === undefined) throw new Error('README.md: there is no ```ts block');

// The example has no type in it, so it is JavaScript as it stands; from here imports find the workspace.
const folder = `${root}node_modules/.cache/tfloop`;
await mkdir(folder, { recursive: true });
await writeFile(`${folder}/example.mjs`, example);
await import(pathToFileURL(`${folder}/example.mjs`).href);
console.error(`ran on Node ${process.version}`);
