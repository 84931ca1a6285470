import type { ArtifactEntry, ArtifactRecord } from './record.ts';
import {
  type Codec,
  constant,
  convert,
  flag,
  int32,
  int64,
  list,
  message,
  optional,
  required,
  text,
} from './wire-codec.ts';

const entry = message<ArtifactEntry>({
  path: required(1, text, ''),
  digest: required(2, text, ''),
  size: required(4, int64, 0),
  localPath: required(6, text, ''),
});

const storageLayout = message<object>({}, [
  constant(1, text, 'storageLayout'),
  constant(2, text, '"V2"'),
]);

const manifest = convert(
  message<{ entries: readonly ArtifactEntry[] }>({ entries: list(4, entry) }, [
    constant(1, int32, 1),
    constant(2, text, 'wandb-storage-policy-v1'),
    constant(3, storageLayout, {}),
  ]),
  (entries: readonly ArtifactEntry[]) => ({ entries }),
  ({ entries }) => entries,
);

/** An artifact with its manifest: of the service's own storage, its digest an MD5, complete once it is sent. */
export const artifact: Codec<ArtifactRecord> = message<ArtifactRecord>(
  {
    runId: required(1, text, ''),
    project: required(2, text, ''),
    entity: optional(3, text),
    type: required(4, text, ''),
    name: required(5, text, ''),
    digest: required(6, text, ''),
    description: optional(7, text),
    metadataJson: optional(8, text),
    aliases: list(11, text),
    entries: required(12, manifest, []),
    clientId: required(15, text, ''),
    sequenceClientId: required(16, text, ''),
  },
  // `finalize`, `digest_algorithm`.
  [constant(14, flag, true), constant(20, text, 'MANIFEST_MD5')],
);
