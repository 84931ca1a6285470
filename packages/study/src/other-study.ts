import { backendName } from './environment.ts';
import type { Results } from './results.ts';
import type { StudySettings } from './settings.ts';

/** How given settings differ from those of results, a line each. */
export function differentSettings(
  saved: StudySettings,
  given: Partial<StudySettings>,
  nameOf: (key: keyof StudySettings) => string = (key) => key,
): string[] {
  return (Object.keys(given) as (keyof StudySettings)[]).flatMap((key) =>
    difference(nameOf(key), saved[key], given[key]),
  );
}

/** How a study differs from the one that results are of, a line each; none where it can go on from them. */
export function differences(saved: Results, now: Results): string[] {
  return [
    ...differentSettings(saved.settings, now.settings),
    ...(Object.keys(now.data) as (keyof Results['data'])[]).flatMap((key) =>
      difference(`data.${key}`, saved.data[key], now.data[key]),
    ),
    ...difference('weights of the model', saved.weights, now.weights),
    ...difference('back end', backendName(saved.environment), backendName(now.environment)),
  ];
}

/** A line that says how two values differ; none where they are equal. */
export function difference(name: string, saved: unknown, now: unknown): string[] {
  return show(saved) === show(now) ? [] : [`${name}: ${show(saved)} there, ${show(now)} here`];
}

function show(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
