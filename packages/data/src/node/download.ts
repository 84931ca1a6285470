import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { promisify, types } from 'node:util';
import { gunzip } from 'node:zlib';

/** Options of {@link download}. */
export interface DownloadOptions {
  readonly url: string;
  /** Path of the file to make; missing folders are made too. */
  readonly to: string;
  /** SHA-256 of that file, in lower-case hexadecimal digits. */
  readonly sha256: string;
  /** Unpacks what the server sends before it is checked and kept. @default false */
  readonly unpack?: boolean;
}

/**
 * Downloads a file and keeps it if its checksum is right.
 *
 * It is written to a temporary name in the same folder, flushed and renamed, so a broken or concurrent
 * download never leaves a file that looks whole. Throws where the server can't be reached, answers with an
 * error, sends what can't be unpacked, or sends other content than expected.
 */
export async function download({
  url,
  to,
  sha256,
  unpack = false,
}: DownloadOptions): Promise<void> {
  const sent = await fetched(url);
  const content = unpack ? await unpacked(url, sent) : sent;
  const got = createHash('sha256').update(content).digest('hex');
  if (got !== sha256)
    throw new Error(
      `download: ${basename(to)} from ${url} has the wrong SHA-256: expected ${sha256}, got ${got}`,
    );
  await mkdir(dirname(to), { recursive: true });
  const temporary = `${to}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, to);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function fetched(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    await response.body?.cancel();
    throw new Error(`the answer is ${response.status} ${response.statusText}`);
  } catch (error) {
    throw new Error(`download: can't get ${url}: ${reason(error)}`, { cause: error });
  }
}

async function unpacked(url: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(bytes);
  } catch (error) {
    throw new Error(`download: can't unpack ${url}: ${reason(error)}`, { cause: error });
  }
}

/** A failed fetch says only "fetch failed"; its cause says why, if need be by its code. */
function reason(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { cause } = error;
  if (!types.isNativeError(cause)) return error.message;
  const code = 'code' in cause ? String(cause.code) : cause.name;
  return `${error.message} (${cause.message || code})`;
}
