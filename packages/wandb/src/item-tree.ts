import { parseExtended, stringifyExtended } from './extended-json.ts';
import type { Item } from './record.ts';

/** Values by key, and by key within values: what the items of many records amount to. */
export interface ItemTree {
  set(items: readonly Item[]): void;
  remove(keys: readonly Item['key'][]): void;
  /** The values at the top as extended JSON, in the order in which they came. */
  entries(): readonly (readonly [key: string, valueJson: string])[];
  /** All as one extended JSON object. */
  json(): string;
}

/** A leaf is extended JSON. */
export type Node = string | Map<string, Node>;

/**
 * `membersOf` says what a value consists of when one within it is set: the config of the official client opens it, its
 * summary puts the new one in its place.
 */
export function itemTree(
  items: readonly Item[] = [],
  membersOf: (leaf: string) => Map<string, Node> | undefined = opens,
): ItemTree {
  const root = new Map<string, Node>();

  function parentOf(path: readonly string[], create: boolean): Map<string, Node> | undefined {
    let node = root;
    for (const key of path.slice(0, -1)) {
      let next = node.get(key);
      if (!(next instanceof Map)) {
        const opened = next === undefined ? undefined : membersOf(next);
        if (!opened && !create) return undefined;
        next = opened ?? new Map<string, Node>();
        node.set(key, next);
      }
      node = next;
    }
    return node;
  }

  const tree: ItemTree = {
    set(added) {
      for (const { key, valueJson } of added) {
        const path = pathOf(key);
        parentOf(path, true)?.set(path.at(-1) ?? '', valueJson);
      }
    },
    remove(keys) {
      for (const key of keys) {
        const path = pathOf(key);
        parentOf(path, false)?.delete(path.at(-1) ?? '');
      }
    },
    entries: () => [...root].map(([key, node]) => [key, jsonOf(node)] as const),
    json: () => jsonOf(root),
  };
  tree.set(items);
  return tree;
}

function pathOf(key: Item['key']): readonly string[] {
  return typeof key === 'string' ? [key] : key;
}

/** No value is opened. */
export const whole = (): undefined => undefined;

/** The members of a leaf that holds an object. */
function opens(leaf: string): Map<string, Node> | undefined {
  if (!leaf.trimStart().startsWith('{')) return undefined;
  const value = parseExtended(leaf) as Record<string, unknown>;
  return new Map(Object.entries(value).map(([key, inner]) => [key, stringifyExtended(inner)]));
}

function jsonOf(node: Node): string {
  if (typeof node === 'string') return node;
  const members = [...node].map(([key, inner]) => `${JSON.stringify(key)}:${jsonOf(inner)}`);
  return `{${members.join(',')}}`;
}
