import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { netrcPassword } from '../src/netrc.ts';
import { checkRunOptions, settings, type RunOptions } from '../src/settings.ts';

const KEY = '0123456789abcdef0123456789abcdef01234567';

function source(env: Record<string, string> = {}, netrc?: string) {
  return { env: (name: string) => env[name], netrc: () => netrc };
}

describe('mode', () => {
  const netrc = `machine api.wandb.ai\n  login user\n  password ${KEY}\n`;
  test.each([
    ['the option', { mode: 'disabled' }, { WANDB_MODE: 'online', WANDB_API_KEY: KEY }, 'disabled'],
    ['WANDB_MODE', {}, { WANDB_MODE: 'offline', WANDB_API_KEY: KEY }, 'offline'],
    ['dryrun', {}, { WANDB_MODE: 'dryrun', WANDB_API_KEY: KEY }, 'offline'],
    ['run', {}, { WANDB_MODE: 'run', WANDB_API_KEY: KEY }, 'online'],
    ['a key in the environment', {}, { WANDB_API_KEY: KEY }, 'online'],
    ['an empty key', {}, { WANDB_API_KEY: ' ' }, 'offline'],
    ['nothing', {}, {}, 'offline'],
    ['no mode that there is', {}, { WANDB_MODE: 'onlin', WANDB_API_KEY: KEY }, 'offline'],
    ['online without a key', { mode: 'online' }, {}, 'offline'],
    ['a key and no service', {}, { WANDB_API_KEY: KEY, WANDB_BASE_URL: 'ftp://x' }, 'offline'],
  ] as const)('%s', (_, options, env, mode) => {
    expect(settings(options, source(env)).mode).toBe(mode);
  });

  test('a key in netrc', () => {
    const found = settings({}, source({}, netrc));
    expect([found.mode, found.apiKey()]).toEqual(['online', KEY]);
    expect(settings({ baseUrl: 'https://w.example' }, source({}, netrc)).mode).toBe('offline');
  });

  test('offline for want of a key is said in one line, asked for it is not', () => {
    expect(settings({}, source()).remarks).toEqual([expect.stringContaining('no API key')]);
    expect(settings({ mode: 'offline' }, source()).remarks).toEqual([]);
    expect(settings({}, source({ WANDB_MODE: 'offline' })).remarks).toEqual([]);
  });

  test('disabled looks for no key', () => {
    const refuse = () => {
      throw new Error('looked');
    };
    const env = (name: string) => (name === 'WANDB_API_KEY' ? refuse() : undefined);
    const options: RunOptions = { mode: 'disabled', apiKey: refuse };
    expect(settings(options, { env, netrc: refuse }).apiKey()).toBeUndefined();
  });
});

const ENV = {
  WANDB_PROJECT: 'p',
  WANDB_ENTITY: 'e',
  WANDB_NAME: 'n',
  WANDB_RUN_ID: 'i',
  WANDB_RUN_GROUP: 'g',
  WANDB_JOB_TYPE: 'j',
  WANDB_TAGS: 'a, b,,c ',
  WANDB_NOTES: 'some words',
  WANDB_DIR: 'elsewhere',
  WANDB_BASE_URL: 'https://wandb.example/',
  WANDB_API_KEY: KEY,
  WANDB_SILENT: 'true',
  WANDB_DISABLE_GIT: 'true',
  WANDB_RESUME: 'allow',
};

test('every variable counts, and an option counts more', () => {
  const { apiKey, ...rest } = settings({}, source(ENV));
  expect(apiKey()).toBe(KEY);
  expect(rest).toEqual({
    project: 'p',
    entity: 'e',
    name: 'n',
    id: 'i',
    group: 'g',
    jobType: 'j',
    tags: ['a', 'b', 'c'],
    notes: 'some words',
    dir: 'elsewhere',
    mode: 'online',
    baseUrl: 'https://wandb.example',
    resume: 'allow',
    silent: true,
    git: false,
    remarks: [],
  });
  const options: RunOptions = {
    project: 'P',
    entity: 'E',
    name: 'N',
    id: 'I',
    group: 'G',
    jobType: 'J',
    tags: [],
    notes: '',
    dir: '.',
    mode: 'offline',
    baseUrl: 'http://localhost:8080',
    resume: 'must',
    silent: false,
  };
  expect(settings(options, source(ENV))).toMatchObject(options);
});

test('variables that make no sense are told of and not used', () => {
  const { remarks, id, project, resume } = settings(
    { mode: 'offline' },
    source({ WANDB_RUN_ID: 'a/b', WANDB_PROJECT: '..', WANDB_RESUME: 'maybe' }),
  );
  expect([id, project, resume]).toEqual([undefined, 'uncategorized', undefined]);
  expect(remarks).toHaveLength(3);
});

describe('variables that make no sense', () => {
  test.each([
    ['WANDB_RESUME=must without an id', { WANDB_RESUME: 'must' }, /^WANDB_RESUME .* needs an id/],
    ['an entity with a slash', { WANDB_ENTITY: 'a/b' }, /^WANDB_ENTITY is not used/],
    ['a switch', { WANDB_SILENT: 'maybe' }, /^WANDB_SILENT is not used: it must be true or false/],
    ['a mode', { WANDB_MODE: 'onlin' }, /one of online, run, offline, dryrun, disabled/],
  ])('%s', (_, env, remark) => {
    const found = settings({}, source({ WANDB_API_KEY: KEY, ...env }));
    expect(found.remarks).toEqual([expect.stringMatching(remark)]);
    expect([found.resume, found.entity, found.silent]).toEqual([undefined, undefined, false]);
  });

  test('but WANDB_RESUME=must with the id of the program does', () => {
    const found = settings({ id: 'x' }, source({ WANDB_API_KEY: KEY, WANDB_RESUME: 'must' }));
    expect([found.resume, found.remarks]).toEqual(['must', []]);
  });
});

describe('a key that can not be used makes an offline run and one remark', () => {
  const refuse = (): never => {
    throw new Error('no vault');
  };
  test.each([
    ['a function that throws', refuse, /^apiKey failed \(no vault\): the run is kept/],
    [
      'a function that gives a promise',
      () => Promise.resolve(KEY),
      /^apiKey gave a promise: await/,
    ],
    [
      'one whose promise is rejected',
      () => Promise.reject(new Error('x')),
      /^apiKey gave a promise/,
    ],
    ['a function that gives a number', () => 7, /^apiKey must give a text, got number/],
    ['a short one', 'short', /^the API key is not used, as it has less than 8 characters/],
  ])('%s', (_, apiKey, remark) => {
    const options = { apiKey } as RunOptions;
    const found = settings(options, source({ WANDB_API_KEY: KEY }));
    expect([found.mode, found.apiKey()]).toEqual(['offline', undefined]);
    expect(found.remarks).toEqual([expect.stringMatching(remark)]);
  });
});

test('the key is in no name that goes into addresses and folders', () => {
  const found = settings({ apiKey: KEY, project: `p-${KEY}` }, source({ WANDB_RUN_ID: KEY }));
  expect([found.project, found.id]).toEqual(['uncategorized', undefined]);
  expect(found.remarks).toEqual([
    'WANDB_RUN_ID is not used: it must not hold the API key',
    'project is not used: it must not hold the API key',
  ]);
});

test('the key is in nothing that can be printed', () => {
  for (const found of [
    settings({ apiKey: KEY }, source()),
    settings({ apiKey: () => KEY }, source()),
    settings({}, source(ENV)),
    settings({}, source({}, `machine api.wandb.ai login user password ${KEY}`)),
  ]) {
    expect(found.apiKey()).toBe(KEY);
    expect(inspect(found, { showHidden: true, depth: 9 })).not.toContain(KEY);
    expect(JSON.stringify(found)).not.toContain(KEY);
    expect(String(found.apiKey)).not.toContain(KEY);
  }
});

describe('options that can not be', () => {
  test.each([
    [{ mode: 'onlin' }, 'wandbLogger: mode must be one of "online", "offline", "disabled"'],
    [{ resume: 'yes' }, 'wandbLogger: resume must be one of "allow", "must", "never", "auto"'],
    [{ id: 'a/b' }, 'wandbLogger: id must not hold / '],
    [{ id: '..' }, 'wandbLogger: id must not begin with a dot'],
    [{ id: '' }, 'wandbLogger: id must not be empty'],
    [{ dir: '' }, 'wandbLogger: dir must be a text that is not empty, got ""'],
    [{ entity: 'a/b' }, 'wandbLogger: entity must not hold / '],
    [{ project: `${KEY}/x` }, 'control characters, got "[redacted]/x"'],
    [{ project: 7 }, 'wandbLogger: project must be a text, got number'],
    [{ tags: 'a' }, 'wandbLogger: tags must be a list of texts'],
    [{ silent: 1 }, 'wandbLogger: silent must be one of true, false'],
    [{ baseUrl: 'http://wandb.example' }, 'wandbLogger: baseUrl must begin with https'],
    [{ baseUrl: 'wandb' }, 'wandbLogger: baseUrl must be an address'],
    [{ apiKey: 7 }, 'wandbLogger: apiKey must be a text or a function'],
  ])('%j', (options, message) => {
    expect(() => checkRunOptions('wandbLogger', options as RunOptions)).toThrow(message);
  });

  test('a password in an address is refused and not repeated', () => {
    const check = () => checkRunOptions('wandbLogger', { baseUrl: `https://api:${KEY}@w.example` });
    expect(check).toThrow('must not hold a user or password');
    expect(check).not.toThrow(KEY);
  });
});

describe('netrc', () => {
  test.each([
    ['one line', 'machine h login user password secret', 'secret'],
    ['several lines', 'machine h\n\tlogin user\n\tpassword secret\n', 'secret'],
    ['another machine first', 'machine g password no\nmachine h password secret', 'secret'],
    [
      'a password that is a word of the format',
      'machine g password machine\nmachine h password x',
      'x',
    ],
    ['quotes', 'machine h password "se cr\\"et"', 'se cr"et'],
    ['comments', '# machine h password no\nmachine h password secret', 'secret'],
    ['a macro', 'macdef init\nmachine h password no\n\nmachine h password secret', 'secret'],
    ['a password that begins with #', 'machine h password #secret', '#secret'],
    ['the default entry', 'default login user password no', undefined],
    ['another machine', 'machine g password no', undefined],
    ['nothing', '', undefined],
  ])('%s', (_, netrc, password) => {
    expect(netrcPassword(netrc, 'h')).toBe(password);
  });
});
