import type { Override, Reason } from './override.ts';

/** Several overrides that only make sense together, under one name. */
export function combine(name: string, reason: Reason, parts: readonly Override[]): Override {
  return {
    name,
    reason,
    installed: () => parts.every((part) => part.installed()),
    install() {
      for (const part of parts) part.install();
    },
    remove() {
      for (const part of parts) part.remove();
    },
  };
}
