import { HttpError } from './http-error.ts';
import type { HttpClient } from './http-client.ts';

/** Asks one GraphQL operation. */
export type Graphql = <Data>(operation: Operation) => Promise<Data>;

export interface Operation {
  readonly name: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly alsoRetry?: readonly number[];
  readonly attempts?: number;
}

/**
 * GraphQL over an HTTP client. What the service reports as `errors` with status 200 is a failure too, which is not
 * tried again; their texts may repeat the variables, so they are in no message.
 */
export function graphql(http: HttpClient): Graphql {
  return async <Data>({ name, query, variables, ...request }: Operation) => {
    const text = await http.send({
      method: 'POST',
      url: '/graphql',
      operation: name,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query, variables, operationName: name }),
      ...request,
    });
    const answer = parse(text);
    const refused = (outcome: string): HttpError =>
      new HttpError(`POST /graphql (${name})`, outcome, 200, false);
    if (!answer) throw refused('answered 200 with no JSON');
    if (answer.errors?.length) throw refused('was refused by the service');
    if (!answer.data) throw refused('answered 200 without data');
    return answer.data as Data;
  };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly unknown[];
}

function parse(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
