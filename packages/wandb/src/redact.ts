import type { Item } from './record.ts';

const REDACTED = '[redacted]';

/** Takes secrets out of what is written. */
export interface Redaction {
  /** A text without the key. */
  text(text: string): string;
  /** Items without the key. */
  items(items: readonly Item[]): readonly Item[];
  /** Items without the key, and without the texts whose names look like those of secrets. */
  config(items: readonly Item[]): readonly Item[];
}

/** Redacts one key, which is asked for each time and kept nowhere. */
export function redaction(apiKey: () => string | undefined): Redaction {
  const text = (from: string): string => {
    const key = apiKey();
    return key === undefined || key.length < 8 ? from : from.replaceAll(key, REDACTED);
  };
  const items = (from: readonly Item[]): readonly Item[] =>
    // Most values are numbers, and every batch has some.
    from.some(mayHoldText)
      ? from.map((item) =>
          mayHoldText(item) ? { key: item.key, valueJson: text(item.valueJson) } : item,
        )
      : from;
  return {
    text,
    items,
    config: (from) => items(from).map(withoutSecret),
  };
}

function mayHoldText({ valueJson }: Item): boolean {
  return valueJson.includes('"');
}

/** Names of what must stay secret; not `tokenizer`, `author` and `keyword`. */
const SECRET =
  /(?<!mon|tur)key(?!board|word)|token(?!i[sz])|secret|passw|passphrase|credential|auth(?!or(?!iz))/i;

function withoutSecret({ key, valueJson }: Item): Item {
  const path = typeof key === 'string' ? [key] : key;
  if (path.some((part) => SECRET.test(part)) && mayHoldText({ key, valueJson }))
    return { key, valueJson: JSON.stringify(REDACTED) };
  // Objects in lists.
  const text = valueJson.replace(
    /("(?:[^"\\]|\\.)*"):\s*"(?:[^"\\]|\\.)*"/g,
    (member, name: string) => (SECRET.test(name) ? `${name}:${JSON.stringify(REDACTED)}` : member),
  );
  return { key, valueJson: text };
}
