import type { BinaryWriter } from '@bufbuild/protobuf/wire';
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

const itemCodec = convert<Item, WireItem>(
  wireItem,
  ({ key, valueJson }) => ({ ...keyFields(key), valueJson }),
  (wire) => ({ key: keyOf(wire), valueJson: wire.valueJson ?? '' }),
);

/** A key and its value. */
export const item: Codec<Item> = {
  ...itemCodec,
  // Rows consist of them, so they are written in place: this takes a quarter of the time.
  write(writer, { key, valueJson }) {
    writer.fork();
    if (typeof key === 'string') writeText(writer, KEY, key);
    else for (const part of key) writer.uint32(NESTED_KEY).string(part);
    writeText(writer, VALUE_JSON, valueJson);
    writer.join();
  },
};

/** A key alone, as a removal states it. */
export const itemKey: Codec<Key> = convert<Key, WireItem>(wireItem, keyFields, keyOf);

/** Tags: eight times the field's number, plus 2 for what has a length. */
const KEY = 10;
const NESTED_KEY = 18;
const VALUE_JSON = 130;

function writeText(writer: BinaryWriter, tag: number, value: string): void {
  if (value !== '') writer.uint32(tag).string(value);
}

function keyFields(key: Key): WireItem {
  return typeof key === 'string' ? { key, nestedKey: [] } : { nestedKey: key };
}

function keyOf({ key, nestedKey }: WireItem): Key {
  return key === undefined && nestedKey.length > 0 ? nestedKey : (key ?? '');
}
