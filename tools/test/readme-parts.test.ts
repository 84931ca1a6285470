import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const packages = join(import.meta.dirname, '..', '..', 'packages');

/** What every package says of itself, in this order, and how it is recognized. */
const parts: readonly (readonly [part: string, (name: string) => RegExp])[] = [
  [
    'its name and one sentence',
    (name) => new RegExp(`^# @tfloop/${name}\\n\\n[A-Z].*(?:\\n.+)*\\.\\n\\n`),
  ],
  ['how to install it', (name) => new RegExp(`^npm install .*@tfloop/${name}\\b`, 'm')],
  ['an example', () => /^```ts\n/m],
  ['a table', () => /^\|(?: *:?-+:? *\|)+$/m],
  ['how it composes', () => /^## How it composes$/m],
  ['a reference', () => /^## Reference$/m],
];

describe.each(readdirSync(packages))('the README of %s holds', (name) => {
  const text = readFileSync(join(packages, name, 'README.md'), 'utf8');
  const places = parts.map(([, pattern]) => text.search(pattern(name)));
  test.each(parts.map(([part], i) => [part, i] as const))('%s', (_, i) => {
    expect(places[i]).not.toBe(-1);
    expect(Math.max(...places.slice(0, i + 1))).toBe(places[i]);
  });

  test('all that its example imports among what it installs', () => {
    const installed = [...text.matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, names = '']) =>
      names.trim().split(' '),
    );
    const [, example = ''] = /^```ts\n(.*?)^```$/ms.exec(text) ?? [];
    const imported = [...example.matchAll(/ from '(@[^'/]+\/[^'/]+|[^@.][^'/]*)/g)];
    expect(installed).toEqual(expect.arrayContaining(imported.map(([, name]) => name)));
  });
});
