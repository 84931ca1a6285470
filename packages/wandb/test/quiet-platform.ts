import { platform } from '#platform';
import type { Platform } from '../src/platform/platform.ts';

/** This platform without variables and netrc file; what it says goes to a list. */
export function quietPlatform(said: string[]): Platform {
  const env = (): undefined => undefined;
  return {
    ...platform,
    host: { ...platform.host, env, netrc: env, say: (line) => void said.push(line) },
  };
}
