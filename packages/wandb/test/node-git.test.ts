import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { platform } from '#platform';
import { gitInfo, withoutCredentials } from '../src/platform/node-git.ts';
import { openRun } from '../src/run.ts';
import { recordsOf } from './read-run.ts';

let dir = '';
const PATH = process.env['PATH'];
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'tfloop-git-'))));
afterEach(() => {
  process.env['PATH'] = PATH;
  rmSync(dir, { recursive: true, force: true });
});

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=n', '-c', 'user.email=e@example.com', ...args], {
    cwd: dir,
    encoding: 'utf8',
  }).trim();

test('tells the commit and the remote of the repository, from any folder of it', async () => {
  git('init', '-q');
  expect(await gitInfo(dir)).toBeUndefined();
  git('commit', '-q', '--allow-empty', '-m', 'first');
  expect(await gitInfo(dir)).toEqual({ commit: git('rev-parse', 'HEAD'), remoteUrl: '' });
  git('remote', 'add', 'origin', 'https://user:secret@example.com/a/b.git');
  git('commit', '-q', '--allow-empty', '-m', 'second');
  mkdirSync(join(dir, 'below'));
  const info = { commit: git('rev-parse', 'HEAD'), remoteUrl: 'https://example.com/a/b.git' };
  expect(await gitInfo(join(dir, 'below'))).toEqual(info);
});

test.each([
  ['https://token@github.com/a/b.git', 'https://github.com/a/b.git'],
  ['https://token:x-oauth-basic@github.com:8443/a/b', 'https://github.com:8443/a/b'],
  ['https://a:p@ss@github.com/b', 'https://github.com/b'],
  ['http://a:b@github.com/b', 'http://github.com/b'],
  ['git://github.com/b', 'git://github.com/b'],
  ['file:///srv/b', 'file:///srv/b'],
  ['ssh://git@github.com/a/b.git', 'ssh://github.com/a/b.git'],
  ['https://example.com/a?token=secret', 'https://example.com/a'],
  ['git@github.com:a/b.git', 'git@github.com:a/b.git'],
  ['/srv/a@b/c.git', '/srv/a@b/c.git'],
  ['../a', '../a'],
  ['host:/srv/a', 'host:/srv/a'],
  ['https://example.com/a@b', ''],
  ['https://u:pa/ss@h/r', ''],
  ['https://u:1234/ss@h/r', ''],
  ['hg::https://u:secret@h/r', ''],
  ['gcrypt::https://token@h/r', ''],
  ['s3://key:secret@bucket/r', ''],
  ['token:secret@h:p', ''],
])('%s is told as %s', (remote, told) => {
  expect(withoutCredentials(remote)).toBe(told);
});

test('no repository, no folder, no git and one that hangs cost nothing', async () => {
  expect(await gitInfo(dir)).toBeUndefined();
  expect(await gitInfo(join(dir, 'missing'))).toBeUndefined();
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  process.env['PATH'] = bin;
  expect(await gitInfo(dir)).toBeUndefined();
  writeFileSync(join(bin, 'git'), '#!/bin/sh\nexec /bin/sleep 60\n');
  chmodSync(join(bin, 'git'), 0o755);
  expect(await gitInfo(dir)).toBeUndefined();
});

test('is in the record of a run, unless it is not wanted', async () => {
  const info = { commit: 'abc', remoteUrl: 'https://example.com/a' };
  const recorded = async (env: Record<string, string>) => {
    const host = {
      ...platform.host,
      git: () => Promise.resolve(info),
      env: (name: string) => env[name],
    };
    const run = await openRun(
      { dir, mode: 'offline', silent: true, stats: false, console: false },
      { platform: { ...platform, host } },
    );
    await run.finish();
    return recordsOf(run.folder).flatMap((record) => ('run' in record ? [record.run.git] : []));
  };
  expect(await recorded({})).toEqual([info]);
  expect(await recorded({ WANDB_DISABLE_GIT: 'true' })).toEqual([undefined]);
});
