import { REDACTED, redactSecrets } from './config-values.ts';
import type { Item } from './record.ts';

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
    config: (from) => redactSecrets(items(from)),
  };
}

function mayHoldText({ valueJson }: Item): boolean {
  return valueJson.includes('"');
}
