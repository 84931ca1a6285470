import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** Base64 of the MD5 of the bytes, as W&B names the content of files. */
export function md5Base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...md5(bytes)));
}

/** The MD5 of a text in hexadecimal digits. */
export function md5Hex(text: string): string {
  return bytesToHex(md5(new TextEncoder().encode(text)));
}
