import { messageOf } from './message-of.ts';
import { netrcPassword } from './netrc.ts';
import type { RunOptions, SettingsSource } from './settings.ts';

/** A shorter text stands in many others by chance, so that it could not be taken out of what is logged. */
const SHORTEST_KEY = 8;

/** What is said where no key is anywhere. */
export const NO_KEY =
  'there is no API key: give an apiKey, or put it in WANDB_API_KEY or in a netrc file';

/** The key, which only a function holds, or why there is none. */
export interface FoundKey {
  readonly key: () => string | undefined;
  readonly problem: string | undefined;
}

/**
 * Looks once for the key: the option, else the variable, else the netrc file's password for the service's host. An
 * `apiKey` that does not give a text is told of, and no other key takes its place. Never throws.
 */
export function findKey(
  { apiKey }: RunOptions,
  env: (name: string) => string | undefined,
  source: Pick<SettingsSource, 'netrc'>,
  url: string,
): FoundKey {
  let given: unknown = apiKey;
  try {
    if (typeof apiKey === 'function') given = apiKey();
  } catch (error) {
    return none(`apiKey failed (${messageOf(error)})`);
  }
  if (given !== undefined && typeof given !== 'string') {
    // Nobody else hears of what it may be rejected with.
    if (given instanceof Promise) given.catch(() => undefined);
    return none(
      given instanceof Promise
        ? 'apiKey gave a promise: await the key before, and give the text'
        : `apiKey must give a text, got ${given === null ? 'null' : typeof given}`,
    );
  }
  const key =
    nonEmpty(given) ??
    env('API_KEY') ??
    nonEmpty(netrcPassword(source.netrc() ?? '', new URL(url).hostname));
  if (key === undefined) return none(NO_KEY);
  if (key.length < SHORTEST_KEY)
    return none(`the API key is not used, as it has less than ${SHORTEST_KEY} characters`);
  return { key: () => key, problem: undefined };
}

/** No key, and why. */
function none(problem: string): FoundKey {
  return { key: () => undefined, problem };
}

function nonEmpty(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === '' ? undefined : trimmed;
}
