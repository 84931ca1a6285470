import { check } from '@tfloop/core';
import { checkNamed, kindOf } from './check-named.ts';
import type { MetricOptions } from './metric-definitions.ts';
import { METRIC_GOALS, METRIC_SUMMARIES } from './metric-list.ts';
import type { Alert, Artifact, LogOptions } from './wandb-run.ts';

/** The options of a row that are right; `refuse` is told of the others, without which the row is worth as much. */
export function logOptions(given: LogOptions, refuse: (error: unknown) => void): LogOptions {
  const owner = 'run.log';
  const passes = (work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      refuse(error);
      return false;
    }
  };
  if (!passes(() => check.options(owner, given))) return {};
  const { step, commit, ...unknown } = given;
  passes(() => check.known(owner, unknown, ['step', 'commit']));
  const isStep = step !== undefined && passes(() => check.integer(owner, 'step', step, { min: 0 }));
  const isCommit =
    commit !== undefined && passes(() => check.oneOf(owner, 'commit', commit, [true, false]));
  return { ...(isStep && { step }), ...(isCommit && { commit }) };
}

/** Throws a RangeError or TypeError where a metric can't be defined so. */
export function checkMetric(name: string, options: MetricOptions): void {
  const owner = 'run.defineMetric';
  check.text(owner, 'name', name);
  const { step, summary, goal, hidden, ...unknown } = check.options(owner, options);
  check.known(owner, unknown, ['step', 'summary', 'goal', 'hidden']);
  if (step !== undefined) check.text(owner, 'step', step);
  if (summary !== undefined && !Array.isArray(summary))
    throw new TypeError(`${owner}: summary must be a list such as ['min'], got ${kindOf(summary)}`);
  for (const way of summary ?? []) check.oneOf(owner, 'summary', way, METRIC_SUMMARIES);
  if (goal !== undefined) check.oneOf(owner, 'goal', goal, METRIC_GOALS);
  if (hidden !== undefined) check.oneOf(owner, 'hidden', hidden, [true, false]);
}

/** Throws a RangeError or TypeError where an alert is none. */
export function checkAlert(alert: Alert): void {
  const owner = 'run.alert';
  const { title, text = '', level = 'INFO', wait = 60, ...unknown } = check.options(owner, alert);
  check.known(owner, unknown, ['title', 'text', 'level', 'wait']);
  check.text(owner, 'title', title);
  check.that(owner, 'text', text, typeof text === 'string', 'a text');
  check.oneOf(owner, 'level', level, ['INFO', 'WARN', 'ERROR']);
  check.number(owner, 'wait', wait, { min: 0 });
}

/** Throws a RangeError or TypeError where a file is none. */
export function checkFile(path: string, bytes: Uint8Array): void {
  check.text('run.file', 'path', path);
  if (!((bytes as unknown) instanceof Uint8Array))
    throw new TypeError(`run.file: bytes must be a Uint8Array, got ${kindOf(bytes)}`);
}

/** The exit code; in place of one that no process can end with, of which `refuse` is told, 1 for a failure. */
export function exitCodeOf(given: number, refuse: (error: unknown) => void): number {
  try {
    check.integer('run.finish', 'exitCode', given, { min: 0, max: 255 });
    return given;
  } catch (error) {
    refuse(error);
    return 1;
  }
}

/** Throws a RangeError or TypeError where an artifact is none. */
export function checkArtifact(artifact: Artifact): void {
  const owner = 'run.artifact';
  const { name, type, files, ...rest } = check.options(owner, artifact);
  const { aliases = [], description = '', metadata, ...unknown } = rest;
  check.known(owner, unknown, ['name', 'type', 'files', 'aliases', 'description', 'metadata']);
  check.text(owner, 'name', name);
  check.text(owner, 'type', type);
  if (!(files instanceof Map && [...files.values()].every((bytes) => bytes instanceof Uint8Array)))
    throw new TypeError(`${owner}: files must be a Map of Uint8Arrays by path`);
  check.that(owner, 'description', description, typeof description === 'string', 'a text');
  if (!(Array.isArray(aliases) && aliases.every((alias) => typeof alias === 'string')))
    throw new TypeError(`${owner}: aliases must be a list of texts`);
  if (metadata !== undefined) checkNamed(`${owner}: metadata`, metadata);
}
