import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { artifactStore, type ServerArtifact } from './server-artifacts.ts';
import { faultSwitch, type Effect, type Fault } from './server-faults.ts';
import { runStore } from './server-graphql.ts';
import { applyStream, type ServerRun, type StreamRequest } from './server-run.ts';

/** A W&B service on the loopback, with what it received and a switch for faults. */
export interface WandbServer {
  readonly baseUrl: string;
  /** By `entity/project/name`. */
  readonly runs: ReadonlyMap<string, ServerRun>;
  readonly artifacts: readonly ServerArtifact[];
  /** Every request, in order: the operation, and the headers it came with. */
  readonly requests: readonly SeenRequest[];
  /** How many requests a fault struck. */
  readonly struck: number;
  /** GraphQL operations that the server has no answer for. */
  readonly unknown: readonly string[];
  run(name: string): ServerRun | undefined;
  setFaults(faults: readonly Fault[]): void;
  /** Breaks all connections and refuses new ones. */
  goDown(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly operation: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Starts the service; the user is `tester`, whose default entity is `tester` too. */
export async function wandbServer({
  faults = [] as readonly Fault[],
  port = 0,
} = {}): Promise<WandbServer> {
  const uploads = new Map<string, (body: Buffer) => boolean>();
  const sockets = new Set<Socket>();
  const requests: SeenRequest[] = [];
  const unknown: string[] = [];
  const faultsOf = faultSwitch(faults);
  let baseUrl = '';
  let struck = 0;

  const upload = (store: (body: Buffer) => boolean): string => {
    const path = `/storage/${uploads.size + 1}`;
    uploads.set(path, store);
    return `${baseUrl}${path}?signature=secret`;
  };
  const { artifacts, operations: artifactOperations } = artifactStore(upload);
  const { runs, operations: runOperations } = runStore(upload);
  const operations = { ...artifactOperations, ...runOperations };

  function answer(path: string, operation: string, body: Buffer): Answer {
    if (operation === 'put') return { status: uploads.get(path)?.(body) ? 200 : 400 };
    if (operation === 'file_stream') {
      const run = runs.get(path.split('/').slice(2, 5).map(decodeURIComponent).join('/'));
      if (!run) return { status: 404 };
      applyStream(run, JSON.parse(body.toString()) as StreamRequest);
      return json(run.stopped ? { stopped: true } : {});
    }
    const { variables } = JSON.parse(body.toString()) as { variables?: Record<string, unknown> };
    const operate = operations[operation];
    if (operate) return json({ data: operate(variables ?? {}) });
    unknown.push(operation);
    return { ...json({ errors: [{ message: `unknown operation ${operation}` }] }), status: 400 };
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', baseUrl).pathname;
    const body = await bodyOf(request);
    const operation = operationOf(path, body);
    if (operation === undefined) {
      reply(response, { status: 404 });
      return;
    }
    requests.push({ operation, headers: request.headers, body });
    const effect = faultsOf.strike(operation);
    if (effect) struck++;
    if (effect?.kind === 'hang') return;
    if (effect?.kind === 'delay') await new Promise((r) => setTimeout(r, effect.milliseconds));
    const faulty = effect && failure(effect);
    if (effect?.kind === 'reset') {
      if (effect.applied) answer(path, operation, body);
      request.socket.resetAndDestroy();
    } else reply(response, faulty ?? answer(path, operation, body));
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      reply(response, { status: 500, body: String(error) });
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const listen = async (at: number): Promise<void> => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(port);
  const bound = (server.address() as AddressInfo).port;
  baseUrl = `http://127.0.0.1:${bound}`;

  return {
    baseUrl,
    runs,
    artifacts,
    requests,
    unknown,
    get struck() {
      return struck;
    },
    run: (name) => [...runs.values()].find((run) => run.name === name),
    setFaults: (next) => faultsOf.set(next),
    goDown: () => shut(server, sockets),
    comeBack: () => listen(bound),
    close: () => shut(server, sockets),
  };
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const json = (value: unknown): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

function failure(effect: Effect): Answer | undefined {
  if (effect.kind === 'status') return effect;
  if (effect.kind === 'errors')
    return json({ data: null, errors: [{ message: 'permission denied' }] });
  return undefined;
}

function operationOf(path: string, body: Buffer): string | undefined {
  if (path.startsWith('/storage/')) return 'put';
  if (path.endsWith('/file_stream')) return 'file_stream';
  if (path !== '/graphql') return undefined;
  const { query } = JSON.parse(body.toString()) as { query: string };
  return /\b(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? 'anonymous';
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function reply(response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  if (!response.destroyed) response.writeHead(status, headers).end(body);
}

async function shut(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  for (const socket of sockets) socket.resetAndDestroy();
  await closed;
}
