import type { Results } from '@tfloop/study';

/** Results, as they are in `results.json`, without the times that no two studies share. */
export function figures(json: string): Results {
  return JSON.parse(json, (key, value: unknown) =>
    key === 'seconds' || key === 'startedAt' ? undefined : value,
  ) as Results;
}
