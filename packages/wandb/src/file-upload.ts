import type { Graphql } from './graphql.ts';
import type { HttpClient } from './http-client.ts';
import type { RunPlace } from './run-api.ts';

const query = `
  mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) {
    createRunFiles(input: { entityName: $entity, projectName: $project, runName: $run, files: $files }) {
      uploadHeaders
      files { name uploadUrl }
    }
  }`;

/** Bytes to be put where the service said. */
export interface SignedUpload {
  readonly url: string;
  /** Each `Name:value`. */
  readonly headers: readonly string[];
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Puts bytes to a signed URL. */
export async function putSigned(
  http: HttpClient,
  { url, headers, body }: SignedUpload,
  signal: AbortSignal,
): Promise<void> {
  await http.send({
    method: 'PUT',
    url,
    headers: Object.fromEntries(headers.map(splitHeader)),
    body,
    signal,
    attempts: 20,
  });
}

/** Uploads one of the run's files. A path below `files`, with forward slashes. */
export async function uploadFile(
  ask: Graphql,
  http: HttpClient,
  { entity, project, name }: RunPlace,
  file: { readonly path: string; readonly body: Uint8Array<ArrayBuffer> },
  signal: AbortSignal,
): Promise<void> {
  const data = await ask<{
    createRunFiles: {
      uploadHeaders: readonly string[];
      files: readonly { readonly name: string; readonly uploadUrl: string }[];
    };
  }>({
    name: 'CreateRunFiles',
    query,
    variables: { entity, project, run: name, files: [file.path] },
    signal,
    attempts: 20,
  });
  const { uploadHeaders, files } = data.createRunFiles;
  const [target] = files;
  if (!target) throw new Error('CreateRunFiles gave no place for the file');
  await putSigned(http, { url: target.uploadUrl, headers: uploadHeaders, body: file.body }, signal);
}

function splitHeader(header: string): [string, string] {
  const colon = header.indexOf(':');
  return [header.slice(0, colon), header.slice(colon + 1).trim()];
}
