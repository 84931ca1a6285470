import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Rng } from '@tfloop/core';

/** Does to the newest checkpoint of a folder what crashes and bad disks do; returns what, or nothing where there are too few. */
export function damage(folder: string, random: Rng): string | undefined {
  const checkpoints = names(folder);
  // With one that is whole left the run must go on; without any it must not begin anew unasked.
  if (checkpoints.length < 3) return undefined;
  const newest = join(folder, checkpoints.at(-1) ?? '');
  const files = readdirSync(newest);
  const file = join(newest, files[random.integer(files.length)] ?? '');
  const { size } = statSync(file);
  switch (random.integer(5)) {
    case 0:
      truncateSync(file, random.integer(size));
      return 'truncated file';
    case 1: {
      const bytes = readFileSync(file);
      const at = random.integer(size);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
      writeFileSync(file, bytes);
      return 'flipped bit';
    }
    case 2:
      rmSync(file);
      return 'missing file';
    case 3:
      truncateSync(file, 0);
      return 'empty file';
    default: {
      // As a program would leave it that writes under the final name.
      const half = join(folder, `step-9${String(random.integer(1e7)).padStart(7, '0')}`);
      mkdirSync(half);
      writeFileSync(
        join(half, 'weights.safetensors'),
        readFileSync(join(newest, 'weights.safetensors')),
      );
      return 'half-written folder';
    }
  }
}

/** Checkpoints from old to new. */
function names(folder: string): string[] {
  const steps = readdirSync(folder).filter((name) => /^step-0/.test(name));
  const time = (name: string) => statSync(join(folder, name)).mtimeMs;
  return steps.sort((a, b) => time(a) - time(b));
}
