/** What the server does to a request instead of, or before, answering it. */
export type Effect =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'reset'; readonly applied: boolean }
  | { readonly kind: 'hang' }
  | { readonly kind: 'errors' };

/** A fault and the requests it strikes: all that are given must hold. */
export interface Fault {
  readonly effect: Effect;
  /** `file_stream`, `put`, or GraphQL operations by name; any request by default. */
  readonly operations?: readonly string[];
  /** The first request of the operation that is struck, counted from 0. */
  readonly from?: number;
  /** The first request of the operation that is no longer struck. */
  readonly to?: number;
  /** Milliseconds since the server started or its faults were set. */
  readonly after?: number;
  /** Milliseconds since the server started or its faults were set. */
  readonly before?: number;
}

/** Which fault strikes which request. */
export function faultSwitch(initial: readonly Fault[] = []) {
  let faults = initial;
  let started = Date.now();
  const counts = new Map<string, number>();
  return {
    set(next: readonly Fault[]): void {
      faults = next;
      started = Date.now();
      counts.clear();
    },
    strike(operation: string): Effect | undefined {
      const count = counts.get(operation) ?? 0;
      counts.set(operation, count + 1);
      const time = Date.now() - started;
      return faults.find(
        (fault) =>
          (fault.operations?.includes(operation) ?? true) &&
          within(count, fault.from, fault.to) &&
          within(time, fault.after, fault.before),
      )?.effect;
    },
  };
}

function within(value: number, from = 0, to = Infinity): boolean {
  return value >= from && value < to;
}
