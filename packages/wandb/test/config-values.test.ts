import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { redactSecrets } from '../src/config-values.ts';
import { toItems } from '../src/values.ts';

const redacted = JSON.stringify('[redacted]');
const isRedacted = (name: string, value: unknown): boolean =>
  redactSecrets(toItems({ [name]: value }))[0]!.valueJson === redacted;

const SECRET =
  'apiKey api_key APIKEY apikey OPENAI_API_KEY openaiKey wandb_key WANDB_API_KEY x-api-key my.api.key api_keys accessToken access_token authtoken refresh_tokens token token2 hfToken HF_TOKEN secret client_secret clientSecret AWS_SECRET_ACCESS_KEY password passwd pass_word dbPassword PASSWORD passphrase credentials userCredential auth Authorization bearer cookie jwt pwd DB_PASS key key1 private_key privateKey sshKey accesskey';
const PLAIN =
  'keyframes keyboard keyword keypoints monkey turkey donkey hockey tokens tokenizer tokenize maxTokens max_token_length tokenCount token_type tokenEmbedding padToken pad_token eosToken key_dim keyDim queryKeyValue attention.key_bias numKeyValueHeads sort_key primaryKey monitorKey author authority passes first_pass compass bypass embedding';

test.each(SECRET.split(' '))('a text called %s is redacted', (name) => {
  expect(isRedacted(name, 'text')).toBe(true);
});

test.each(PLAIN.split(' '))('a text called %s stays', (name) => {
  expect(isRedacted(name, 'text')).toBe(false);
});

test('numbers stay but for those of a password or an owned key', () => {
  expect(isRedacted('token', 5)).toBe(false);
  expect(isRedacted('password', 1234)).toBe(true);
  expect(isRedacted('api_key', 1234)).toBe(true);
  expect(isRedacted('usePassword', true)).toBe(false);
  expect(isRedacted('apiKey', null)).toBe(false);
});

test('secrets are found at any depth, and all within one of them', () => {
  const config = {
    model: { layers: 3, hub: { token: 'x', NaN } },
    list: [{ password: 'x', rate: -Infinity }, 'plain', ['y']],
    credentials: { user: 'x', more: [1, 'x', true] },
    'server.password': 'x',
  };
  const before = structuredClone(config);
  const items = redactSecrets(toItems(config));
  expect(items).toEqual([
    { key: ['model', 'layers'], valueJson: '3' },
    { key: ['model', 'hub', 'token'], valueJson: redacted },
    { key: ['model', 'hub', 'NaN'], valueJson: 'NaN' },
    { key: 'list', valueJson: `[{"password":${redacted},"rate":-Infinity},"plain",["y"]]` },
    { key: ['credentials', 'user'], valueJson: redacted },
    { key: ['credentials', 'more'], valueJson: `[${redacted},${redacted},true]` },
    { key: 'server.password', valueJson: redacted },
  ]);
  expect(config).toEqual(before);
});

test('what is allowed stays, by its name or its path', () => {
  const config = { token: 'a', hub: { apiKey: 'b' }, other: { apiKey: 'c' }, auth: { way: 'd' } };
  const allow = ['token', 'hub.apiKey', 'auth'];
  expect(redactSecrets(toItems(config), allow).map(({ valueJson }) => valueJson)).toEqual([
    '"a"',
    '"b"',
    redacted,
    '"d"',
  ]);
});

test('no text below a secret name is left, and items given are not changed', () => {
  const marked = fc.jsonValue({ stringUnit: 'grapheme' }).map((value) => ({ value, x: 'leak!' }));
  fc.assert(
    fc.property(marked, fc.constantFrom('apiKey', 'a_secret'), (value, name) => {
      const items = toItems({ [name]: value, list: [{ [name]: value }] });
      const before = JSON.stringify(items);
      expect(JSON.stringify(redactSecrets(items))).not.toContain('leak!');
      expect(JSON.stringify(items)).toBe(before);
    }),
  );
});
