import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestDigest } from '../src/artifact-manifest.ts';
import { md5Base64 } from '../src/md5.ts';

interface Golden {
  readonly cases: readonly {
    readonly case: string;
    readonly digest: string;
    readonly files: readonly { path: string; base64: string; digest: string }[];
  }[];
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../tools/oracles/wandb_artifact.json'), 'utf8'),
) as Golden;

test.each(golden.cases)(
  '$case: the digests are those of the official client',
  ({ digest, files }) => {
    const entries = files.map(({ path, base64 }) => {
      const bytes = Buffer.from(base64, 'base64');
      return { path, digest: md5Base64(bytes), size: bytes.length };
    });
    expect(entries.map((entry) => entry.digest)).toEqual(files.map((file) => file.digest));
    expect(manifestDigest(entries)).toBe(digest);
  },
);
