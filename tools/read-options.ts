import { parseArgs, type ParseArgsConfig } from 'node:util';

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** What a command was given. */
export type Read<O extends OptionsConfig> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: true }>
>;

/**
 * Reads a command's options, and as many names as it takes. Ends the process where there is nothing to do: with the help
 * that was asked for and exit code 0, or with what is wrong and exit code 2.
 */
export function readOptions<const O extends OptionsConfig>(
  command: string,
  help: string,
  options: O,
  mostNames = 0,
): Read<O> {
  if (process.argv.slice(2).includes('--help')) {
    process.stdout.write(help);
    process.exit(0);
  }
  const read = parse(command, options);
  const surplus = read.positionals[mostNames];
  if (surplus !== undefined)
    refuse(command, `it takes ${mostNames === 0 ? 'no names' : 'one name'}, so not "${surplus}"`);
  return read;
}

function parse<const O extends OptionsConfig>(command: string, options: O): Read<O> {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    // What follows the first sentence is about arguments that look like options.
    const [reason = ''] = error instanceof Error ? error.message.split('. ') : ['wrong options'];
    return refuse(command, reason);
  }
}

/** Says what is wrong with the options and ends the process with exit code 2. */
export function refuse(command: string, reason: string): never {
  process.stderr.write(`${command}: ${reason}; --help lists the options\n`);
  process.exit(2);
}
