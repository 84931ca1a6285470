import * as tf from '@tensorflow/tfjs';
import { sha256 } from '../sha256.ts';
import { VERSION } from '../version.ts';
import { fromPlain, type Json } from './plain-state.ts';
import { readableJson } from './readable-json.ts';
import type { Position } from './run-state.ts';

/** The file of a checkpoint that says what the others are; it is written last. */
export const STATE = 'state.json';

/** The layout of `state.json`. It grows when an older reader would misunderstand a newer file. */
const SCHEMA = 1;
const FORMAT = 'tfloop checkpoint';

/** A file's size and SHA-256, in hexadecimal. */
export type FileSum = { readonly bytes: number; readonly sha256: string };

/** What `state.json` holds: the state in plain JSON, and the sums of the other files by name. */
export interface StateFile {
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly files: Readonly<Record<string, FileSum>>;
  /** The position, fingerprint, history, streams, view, optimizer and callbacks by name. */
  readonly run: Readonly<Record<string, Json>>;
}

/*
 * The file ends with its digest, the SHA-256 of all bytes before it. So it is in every schema to come, for a reader has to
 * know a newer file from a damaged one.
 */
const BEFORE_DIGEST = ',\n  "digest": "';
const AFTER_DIGEST = '"\n}\n';
const DIGEST_LENGTH = 64;

/** The bytes of a `state.json`. */
export async function encodeStateFile({ savedAt, files, run }: StateFile): Promise<Uint8Array> {
  const content = {
    format: FORMAT,
    schema: SCHEMA,
    savedAt: new Date(savedAt).toISOString(),
    versions: { '@tfloop/core': VERSION, '@tensorflow/tfjs': tf.version.tfjs },
    files,
    run,
  };
  const lines = Object.entries(content).map(([key, value]) => {
    const start = `  ${JSON.stringify(key)}: `;
    return start + readableJson(value, '  ', start.length);
  });
  const encoder = new TextEncoder();
  const head = encoder.encode(`{\n${lines.join(',\n')}${BEFORE_DIGEST}`);
  const tail = encoder.encode(`${await sha256([head])}${AFTER_DIGEST}`);
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}

/** Throws a plain Error where the bytes are not as they were written, and a {@link NewerSchemaError}. */
export async function decodeStateFile(checkpoint: string, bytes: Uint8Array): Promise<StateFile> {
  const end = bytes.length - DIGEST_LENGTH - AFTER_DIGEST.length;
  const head = bytes.subarray(0, Math.max(end, 0));
  const text = new TextDecoder().decode(head);
  const tail = new TextDecoder().decode(bytes.subarray(Math.max(end, 0)));
  if (!text.endsWith(BEFORE_DIGEST) || !tail.endsWith(AFTER_DIGEST))
    throw new Error('it does not end with its digest, so it was cut off or altered');
  const digest = tail.slice(0, DIGEST_LENGTH);
  const actual = await sha256([head]);
  if (digest !== actual)
    throw new Error(`it was altered: its digest is ${digest}, but its contents have ${actual}`);
  const { format, schema, savedAt, files, run } = JSON.parse(text + tail) as StateFile & {
    format: unknown;
    schema: number;
  };
  if (format !== FORMAT) throw new Error('it is no state of a checkpoint');
  if (schema > SCHEMA) throw new NewerSchemaError(checkpoint, schema);
  return { savedAt: Date.parse(String(savedAt)), files, run };
}

/** A checkpoint may be whole, but its layout is one that this version does not know. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';

  constructor(checkpoint: string, schema: number) {
    super(
      `the checkpoint ${checkpoint} has schema ${schema}, but @tfloop/core ${VERSION} reads ${SCHEMA} at most: update @tfloop/core`,
    );
  }
}

/** Where in the run a state was taken. */
export function positionIn({ run }: StateFile): Position {
  return fromPlain(run['position'] ?? null, new Map()) as Position;
}
