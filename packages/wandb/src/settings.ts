import { check } from '@tfloop/core';
import { findKey, NO_KEY } from './api-key.ts';
import { REDACTED } from './config-values.ts';

/** How a run goes on from an earlier one of its id. */
export type ResumeRule = 'allow' | 'must' | 'never' | 'auto';

/** Where a run's data goes: to the service and a folder, to a folder only, or nowhere. */
export type Mode = 'online' | 'offline' | 'disabled';

/** What a run is called and where it goes. Each has an environment variable, which counts where the option is missing. */
export interface RunOptions {
  /** `WANDB_PROJECT`. @default 'uncategorized' */
  readonly project?: string;
  /** User or team: `WANDB_ENTITY`. @default the one that the key belongs to */
  readonly entity?: string;
  /** Unique in the project: `WANDB_RUN_ID`. @default eight random characters */
  readonly id?: string;
  /** The name shown: `WANDB_NAME`. @default one that the service makes up */
  readonly name?: string;
  /** Runs that belong together: `WANDB_RUN_GROUP`. */
  readonly group?: string;
  /** What the run does, such as `train`: `WANDB_JOB_TYPE`. */
  readonly jobType?: string;
  /** `WANDB_TAGS`, separated by commas. @default [] */
  readonly tags?: readonly string[];
  /** `WANDB_NOTES`. */
  readonly notes?: string;
  /** The folder in which the folder `wandb` holds the runs: `WANDB_DIR`. @default the working folder */
  readonly dir?: string;
  /** `WANDB_MODE`. @default 'online' where there is a key, else 'offline' */
  readonly mode?: Mode;
  /**
   * What happens where a run has the id already: `'allow'` goes on with it or begins it, `'must'` only goes on, and needs the id, `'never'`
   * only begins, `'auto'` goes on with the newest run of the folder that did not end well. `WANDB_RESUME`.
   * @default 'never' within one folder; the service is not asked
   */
  readonly resume?: ResumeRule;
  /** The service: `WANDB_BASE_URL`. @default 'https://api.wandb.ai' */
  readonly baseUrl?: string;
  /**
   * The key, or a function that gives it at once, of 8 characters at least: `WANDB_API_KEY`, else the netrc file's password
   * for the service's host. It is read when a run begins, kept out of reach, and never written or printed.
   */
  readonly apiKey?: string | (() => string | undefined);
  /** Prints nothing: `WANDB_SILENT`. @default false */
  readonly silent?: boolean;
}

/** What is in force. */
export interface RunSettings {
  readonly project: string;
  readonly entity: string | undefined;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly group: string | undefined;
  readonly jobType: string | undefined;
  readonly tags: readonly string[];
  readonly notes: string | undefined;
  readonly dir: string;
  readonly mode: Mode;
  readonly resume: ResumeRule | undefined;
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** A function, so that nothing that prints settings prints the key. */
  readonly apiKey: () => string | undefined;
  readonly silent: boolean;
  /** Whether the program's version may be looked at: not with `WANDB_DISABLE_GIT`. */
  readonly git: boolean;
  /** What the user should know of how these came to be. */
  readonly remarks: readonly string[];
}

/** What settings are read from. */
export interface SettingsSource {
  /** An environment variable; undefined where it is missing. */
  env(name: string): string | undefined;
  /** The text of the user's netrc file; undefined where there is none. */
  netrc(): string | undefined;
}

const MODES: Readonly<Record<string, Mode>> = {
  online: 'online',
  run: 'online',
  offline: 'offline',
  dryrun: 'offline',
  disabled: 'disabled',
};

const RESUME_RULES: readonly ResumeRule[] = ['allow', 'must', 'never', 'auto'];

/** The names of {@link RunOptions}. */
export const RUN_OPTION_NAMES = [
  'project',
  'entity',
  'id',
  'name',
  'group',
  'jobType',
  'tags',
  'notes',
  'dir',
  'mode',
  'resume',
  'baseUrl',
  'apiKey',
  'silent',
] as const satisfies readonly (keyof RunOptions)[];

/** Throws a RangeError or TypeError where an option can't be. `owner` is who was given them. */
export function checkRunOptions(owner: string, options: RunOptions): void {
  const { mode, resume, tags, baseUrl, apiKey, silent, dir } = options;
  for (const option of ['name', 'group', 'jobType', 'notes'] as const)
    checkText(owner, option, options[option]);
  for (const option of ['id', 'project', 'entity'] as const)
    checkName(owner, option, options[option]);
  if (dir !== undefined) check.text(owner, 'dir', dir);
  if (mode !== undefined) check.oneOf(owner, 'mode', mode, ['online', 'offline', 'disabled']);
  if (resume !== undefined) check.oneOf(owner, 'resume', resume, RESUME_RULES);
  if (silent !== undefined) check.oneOf(owner, 'silent', silent, [true, false]);
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')))
    throw new TypeError(`${owner}: tags must be a list of texts`);
  if (apiKey !== undefined && typeof apiKey !== 'string' && typeof apiKey !== 'function')
    throw new TypeError(`${owner}: apiKey must be a text or a function that gives one`);
  const problem = baseUrl === undefined ? undefined : problemOfUrl(baseUrl);
  if (problem !== undefined) throw new RangeError(`${owner}: baseUrl ${problem}`);
}

/** Throws where a run is to be gone on with, and nothing says which. */
export function checkMust(
  owner: string,
  { resume, id }: RunOptions,
  { env }: Pick<SettingsSource, 'env'>,
): void {
  if (resume === 'must' && id === undefined && (env('WANDB_RUN_ID')?.trim() ?? '') === '')
    throw new RangeError(
      `${owner}: resume 'must' goes on with the run of an id, so it needs an id (or WANDB_RUN_ID)`,
    );
}

/**
 * The settings in force: an option, else its environment variable, else the default.
 *
 * Options have been checked. A variable that makes no sense is told of in `remarks` and counts as missing, because the
 * environment is not the program's to mend; an address that can't be used, and a mode that is none, make the run an
 * offline one. In mode `'disabled'` no key is looked for.
 */
export function settings(options: RunOptions, source: SettingsSource): RunSettings {
  const remarks: string[] = [];
  const env = (name: string): string | undefined => {
    const value = source.env(`WANDB_${name}`)?.trim();
    return value === '' ? undefined : value;
  };
  const isOn = (name: string): boolean => {
    const value = env(name) ?? 'false';
    if (/^(true|t|1|yes|y|on)$/i.test(value)) return true;
    if (!/^(false|f|0|no|n|off)$/i.test(value))
      remarks.push(`WANDB_${name} is not used: it must be true or false`);
    return false;
  };
  const url = baseUrl(options, env('BASE_URL'), remarks);
  const mode = options.mode ?? modeOf(env('MODE'), remarks) ?? (url ? undefined : 'offline');
  const { key, problem } =
    mode === 'disabled' ? NOT_ASKED : findKey(options, env, source, url ?? DEFAULT_URL);
  if (problem !== undefined && (mode !== 'offline' || problem !== NO_KEY))
    remarks.push(
      `${problem}: the run is kept in a folder only${mode === undefined ? ', as with WANDB_MODE=offline' : ''}`,
    );
  /** Parts of addresses and of folders, in which nothing can be redacted. */
  const named = (option: 'id' | 'project' | 'entity', variable: string): string | undefined => {
    const value = options[option] ?? env(variable);
    if (value === undefined) return undefined;
    const secret = key();
    const wrong =
      secret !== undefined && value.includes(secret)
        ? 'must not hold the API key'
        : problemOfName(value);
    if (wrong === undefined) return value;
    const name = options[option] === undefined ? `WANDB_${variable}` : option;
    remarks.push(`${name} is not used: it ${wrong}`);
    return undefined;
  };
  const id = named('id', 'RUN_ID');
  return {
    project: named('project', 'PROJECT') ?? 'uncategorized',
    entity: named('entity', 'ENTITY'),
    id,
    name: options.name ?? env('NAME'),
    group: options.group ?? env('RUN_GROUP'),
    jobType: options.jobType ?? env('JOB_TYPE'),
    tags: options.tags ?? tagsOf(env('TAGS')),
    notes: options.notes ?? env('NOTES'),
    dir: options.dir ?? env('DIR') ?? '.',
    mode:
      mode === undefined || mode === 'online'
        ? problem === undefined && url !== undefined
          ? 'online'
          : 'offline'
        : mode,
    resume: options.resume ?? resumeOf(env('RESUME'), id, remarks),
    baseUrl: url ?? DEFAULT_URL,
    apiKey: key,
    silent: options.silent ?? isOn('SILENT'),
    git: !isOn('DISABLE_GIT'),
    remarks,
  };
}

const NOT_ASKED = { key: (): undefined => undefined, problem: undefined };

function resumeOf(
  variable: string | undefined,
  id: string | undefined,
  remarks: string[],
): ResumeRule | undefined {
  if (variable === undefined) return undefined;
  const rule = RESUME_RULES.find((name) => name === variable);
  const problem =
    rule === undefined
      ? `it must be one of ${RESUME_RULES.join(', ')}`
      : rule === 'must' && id === undefined
        ? 'must goes on with the run of an id, so it needs an id (or WANDB_RUN_ID)'
        : undefined;
  if (problem === undefined) return rule;
  remarks.push(`WANDB_RESUME is not used: ${problem}`);
  return undefined;
}

const DEFAULT_URL = 'https://api.wandb.ai';

function baseUrl(
  options: RunOptions,
  variable: string | undefined,
  remarks: string[],
): string | undefined {
  const url = options.baseUrl ?? variable ?? DEFAULT_URL;
  const problem = problemOfUrl(url);
  if (problem === undefined) return url.replace(/\/+$/, '');
  remarks.push(`WANDB_BASE_URL ${problem}: the run is kept in a folder only`);
  return undefined;
}

function modeOf(variable: string | undefined, remarks: string[]): Mode | undefined {
  if (variable === undefined) return undefined;
  const mode = Object.hasOwn(MODES, variable) ? MODES[variable] : undefined;
  if (mode === undefined)
    remarks.push(
      `WANDB_MODE must be one of ${Object.keys(MODES).join(', ')}: the run is kept in a folder only`,
    );
  return mode ?? 'offline';
}

function tagsOf(variable = ''): string[] {
  return variable
    .split(',')
    .map((tag) => tag.trim())
    .filter(Boolean);
}

/** What is wrong with an address; says nothing of its text, which may hold a password. */
function problemOfUrl(text: string): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text))
    return 'must be an address such as https://api.wandb.ai';
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== '' || password !== '') return 'must not hold a user or password';
  if (search !== '' || hash !== '') return 'must end with its path';
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isLocal)) return undefined;
  return 'must begin with https, because the key is sent to it; http is for this machine only';
}

/** What is wrong with an id or a project's name, which become parts of addresses and of a folder's name. */
function problemOfName(text: string): string | undefined {
  if (text.trim() === '' || text !== text.trim())
    return 'must not be empty, nor begin or end with a space';
  if (/[/\\#?%:\u0000-\u001f]/.test(text))
    return 'must not hold / \\ # ? % : or control characters';
  if (text.startsWith('.') || text.length > 128)
    return 'must not begin with a dot, nor be longer than 128 characters';
  return undefined;
}

function checkName(owner: string, option: string, value: string | undefined): void {
  checkText(owner, option, value);
  const problem = value === undefined ? undefined : problemOfName(value);
  if (problem !== undefined)
    // What is as long as a key may be one.
    throw new RangeError(
      `${owner}: ${option} ${problem}, got ${JSON.stringify(value).replace(/\w{32,}/g, REDACTED)}`,
    );
}

function checkText(owner: string, option: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string')
    throw new TypeError(`${owner}: ${option} must be a text, got ${typeof value}`);
}
