import { abortReason } from './abort-reason.ts';
import { backoff, retryAfter, type BackoffOptions } from './backoff.ts';
import { backgroundTimer } from './background-timer.ts';
import { checkBaseUrl } from './base-url.ts';
import { HttpError } from './http-error.ts';
import { pauses as newPauses, type Pauses } from './pauses.ts';

/** What is needed of `fetch`. */
export type Fetch = (
  url: string,
  request: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | Uint8Array<ArrayBuffer>;
    readonly signal: AbortSignal;
    readonly redirect: 'manual' | 'follow';
    readonly credentials: 'omit';
  },
) => Promise<{
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/** Options of {@link httpClient}. */
export interface HttpClientOptions {
  /** Where the service is: https, or a loopback. @default 'https://api.wandb.ai' */
  readonly baseUrl?: string;
  /** Allow http to hosts other than loopbacks. @default false */
  readonly allowInsecure?: boolean;
  /** Gives the API key when a request is made. */
  readonly apiKey: () => string;
  /** @default the global one */
  readonly fetch?: Fetch;
  /** Milliseconds in which an answer must be complete, with a time on top that grows with the request. @default 30000 */
  readonly timeout?: number;
  readonly backoff?: BackoffOptions;
  /** Told what is wrong when a request has failed twice, such as `can't reach HOST (ENOTFOUND)`; undefined when one succeeds after that. */
  readonly onTrouble?: (trouble: string | undefined) => void;
  /** The pauses between attempts. */
  readonly pauses?: Pauses;
}

/** A request, which may be sent several times. */
export interface HttpRequest {
  readonly method: 'POST' | 'PUT';
  /** A path at the base URL, which gets the API key; a whole URL, which doesn't. */
  readonly url: string;
  /** Named in errors. */
  readonly operation?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Ends attempts and the pauses between them. */
  readonly signal: AbortSignal;
  /** Statuses that are tried again though the service's clients usually don't. */
  readonly alsoRetry?: readonly number[];
  /** @default Infinity */
  readonly attempts?: number;
}

/** Sends requests until they succeed. */
export interface HttpClient {
  /**
   * The text of the answer, whose status is 2xx.
   *
   * @throws {HttpError} when trying again is useless, or attempts are used up.
   * @throws the signal's reason when that is aborted.
   */
  send(request: HttpRequest): Promise<string>;
}

/** Statuses that the official client doesn't try again, core/internal/clients in wandb. */
const fatal = new Set([400, 401, 403, 404, 409, 410, 413, 422, 501]);

/**
 * A client of the service over the global `fetch`: time limit on each attempt, back-off with full jitter between them,
 * `Retry-After`, one signal for both, no redirects with the API key.
 */
export function httpClient({
  baseUrl = 'https://api.wandb.ai',
  allowInsecure = false,
  apiKey,
  fetch: fetchOption,
  timeout = 30_000,
  backoff: backoffOptions = {},
  onTrouble,
  pauses = newPauses(),
}: HttpClientOptions): HttpClient {
  const base = checkBaseUrl(baseUrl, allowInsecure);
  const pauseAfter = backoff(backoffOptions);
  // Looked up at each request, so that a program may replace it.
  const fetchNow: Fetch = fetchOption ?? ((url, request) => globalThis.fetch(url, request));

  async function attempt(request: HttpRequest): Promise<string | Failure> {
    const { method, url, headers, body, signal, alsoRetry } = request;
    const authorized = url.startsWith('/');
    const target = authorized ? base + url : url;
    const name = `${method} ${pathOf(target)}${request.operation ? ` (${request.operation})` : ''}`;
    // Outside of what is tried again: without a key, or with an impossible one, no attempt can succeed.
    const authorization = authorized && { Authorization: `Basic ${btoa(`api:${apiKey()}`)}` };
    const fail = (
      outcome: string,
      retryable: boolean,
      status?: number,
      wait?: number,
      why = outcome,
    ): Failure => ({
      error: new HttpError(name, outcome, status, retryable),
      trouble:
        status === undefined
          ? `can't reach ${hostOf(target)} (${why})`
          : `${hostOf(target)} does not take what is sent (${why})`,
      wait,
    });
    return withinTime(signal, timeout + transferTime(body), async (limited) => {
      let response: Awaited<ReturnType<Fetch>>;
      let text: string;
      try {
        response = await fetchNow(target, {
          method,
          body,
          signal: limited,
          // The key must not follow a redirect to another host.
          redirect: authorized ? 'manual' : 'follow',
          credentials: 'omit',
          headers: { ...headers, ...authorization },
        });
        text = await response.text();
      } catch (error) {
        if (signal.aborted) throw abortReason(signal);
        if (limited.aborted) return fail('no answer in time', true);
        return fail('no connection', true, undefined, undefined, codeOf(error));
      }
      if (response.ok) return text;
      const { status } = response;
      if (status < 400)
        return fail('answered with a redirect; give the base URL it leads to', false, status);
      const retryable = !fatal.has(status) || (alsoRetry?.includes(status) ?? false);
      const wait = retryAfter(response.headers.get('Retry-After'));
      return fail(`answered ${status}`, retryable, status, wait);
    });
  }

  let inTrouble = false;
  const tell = (trouble: string | undefined): void => {
    if (inTrouble === (trouble !== undefined)) return;
    inTrouble = !inTrouble;
    onTrouble?.(trouble);
  };

  return {
    async send(request) {
      const { signal, attempts = Infinity } = request;
      for (let tried = 0; ; tried++) {
        if (signal.aborted) throw abortReason(signal);
        const outcome = await attempt(request);
        if (typeof outcome === 'string') {
          tell(undefined);
          return outcome;
        }
        if (!outcome.error.retryable || tried + 1 >= attempts) throw outcome.error;
        if (tried > 0) tell(outcome.trouble);
        // What the service asked for is waited for; a pause of our own may be cut to the shortest one.
        const { wait } = outcome;
        await pauses.wait(wait ?? pauseAfter(tried), signal, wait ?? backoffOptions.min ?? 2000);
      }
    },
  };
}

interface Failure {
  readonly error: HttpError;
  /** For the user. */
  readonly trouble: string;
  readonly wait: number | undefined;
}

/** Runs the work under a signal that is aborted with the given one, and when the time is over. */
async function withinTime<T>(
  signal: AbortSignal,
  milliseconds: number,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  signal.addEventListener('abort', abort, { once: true });
  const stopTimer = backgroundTimer(abort, milliseconds);
  try {
    return await work(controller.signal);
  } finally {
    stopTimer();
    signal.removeEventListener('abort', abort);
  }
}

/** Milliseconds that a slow line, of 1 Mbit/s, needs for the request. */
function transferTime(body: HttpRequest['body']): number {
  return (typeof body === 'string' ? body.length : body.byteLength) / 125;
}

/** What a failed connection is called, such as ENOTFOUND; other words of an error may hold secrets. */
function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'string' && /^[A-Z_]+$/.test(code)) return code;
  return typeof cause === 'object' && cause !== null ? codeOf(cause) : undefined;
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return 'the service';
  }
}

function pathOf(url: string): string {
  try {
    return new URL(url).pathname;
  } catch {
    return '(not a URL)';
  }
}
