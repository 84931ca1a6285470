import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { exampleOf } from '../readme-example.ts';

const root = join(import.meta.dirname, '..', '..');
const folders = ['.', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];
const readmes = folders.map((folder) => `${folder}/README.md`);

/** The examples as modules beside their READMEs, where their imports resolve. */
const examples = new Map(
  readmes
    .filter((readme) => existsSync(join(root, readme)))
    .map((readme) => [
      join(root, readme.replace(/md$/, 'ts')),
      exampleOf(readFileSync(join(root, readme), 'utf8'), readme),
    ]),
);

test('every README example type-checks', () => {
  const configFile = join(root, 'tools', 'tsconfig.json');
  const { config } = ts.readConfigFile(configFile, (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(root, 'tools'));
  const host = ts.createCompilerHost(options);
  const [fileExists, readFile] = [host.fileExists.bind(host), host.readFile.bind(host)];
  host.fileExists = (path) => examples.has(path) || fileExists(path);
  host.readFile = (path) => examples.get(path) ?? readFile(path);

  const program = ts.createProgram([...examples.keys()], options, host);
  const problems = [...examples.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
  expect(ts.formatDiagnostics(problems, { ...host, getCurrentDirectory: () => root })).toBe('');
});
