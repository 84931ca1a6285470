import { manifestDigest } from './artifact-manifest.ts';
import { md5Base64 } from './md5.ts';
import { randomId } from './random-id.ts';
import type { ArtifactRecord } from './record.ts';
import { safePath } from './safe-path.ts';
import { toValueJson, type Warn } from './values.ts';
import type { Artifact } from './wandb-run.ts';

/** What an artifact is recorded with. */
export interface ArtifactParts {
  readonly run: Pick<ArtifactRecord, 'runId' | 'project' | 'entity'>;
  /** Writes a file at a path relative to the run's folder and returns the path to find it by. */
  readonly write: (path: string, bytes: Uint8Array) => string;
  /** What tells the versions of one name as such, by name. */
  readonly sequences: Map<string, string>;
  readonly warn: Warn;
}

/** Keeps an artifact's files, and gives the record of it. */
export function artifactRecord(
  { name, type, files, aliases = ['latest'], description, metadata }: Artifact,
  { run, write, sequences, warn }: ArtifactParts,
): ArtifactRecord {
  const contents = [...files].map(([path, bytes]) => ({
    path: safePath(path),
    digest: md5Base64(bytes),
    size: bytes.length,
    bytes,
  }));
  const digest = manifestDigest(contents);
  const sequenceClientId = sequences.get(name) ?? randomId(128);
  sequences.set(name, sequenceClientId);
  const metadataJson = metadata && toValueJson(metadata, warn, 'metadata');
  return {
    ...run,
    type,
    name,
    digest,
    ...(description !== undefined && { description }),
    ...(metadataJson !== undefined && { metadataJson }),
    aliases,
    entries: contents.map(({ bytes, ...entry }) => ({
      ...entry,
      localPath: write(`artifacts/${digest}/${entry.path}`, bytes),
    })),
    clientId: randomId(128),
    sequenceClientId,
  };
}
