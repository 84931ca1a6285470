import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPeer } from './contenders.ts';
import type { Lane } from './lane.ts';

/** Where other systems are found. */
export interface Places {
  /** A Python with keras or torch. */
  readonly python: string;
  /** A folder with `node_modules/@jax-js/jax`, and a Node of its own where this one is older than 24. */
  readonly jax: string;
}

/** The program and the arguments that run a lane, before the order. */
export function programOf({ contender }: Lane, { python, jax }: Places): [string, string[]] {
  if (!isPeer(contender)) return [process.execPath, [scriptOf('lane-process.js')]];
  if (contender === 'jax-js') return [nodeFor(jax), [scriptOf('../peers/jax-lane.js'), jax]];
  return [python, [scriptOf(`../peers/${contender}_lane.py`)]];
}

function nodeFor(folder: string): string {
  const own = join(folder, 'node_modules', '.bin', 'node');
  return existsSync(own) ? own : process.execPath;
}

/** The path of a script from this one, once it is compiled. */
export function scriptOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
