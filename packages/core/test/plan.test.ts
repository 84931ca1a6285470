import type { Callback } from '@tfloop/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { line, rejection } from './fixtures.ts';

const { learner } = line();

/** The order in which callbacks are planned, as `explain` prints it. */
function planned(callbacks: readonly Callback[]): string[] {
  const run = callbacks.map((callback) => ({ ...callback, beforeFit: () => undefined }));
  const found = /^ *beforeFit +(.*)$/m.exec(learner.explain(run));
  return found?.[1]?.split(', ') ?? [];
}

const named = (name: string, rules: Partial<Callback> = {}): Callback => ({ ...rules, name });

describe('the order of callbacks', () => {
  it('is by name where nothing else decides', () => {
    expect(planned([named('c'), named('a'), named('b')])).toEqual(['a', 'b', 'c']);
  });

  it('is by order first, 0 where there is none', () => {
    expect(
      planned([named('a', { order: 2 }), named('b'), named('c', { order: -1 }), named('d')]),
    ).toEqual(['c', 'b', 'd', 'a']);
  });

  it('is by before and after above all', () => {
    expect(
      planned([
        named('a', { order: -5, after: ['d'] }),
        named('b'),
        named('c', { order: 9, before: ['b'] }),
        named('d'),
      ]),
    ).toEqual(['d', 'a', 'c', 'b']);
  });

  it('ignores callbacks that are not there, and a callback’s rule about itself', () => {
    expect(
      planned([named('b', { before: ['nobody', 'b'] }), named('a', { after: ['nothing'] })]),
    ).toEqual(['a', 'b']);
  });

  it('is the same for the learner’s own callbacks and for those of a fit', () => {
    const [a, b] = [
      { ...named('a'), beforeFit: () => undefined },
      { ...named('b'), beforeFit: () => undefined },
    ];
    const text = line({ callbacks: [b] }).learner.explain([a]);
    expect(text).toBe(line({ callbacks: [a] }).learner.explain([b]));
  });

  it('does not depend on the order of the list', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    // Rules point from earlier to later names only, so that there is no cycle.
    const list = fc
      .tuple(
        ...names.map((name, i) =>
          fc.record({
            name: fc.constant(name),
            order: fc.integer({ min: -2, max: 2 }),
            before: fc.subarray(names.slice(i + 1)),
            after: fc.subarray(names.slice(0, i)),
          }),
        ),
      )
      .chain((callbacks) =>
        fc.tuple(fc.constant(callbacks), fc.shuffledSubarray(callbacks, { minLength: 6 })),
      );
    fc.assert(
      fc.property(list, ([callbacks, shuffled]) => {
        const order = planned(callbacks);
        expect(planned(shuffled)).toEqual(order);
        for (const { name, before, after } of callbacks) {
          const place = order.indexOf(name);
          for (const later of before) expect(order.indexOf(later)).toBeGreaterThan(place);
          for (const earlier of after) expect(order.indexOf(earlier)).toBeLessThan(place);
        }
      }),
    );
  });
});

describe('conflicts', () => {
  const conflicts: Record<string, [callbacks: Callback[], message: RegExp]> = {
    'two of one name': [[named('mixup'), named('mixup')], /two callbacks are named "mixup"/],
    'no name': [[named('')], /every callback needs a name/],
    'two owners of one slot': [
      [named('oneCycle', { owns: ['lr'] }), named('warmUp', { owns: ['grads', 'lr'] })],
      /oneCycle and warmUp both own "lr"/,
    ],
    'an unmet requirement': [
      [named('stateReset', { requires: ['sync'] }), named('ema')],
      /stateReset requires "sync", which no callback of the list is or provides; there are stateReset, ema/,
    ],
    'a cycle of two': [
      [named('a', { before: ['b'] }), named('b', { before: ['a'] })],
      /(a, b, a|b, a, b) must each run before the next/,
    ],
    'a cycle of three beside others': [
      [
        named('free'),
        named('a', { before: ['b'] }),
        named('b', { before: ['c'] }),
        named('c', { before: ['a', 'blocked'] }),
        named('blocked'),
      ],
      /(a, b, c, a|b, c, a, b|c, a, b, c) must each run before the next/,
    ],
  };

  it.each(Object.entries(conflicts))(
    'refuses %s before any work',
    async (_, [callbacks, message]) => {
      let begun = false;
      const watched = callbacks.map((callback) => ({
        ...callback,
        beforeFit: () => void (begun = true),
      }));
      expect(() => learner.explain(watched)).toThrow(message);
      expect((await rejection(learner.fit(1, watched))).message).toMatch(message);
      expect(begun).toBe(false);
    },
  );

  it('are none where slots are only written, or needs are met by name or by signal', () => {
    expect(
      planned([
        named('a', { writes: ['grads'], requires: ['b', 'sync'] }),
        named('b', { writes: ['grads'], owns: ['lr'] }),
        named('c', { provides: ['sync'] }),
      ]),
    ).toEqual(['a', 'b', 'c']);
  });

  it('leave the learner usable', async () => {
    await rejection(learner.fit(1, [named('a'), named('a')]));
    await expect(learner.fit(1, [named('a')])).resolves.toMatchObject({ rows: [{ epoch: 0 }] });
  });
});
