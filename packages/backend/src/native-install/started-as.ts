import { basename } from 'node:path';

/**
 * The command that starts this program again as it was started, for options to be put behind it: `npx tfloop-native`
 * where a project has it, `npm run native --` from a script of npm's. `program` is the path in `process.argv[1]`.
 */
export function startedAs(program: string, env: NodeJS.ProcessEnv): string {
  // By its own name npx would ask the registry for a package that is not this one.
  if (/[\\/]_npx[\\/]/.test(program)) return 'npx -p @tfloop/backend tfloop-native';
  if (/[\\/]node_modules[\\/]/.test(program)) return 'npx tfloop-native';
  const name = basename(program);
  if (name === 'tfloop-native') return name;
  const { npm_lifecycle_event: script, npm_lifecycle_script: text } = env;
  // Whatever else npm runs may have started this, too.
  if (script !== undefined && text?.includes(name) === true && env['npm_command'] !== 'exec')
    return `npm run ${script} --`;
  return `node ${/\s/.test(program) ? JSON.stringify(program) : program}`;
}
