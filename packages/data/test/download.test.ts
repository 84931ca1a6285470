import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { download } from '@tfloop/data/node';
import { closedPort, loopback } from './loopback.ts';
import { temporaryFolder } from './temporary-folder.ts';

const content = Buffer.from('four files of clothes');
const sha256 = createHash('sha256').update(content).digest('hex');
const sends =
  (body: Uint8Array, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(body);

describe('download', () => {
  it.each([
    [false, content],
    [true, gzipSync(content)],
  ])('keeps a file with the right checksum, unpack %s', async (unpack, body) =>
    temporaryFolder(async (dir) =>
      loopback(sends(body), async (url) => {
        const to = join(dir, 'new', 'folder', 'file');
        await download({ url, to, sha256, unpack });
        expect(await readFile(to)).toEqual(content);
        expect(await readdir(join(dir, 'new', 'folder'))).toEqual(['file']);
      }),
    ),
  );

  it('names file, expected and got where the checksum is wrong, and keeps what was there', async () =>
    temporaryFolder(async (dir) =>
      loopback(sends(Buffer.from('other')), async (url) => {
        const to = join(dir, 'file');
        await writeFile(to, 'old');
        // printf other | sha256sum
        const got = 'd9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa';
        await expect(download({ url, to, sha256 })).rejects.toThrow(
          `download: file from ${url} has the wrong SHA-256: expected ${sha256}, got ${got}`,
        );
        expect(await readdir(dir)).toEqual(['file']);
        expect(await readFile(to, 'utf8')).toBe('old');
      }),
    ));

  it('refuses an error page, a body cut short and what is not packed', async () =>
    temporaryFolder(async (dir) => {
      const to = join(dir, 'file');
      await loopback(sends(content, 404), async (url) =>
        expect(download({ url, to, sha256 })).rejects.toThrow(
          `download: can't get ${url}: the answer is 404 Not Found`,
        ),
      );
      const cut: RequestListener = (_request, response) => {
        response.writeHead(200, { 'content-length': content.length });
        response.write(content.subarray(0, 4), () => response.destroy());
      };
      await loopback(cut, async (url) =>
        expect(download({ url, to, sha256 })).rejects.toThrow(`download: can't get ${url}: `),
      );
      await loopback(sends(content), async (url) =>
        expect(download({ url, to, sha256, unpack: true })).rejects.toThrow(
          `download: can't unpack ${url}: incorrect header check`,
        ),
      );
      expect(await readdir(dir)).toEqual([]);
    }));

  it('says why a server can not be reached', async () => {
    const url = await closedPort();
    await expect(download({ url, to: 'unused', sha256 })).rejects.toThrow(
      /^download: can't get http:\S+ fetch failed \(.*ECONNREFUSED/,
    );
  });

  it('leaves no temporary file where the file can not be put in place', async () =>
    temporaryFolder(async (dir) =>
      loopback(sends(content), async (url) => {
        const to = join(dir, 'taken');
        await mkdir(join(to, 'by a folder'), { recursive: true });
        await expect(download({ url, to, sha256 })).rejects.toThrow();
        expect(await readdir(dir)).toEqual(['taken']);
      }),
    ));
});
