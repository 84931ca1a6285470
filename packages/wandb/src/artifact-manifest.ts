import { md5Hex } from './md5.ts';

/** A file of an artifact, as a manifest knows it. */
export interface ManifestEntry {
  /** Within the artifact, with forward slashes. */
  readonly path: string;
  /** Base64 of the MD5 of its bytes, see `md5Base64`. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * W&B's MANIFEST_MD5 digest of an artifact: hexadecimal MD5 of a head line and a line `path:digest` for each file, by
 * path in the order of Unicode code points.
 */
export function manifestDigest(entries: readonly ManifestEntry[]): string {
  const lines = [...entries]
    .sort((a, b) => compareCodePoints(a.path, b.path))
    .map(({ path, digest }) => `${path}:${digest}\n`);
  return md5Hex(`wandb-artifact-manifest-v1\n${lines.join('')}`);
}

/** The text of `wandb_manifest.json`. `birthArtifactIds` says, by path, with which version a file came. */
export function manifestJson(
  entries: readonly ManifestEntry[],
  birthArtifactIds: ReadonlyMap<string, string>,
): string {
  return JSON.stringify({
    version: 1,
    storagePolicy: 'wandb-storage-policy-v1',
    storagePolicyConfig: { storageLayout: 'V2' },
    contents: Object.fromEntries(
      entries.map(({ path, digest, size }) => [
        path,
        { digest, size, birthArtifactID: birthArtifactIds.get(path) },
      ]),
    ),
  });
}

/** JavaScript compares UTF-16 units, which puts characters beyond U+FFFF before those from U+E000 on. */
function compareCodePoints(a: string, b: string): number {
  const [left, right] = [codePoints(a), codePoints(b)];
  const first = left.findIndex((point, index) => point !== right[index]);
  return first < 0 ? left.length - right.length : (left[first] ?? 0) - (right[first] ?? -1);
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
