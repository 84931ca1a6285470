import { createHash } from 'node:crypto';

/** What the server holds of an artifact's version. */
export interface ServerArtifact {
  readonly id: string;
  readonly collection: string;
  readonly type: string;
  readonly digest: string;
  readonly fields: Variables;
  readonly files: Record<string, Buffer>;
  manifest: { digest: string; content: unknown } | undefined;
  state: 'PENDING' | 'COMMITTED';
}

type Variables = Record<string, unknown>;
type Upload = (store: (body: Buffer) => boolean) => string;

/** Answers the GraphQL operations on artifacts; refuses uploads whose MD5 is not the announced one. */
export function artifactStore(upload: Upload) {
  const artifacts: ServerArtifact[] = [];
  const find = (id: unknown): ServerArtifact => {
    const artifact = artifacts.find((candidate) => candidate.id === id);
    if (!artifact) throw new Error(`there is no artifact ${String(id)}`);
    return artifact;
  };

  const operations: Record<string, (variables: Variables) => unknown> = {
    CreateArtifact(variables) {
      const fields = (variables.input as Variables | undefined) ?? variables;
      const collection = String(fields.artifactCollectionName);
      const versions = artifacts.filter((artifact) => artifact.collection === collection);
      const latest = versions.filter(({ state }) => state === 'COMMITTED').at(-1);
      let artifact = versions.find(({ digest }) => digest === fields.digest);
      if (!artifact) {
        artifact = {
          id: Buffer.from(`Artifact:${artifacts.length + 1}`).toString('base64'),
          collection,
          type: String(fields.artifactTypeName),
          digest: String(fields.digest),
          fields,
          files: {},
          manifest: undefined,
          state: 'PENDING',
        };
        artifacts.push(artifact);
      }
      const latestArtifact = latest ? { id: latest.id } : null;
      return {
        createArtifact: {
          artifact: {
            id: artifact.id,
            state: artifact.state,
            artifactSequence: { latestArtifact },
          },
        },
      };
    },
    CreateArtifactManifest({ artifactID, digest, includeUpload }) {
      const artifact = find(artifactID);
      const file = { id: `${artifact.id}-manifest`, uploadUrl: '', uploadHeaders: [] };
      if (includeUpload === true)
        file.uploadUrl = upload((body) => {
          if (md5(body) !== digest) return false;
          artifact.manifest = {
            digest: md5(body),
            content: JSON.parse(body.toString()) as unknown,
          };
          return true;
        });
      return { createArtifactManifest: { artifactManifest: { id: `${artifact.id}-m`, file } } };
    },
    CreateArtifactFiles(variables) {
      const input = variables.input as { artifactFiles: Record<string, string>[] };
      return {
        createArtifactFiles: {
          files: {
            edges: input.artifactFiles.map((spec) => {
              const artifact = find(spec.artifactID);
              const uploadUrl = upload((body) => {
                if (md5(body) !== spec.md5) return false;
                artifact.files[String(spec.name)] = body;
                return true;
              });
              const uploadHeaders = [`Content-MD5:${String(spec.md5)}`, 'Content-Type:'];
              const storagePath = `wandb_artifacts/${String(spec.name)}`;
              return {
                node: {
                  storagePath,
                  uploadUrl,
                  uploadHeaders,
                  uploadMultipartUrls: null,
                  artifact: { id: artifact.id },
                },
              };
            }),
          },
        },
      };
    },
    CommitArtifact({ artifactID }) {
      const artifact = find(artifactID);
      if (!artifact.manifest) throw new Error('the artifact has no manifest');
      artifact.state = 'COMMITTED';
      return { commitArtifact: { artifact: { id: artifact.id, digest: artifact.digest } } };
    },
    ArtifactType: () => ({ project: { artifact: null } }),
    UseArtifact: ({ artifactID }) => ({ useArtifact: { artifact: { id: artifactID } } }),
  };
  return { artifacts, operations };
}

function md5(body: Buffer): string {
  return createHash('md5').update(body).digest('base64');
}
