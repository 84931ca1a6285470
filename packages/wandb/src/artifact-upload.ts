import { manifestJson } from './artifact-manifest.ts';
import { putSigned } from './file-upload.ts';
import type { Graphql } from './graphql.ts';
import type { HttpClient } from './http-client.ts';
import { md5Base64 } from './md5.ts';
import type { ArtifactEntry, ArtifactRecord } from './record.ts';
import type { RunPlace } from './run-api.ts';

/** What an upload of artifacts needs. */
export interface ArtifactUpload {
  readonly ask: Graphql;
  readonly http: HttpClient;
  readonly place: RunPlace;
  /** Reads a file by its `localPath`. */
  readonly read: (localPath: string) => Promise<Uint8Array<ArrayBuffer>>;
  readonly signal: AbortSignal;
  /** `_step` of the row that comes after the artifact. */
  readonly historyStep?: number;
}

/**
 * Makes a new version of an artifact, or finds that one of the same content exists. Files go one after another, so that
 * one at a time is in memory; those that the service has already are not sent. A repeated call continues where the last
 * ended: the client ID and the digest tell the service which version is meant.
 *
 * @throws {Error} when a file is no longer what the record says.
 */
export async function uploadArtifact(
  upload: ArtifactUpload,
  artifact: ArtifactRecord,
): Promise<void> {
  const { ask, http, place, read, signal, historyStep } = upload;
  const request = { signal, attempts: 20 };
  const { createArtifact } = await ask<CreateArtifact>({
    name: 'CreateArtifact',
    query: createQuery,
    variables: { input: { ...artifactInput(artifact, place), historyStep } },
    ...request,
  });
  const { id, state, artifactSequence } = createArtifact.artifact;
  if (state === 'COMMITTED') return;

  const manifest = (digest: string, includeUpload: boolean): Promise<CreateManifest> =>
    ask<CreateManifest>({
      name: 'CreateArtifactManifest',
      query: manifestQuery,
      variables: {
        artifactID: id,
        baseArtifactID: artifactSequence?.latestArtifact?.id ?? null,
        name: 'wandb_manifest.json',
        digest,
        entityName: place.entity,
        projectName: place.project,
        runName: place.name,
        manifestType: 'FULL',
        includeUpload,
      },
      ...request,
    });
  const { createArtifactManifest } = await manifest('', false);

  const births = new Map<string, string>();
  for (const entry of artifact.entries) {
    const { createArtifactFiles } = await ask<CreateFiles>({
      name: 'CreateArtifactFiles',
      query: filesQuery,
      variables: {
        input: {
          artifactFiles: [
            {
              artifactID: id,
              artifactManifestID: createArtifactManifest.artifactManifest.id,
              name: entry.path,
              md5: entry.digest,
            },
          ],
          storageLayout: 'V2',
        },
      },
      ...request,
    });
    const node = createArtifactFiles.files.edges[0]?.node;
    births.set(entry.path, node?.artifact?.id ?? id);
    if (!node?.uploadUrl) continue;
    const body = await read(entry.localPath);
    checkUnchanged(artifact, entry, body);
    await putSigned(http, { url: node.uploadUrl, headers: node.uploadHeaders ?? [], body }, signal);
  }

  const body = new TextEncoder().encode(manifestJson(artifact.entries, births));
  const { file } = (await manifest(md5Base64(body), true)).createArtifactManifest.artifactManifest;
  if (!file.uploadUrl) throw new Error('CreateArtifactManifest gave no place for the manifest');
  await putSigned(http, { url: file.uploadUrl, headers: file.uploadHeaders ?? [], body }, signal);
  await ask({
    name: 'CommitArtifact',
    query: commitQuery,
    variables: { artifactID: id },
    ...request,
  });
}

function artifactInput(artifact: ArtifactRecord, { entity, project, name }: RunPlace) {
  return {
    entityName: entity,
    projectName: project,
    runName: name,
    artifactTypeName: artifact.type,
    artifactCollectionName: artifact.name,
    digest: artifact.digest,
    digestAlgorithm: 'MANIFEST_MD5',
    description: artifact.description,
    metadata: artifact.metadataJson,
    aliases: artifact.aliases.map((alias) => ({ artifactCollectionName: artifact.name, alias })),
    enableDigestDeduplication: true,
    clientID: artifact.clientId,
    sequenceClientID: artifact.sequenceClientId,
  };
}

/** The digest is in the version already: other bytes would make a version that never can be read back. */
function checkUnchanged({ name }: ArtifactRecord, entry: ArtifactEntry, body: Uint8Array): void {
  if (body.byteLength !== entry.size || md5Base64(body) !== entry.digest)
    throw new Error(`the file ${entry.path} of artifact ${name} changed after it was logged`);
}

interface SignedPlace {
  readonly uploadUrl?: string | null;
  readonly uploadHeaders?: readonly string[] | null;
}

interface CreateArtifact {
  readonly createArtifact: {
    readonly artifact: {
      readonly id: string;
      readonly state: string;
      readonly artifactSequence?: { readonly latestArtifact?: { readonly id: string } | null };
    };
  };
}

interface CreateManifest {
  readonly createArtifactManifest: {
    readonly artifactManifest: { readonly id: string; readonly file: SignedPlace };
  };
}

interface CreateFiles {
  readonly createArtifactFiles: {
    readonly files: {
      readonly edges: readonly {
        readonly node: SignedPlace & { readonly artifact?: { readonly id: string } | null };
      }[];
    };
  };
}

const createQuery = `
  mutation CreateArtifact($input: CreateArtifactInput!) {
    createArtifact(input: $input) { artifact { id state artifactSequence { latestArtifact { id } } } }
  }`;

const manifestQuery = `
  mutation CreateArtifactManifest(
    $artifactID: ID!, $baseArtifactID: ID, $name: String!, $digest: String!, $entityName: String!,
    $projectName: String!, $runName: String!, $manifestType: ArtifactManifestType!, $includeUpload: Boolean!
  ) {
    createArtifactManifest(input: {
      artifactID: $artifactID, baseArtifactID: $baseArtifactID, name: $name, digest: $digest,
      entityName: $entityName, projectName: $projectName, runName: $runName, type: $manifestType
    }) {
      artifactManifest {
        id
        file { id uploadUrl @include(if: $includeUpload) uploadHeaders @include(if: $includeUpload) }
      }
    }
  }`;

const filesQuery = `
  mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) {
    createArtifactFiles(input: $input) {
      files { edges { node { uploadUrl uploadHeaders artifact { id } } } }
    }
  }`;

const commitQuery = `
  mutation CommitArtifact($artifactID: ID!) {
    commitArtifact(input: { artifactID: $artifactID }) { artifact { id digest } }
  }`;
