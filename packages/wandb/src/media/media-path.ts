import { sha256 } from '@noble/hashes/sha2';
import { bytesToHex } from '@noble/hashes/utils';
import type { MediaFile } from './media.ts';

/** Bytes of a part of a path: with the step, the digest and the ending it stays below the 255 of file systems. */
const PART_BYTES = 180;

/** A file of media with the digest of its content. */
export interface HashedFile extends MediaFile {
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly sha256: string;
}

/**
 * A file as the official client names it: `media/<folder>/<key>_<step>_<first 20 digits of its SHA-256>.<ending>`.
 *
 * Slashes of the key make folders. What would leave the folder or what Windows can't store is an underscore.
 */
export function mediaFile(
  folder: string,
  key: string,
  step: number,
  ending: string,
  bytes: Uint8Array,
): HashedFile {
  const digest = bytesToHex(sha256(bytes));
  const name = `${safePath(key)}_${step}_${digest.slice(0, 20)}.${ending}`;
  return { path: `media/${folder}/${name}`, bytes, sha256: digest };
}

function safePath(key: string): string {
  const parts = key.split('/').filter(Boolean).map(safePart);
  return parts.join('/') || '_';
}

function safePart(part: string): string {
  if (part === '.' || part === '..') return '_'.repeat(part.length);
  const safe = part.replace(/[<>:"\\|?*\p{Cc}\p{Cs}]/gu, '_');
  const isLong = new TextEncoder().encode(safe).length > PART_BYTES;
  // A character takes 4 bytes at most.
  return isLong
    ? Array.from(safe)
        .slice(0, PART_BYTES / 4)
        .join('')
    : safe;
}
