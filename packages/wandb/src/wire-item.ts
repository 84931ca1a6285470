import type { Item } from './record.ts';
import { type Codec, convert, list, message, optional, text } from './wire-codec.ts';

type Key = Item['key'];

/** Either `key` or `nestedKey`. */
interface WireItem {
  readonly key?: string;
  readonly nestedKey: readonly string[];
  readonly valueJson?: string;
}

const wireItem = message<WireItem>({
  key: optional(1, text),
  nestedKey: list(2, text),
  valueJson: optional(16, text),
});

/** A key alone, as a removal states it. */
export const itemKey: Codec<Key> = convert(wireItem, keyFields, keyOf);

/** A key and its value. */
export const item: Codec<Item> = convert(
  wireItem,
  ({ key, valueJson }) => ({ ...keyFields(key), valueJson }),
  (wire) => ({ key: keyOf(wire), valueJson: wire.valueJson ?? '' }),
);

function keyFields(key: Key): WireItem {
  return typeof key === 'string' ? { key, nestedKey: [] } : { nestedKey: key };
}

function keyOf({ key, nestedKey }: WireItem): Key {
  return key === undefined && nestedKey.length > 0 ? nestedKey : (key ?? '');
}
