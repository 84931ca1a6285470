import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { httpClient, type HttpClientOptions, type HttpRequest } from '../src/http-client.ts';
import { nodeFetch } from '../src/platform/node-fetch.ts';
import { HttpError } from '../src/http-error.ts';

let server: Server;
let baseUrl: string;
let listener: RequestListener;
let seen: { url: string; body: string; authorization: string | undefined }[];

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      seen.push({ url: request.url!, body, authorization: request.headers.authorization });
      listener(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const key = 'a-secret-key';
const client = (options: Partial<HttpClientOptions> = {}) =>
  httpClient({
    baseUrl,
    apiKey: () => key,
    timeout: 1000,
    backoff: { min: 1, max: 4 },
    ...options,
  });
const request = (more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url: '/x?token=hidden',
  body: '{"lr":1}',
  signal: new AbortController().signal,
  ...more,
});

/** Answers with these statuses, one after another, and then with 200. */
function statuses(...codes: readonly number[]): void {
  const left = [...codes];
  listener = (_request, response) => response.writeHead(left.shift() ?? 200).end('done');
}

describe.each<[string, Partial<HttpClientOptions>]>([
  ['the global fetch', {}],
  ['the fetch of Node', { fetch: nodeFetch }],
])('%s', (_fetch, fetchOption) => {
  const use = (options: Partial<HttpClientOptions> = {}) => client({ ...fetchOption, ...options });
  test.each([402, 408, 418, 429, 500, 502, 503, 504])(
    '%i is tried again, with the same body',
    async (code) => {
      statuses(code, code);
      await expect(use().send(request())).resolves.toBe('done');
      expect(seen.map(({ body }) => body)).toEqual(['{"lr":1}', '{"lr":1}', '{"lr":1}']);
    },
  );

  test.each([400, 401, 403, 404, 409, 410, 413, 422, 501, 302])(
    '%i ends it at the first attempt',
    async (code) => {
      statuses(code);
      await expect(use().send(request())).rejects.toMatchObject({
        status: code,
        retryable: false,
      });
      expect(seen).toHaveLength(1);
    },
  );

  test('an operation may have more statuses that are tried again', async () => {
    statuses(409, 409);
    await expect(use().send(request({ alsoRetry: [409] }))).resolves.toBe('done');
  });

  test('attempts are limited where that is asked for', async () => {
    statuses(500, 500, 500, 500);
    await expect(use().send(request({ attempts: 3 }))).rejects.toMatchObject({ status: 500 });
    expect(seen).toHaveLength(3);
  });

  test('an answer that does not come, or not whole, is tried again', async () => {
    listener = (_request, response) => {
      if (seen.length === 2) response.write('half');
      if (seen.length > 2) response.end('done');
    };
    await expect(use({ timeout: 300 }).send(request())).resolves.toBe('done');
    expect(seen).toHaveLength(3);
  });

  test.each([
    ['seconds', '1'],
    ['a date', () => new Date(Date.now() + 1500).toUTCString()],
  ])('Retry-After in %s is waited for', async (_name, header) => {
    const times: number[] = [];
    listener = (_request, response) => {
      times.push(Date.now());
      const value = typeof header === 'string' ? header : header();
      response.writeHead(seen.length === 1 ? 429 : 200, { 'Retry-After': value }).end();
    };
    await use().send(request());
    // Dates have whole seconds, so one that is 1.5 s ahead may be 0.5 s ahead.
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(450);
  });

  test.each([
    ['before the request', () => AbortSignal.abort(new Error('over'))],
    ['during the request', () => abortAfter(20)],
  ])('the signal ends it %s', async (_name, signal) => {
    listener = () => undefined;
    await expect(use({ timeout: 60_000 }).send(request({ signal: signal() }))).rejects.toThrow(
      'over',
    );
  });

  test('the signal ends the pause between attempts', async () => {
    const controller = new AbortController();
    listener = (_request, response) => {
      response.writeHead(503, { 'Retry-After': '1000' }).end();
      // The answer must have been read, and the pause begun.
      setTimeout(() => controller.abort(new Error('over')), 50);
    };
    await expect(use().send(request({ signal: controller.signal }))).rejects.toThrow('over');
  });

  test('the key goes to the service, and to no other place', async () => {
    statuses();
    await use().send(request());
    await use().send(request({ method: 'PUT', url: `${baseUrl}/signed?signature=1` }));
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      `Basic ${Buffer.from(`api:${key}`).toString('base64')}`,
      undefined,
    ]);
  });

  test('no redirect is followed with the key', async () => {
    listener = (_request, response) =>
      response.writeHead(307, { Location: `${baseUrl}/elsewhere` }).end();
    await expect(use().send(request())).rejects.toThrow('answered with a redirect');
    expect(seen).toHaveLength(1);
  });

  test('errors and clients show neither key, query, body nor answer', async () => {
    listener = (_request, response) => response.writeHead(400).end(`no: ${key} "lr"`);
    const http = use();
    const error: unknown = await http.send(request()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HttpError);
    expect((error as Error).message).toBe('POST /x: answered 400');
    for (const text of [
      inspect(error, { depth: 9 }),
      inspect(http, { depth: 9, showHidden: true }),
    ]) {
      expect(text).not.toContain(key);
      expect(text).not.toContain('hidden');
      expect(text).not.toContain('lr');
    }
    const lost = await use({ fetch: () => Promise.reject(new TypeError(`failed: ${key}`)) })
      .send(request({ attempts: 1 }))
      .catch((reason: unknown) => reason);
    expect(inspect(lost, { depth: 9 })).not.toContain(key);
    expect((lost as Error).message).toBe('POST /x: no connection');
  });

  test('a key that is none ends it at once', async () => {
    statuses();
    await expect(use({ apiKey: () => 'schlüßel→' }).send(request())).rejects.toThrow();
    expect(seen).toHaveLength(0);
  });
});
test.each(['http://example.com', 'ftp://x', 'no URL', 'https://user:word@api.wandb.ai', ''])(
  'the base URL %p is refused',
  (url) => {
    expect(() => client({ baseUrl: url })).toThrow(/^wandb: baseUrl must/);
  },
);

test('http to other hosts can be allowed', () => {
  expect(() => client({ baseUrl: 'http://example.com', allowInsecure: true })).not.toThrow();
});

function abortAfter(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('over')), milliseconds);
  return controller.signal;
}
