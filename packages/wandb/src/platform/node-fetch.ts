import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Fetch } from '../http-client.ts';

/**
 * What the HTTP client needs of `fetch`, over sockets that don't keep the process alive, which those of the global `fetch`
 * do as long as an answer is awaited. Redirects are not followed.
 */
export const nodeFetch: Fetch = async (url, { method, headers, body, signal }) => {
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const bytes = Buffer.from(body);
  const request = send(url, {
    method,
    headers: { ...headers, 'Content-Length': bytes.byteLength },
    signal,
  });
  request.on('socket', (socket) => socket.unref());
  const answered = once(request, 'response', { signal }) as Promise<[IncomingMessage]>;
  // A request that fails while its answer is read reports it twice.
  request.on('error', () => undefined);
  request.end(bytes);
  const [response] = await answered;
  const status = response.statusCode ?? 0;
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => headerOf(response, name) },
    text: () => textOf(response),
  };
};

function headerOf(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : (value ?? null);
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  if (!response.complete) throw new Error('the answer is not whole');
  return Buffer.concat(parts).toString();
}
