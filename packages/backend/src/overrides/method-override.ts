import type { Override, Reason } from './override.ts';

// Shared through the symbol registry, so that a second copy of this package sees that the first one was here.
const mark = Symbol.for('@tfloop/backend:method');

/** An override of the method `call` of all objects that share a prototype, which is asked for when it is first needed. */
export function methodOverride<Call extends (...args: never[]) => unknown>(
  name: string,
  reason: Reason,
  prototype: () => { call: Call },
  create: (stock: Call) => Call,
): Override {
  let found: { call: Marked<Call> } | undefined;
  const owner = (): { call: Marked<Call> } => (found ??= prototype());
  return {
    name,
    reason,
    installed: () => owner().call[mark] !== undefined,
    install() {
      const { call } = owner();
      if (!call[mark]) owner().call = Object.assign(create(call), { [mark]: call });
    },
    remove() {
      const stock = owner().call[mark];
      if (stock) owner().call = stock;
    },
  };
}

/** A method that knows which one it stands in for. */
type Marked<Call> = Call & { readonly [mark]?: Call };
