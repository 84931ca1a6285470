import { parseExtended, stringifyExtended } from './extended-json.ts';
import type { Item } from './record.ts';

/** What stands in place of a secret. */
export const REDACTED = '[redacted]';

/**
 * Items with their secrets redacted, as far as names tell them. The items given are not changed.
 *
 * A name is read by its words: `dbPassword`, `DB_PASSWORD` and `db.password` are the same. Redacted are, below any
 * depth of objects and lists:
 * - whatever is called secret, password, passphrase, credentials or an API, access, private … key or token, with all
 *   that lies within, but for booleans and null;
 * - texts called key, token, auth, authorization, bearer, cookie, jwt, pwd or pass, unless a word beside it says
 *   otherwise: `padToken`, `sort_key`, `keyDim`.
 *
 * So `monkey`, `keyframes`, `tokenizer`, `tokens`, `maxTokens: 512` and `author` stay. `allow` names what stays as
 * well: a name at any depth, or a path with dots. Redacting too much is mended by `allow`; a published secret by
 * nothing.
 */
export function redactSecrets(items: readonly Item[], allow: readonly string[] = []): Item[] {
  const allowed = new Set(allow);
  return items.map((item) => {
    const path = typeof item.key === 'string' ? [item.key] : item.key;
    // Most configs have no such name, and need not be parsed.
    if (!path.some(mayBeSecret) && !mayBeSecret(item.valueJson)) return item;
    const value: unknown = parseExtended(item.valueJson);
    const safe = redactAt(value, path, allowed);
    return safe === value ? item : { key: item.key, valueJson: stringifyExtended(safe) };
  });
}

type Suspicion = 'none' | 'text' | 'all';

// The value under a path of which no key but these has been judged.
function redactAt(value: unknown, path: readonly string[], allowed: ReadonlySet<string>): unknown {
  let suspicion: Suspicion = 'none';
  for (const [depth, name] of path.entries()) {
    if (allowed.has(name) || allowed.has(path.slice(0, depth + 1).join('.'))) return value;
    suspicion = worse(suspicion, suspicionOf(name));
  }
  return redact(value, path, suspicion, allowed);
}

function redact(
  value: unknown,
  path: readonly string[],
  suspicion: Suspicion,
  allowed: ReadonlySet<string>,
): unknown {
  if (typeof value === 'string') return suspicion === 'none' ? value : REDACTED;
  if (typeof value === 'number') return suspicion === 'all' ? REDACTED : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return sameOr(
      value,
      value.map((inner) => redact(inner, path, suspicion, allowed)),
    );
  const members = Object.entries(value).map(([name, inner]) => {
    const within = [...path, name];
    const isAllowed = allowed.has(name) || allowed.has(within.join('.'));
    const next = worse(suspicion, suspicionOf(name));
    return [name, isAllowed ? inner : redact(inner, within, next, allowed)] as const;
  });
  const isSame = members.every(([name, inner]) => inner === (value as Members)[name]);
  return isSame ? value : Object.fromEntries(members);
}

type Members = Readonly<Record<string, unknown>>;

function sameOr(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.every((value, i) => value === before[i]) ? before : after;
}

function worse(one: Suspicion, other: Suspicion): Suspicion {
  if (one === 'all' || other === 'all') return 'all';
  return one === 'text' || other === 'text' ? 'text' : 'none';
}

/** A quick test that passes over no name which the slow one suspects. */
function mayBeSecret(text: string): boolean {
  return /key|token|secret|pass|credential|auth|bearer|cookie|jwt|pwd/iu.test(text);
}

const SECRET = /secret|pass_?w|pass_?phrase|credential/u;
/** Words that make a key or a token a secret one, written apart or together. */
const OWNERS =
  'api|access|private|auth|bearer|refresh|session|ssh|encryption|signing|master|service|account|client|license|bot|csrf|wandb|github|gitlab|huggingface|hf|openai|aws|azure|gcp';
const OWNED = new RegExp(`(^|_)(${OWNERS})_?(key|token)s?(_|$)`, 'u');
const WEAK = new Set('key token auth authorization bearer cookie jwt pwd pass'.split(' '));
/** Words beside a weak one that tell it is none: of vocabularies, of attention and of tables. */
const HARMLESS = new Set(
  'pad eos bos unk sep cls mask special end start stop begin image per max min num number count index idx type level size dim dims length len width height head heads frame frames point points press value values bias query sort order primary foreign metric monitor best feature label batch column dict group state name names embedding embeddings dropout mode forward backward first second last next'.split(
    ' ',
  ),
);

function suspicionOf(name: string): Suspicion {
  const words = wordsOf(name);
  const joined = words.join('_');
  if (SECRET.test(joined) || OWNED.test(joined)) return 'all';
  const isSuspect = words.some(
    (word, i) =>
      WEAK.has(word) && !HARMLESS.has(words[i - 1] ?? '') && !HARMLESS.has(words[i + 1] ?? ''),
  );
  return isSuspect ? 'text' : 'none';
}

function wordsOf(name: string): string[] {
  return name
    .replace(/(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, '_')
    .toLowerCase()
    .split(/[^\p{L}\d]+|(?<=\p{L})(?=\d)/u)
    .filter(Boolean);
}
