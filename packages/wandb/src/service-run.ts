import { backgroundTimer } from './background-timer.ts';
import { parseExtended } from './extended-json.ts';
import { graphql } from './graphql.ts';
import { httpClient, type Fetch } from './http-client.ts';
import { messageOf } from './message-of.ts';
import { resumeStatus } from './run-api.ts';
import type { RunSettings } from './settings.ts';

/** Milliseconds in which the service has to answer before a run begins. */
const TIMEOUT = 10_000;

/** Where a run is that the service has; undefined where it does not say. Never rejects. */
export async function serviceRun(
  { baseUrl, apiKey, project, entity }: RunSettings,
  id: string,
  say: (text: string) => void,
  fetch?: Fetch,
): Promise<{ readonly step: number; readonly runtime: number } | 'missing' | undefined> {
  const deadline = new AbortController();
  const stop = backgroundTimer(() => deadline.abort(), TIMEOUT);
  // Timers of the client don't keep the process alive, and this is waited for.
  const alive = setInterval(() => undefined, TIMEOUT);
  try {
    const ask = graphql(
      httpClient({ baseUrl, apiKey: () => apiKey() ?? '', ...(fetch && { fetch }) }),
    );
    const known = await resumeStatus(
      ask,
      { name: id, project, ...(entity !== undefined && { entity }) },
      deadline.signal,
    );
    if (!known) return 'missing';
    const tail = parseExtended(known.historyTail) as readonly string[];
    const last = parseExtended(tail.at(-1) ?? '{}') as { _step?: unknown; _runtime?: unknown };
    const step = typeof last._step === 'number' ? last._step + 1 : known.historyLineCount;
    return { step, runtime: typeof last._runtime === 'number' ? last._runtime : 0 };
  } catch (error) {
    say(
      `the service does not say where the run ${id} is (${messageOf(error)}): its steps begin at 0`,
    );
    return undefined;
  } finally {
    clearInterval(alive);
    stop();
  }
}
