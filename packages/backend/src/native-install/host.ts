import { Failure } from './failure.ts';

/** The machine and the Node that the add-on is for. */
export interface Host {
  /** `process.platform`. */
  readonly platform: string;
  /** `process.arch`. */
  readonly arch: string;
  /** Node's version, without the `v`. */
  readonly node: string;
  /** The highest Node-API version that this Node has. */
  readonly napi: number;
  /** Version of the GNU C library; undefined elsewhere, so on Linux it means musl. */
  readonly glibc: string | undefined;
}

/** Reads the facts of this process. */
export function thisHost(): Host {
  // The report would otherwise look up the names of open connections.
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return {
    platform: process.platform,
    arch: process.arch,
    node: process.versions.node,
    napi: Number(process.versions['napi']),
    glibc: report.header?.glibcVersionRuntime,
  };
}

/** One line for people. */
export function describeHost({ platform, arch, node, glibc }: Host): string {
  const libc = platform === 'linux' ? (glibc === undefined ? ', musl' : `, glibc ${glibc}`) : '';
  return `Node ${node}, ${platform} ${arch}${libc}`;
}

/** Throws a Failure for a Node that tfloop does not run on. */
export function refuseOldNode({ node }: Host): void {
  if (!atLeast(node, '20.19'))
    throw new Failure(
      'unsupported',
      `Node ${node} is too old: use Node 20.19 or newer (20, 22, 24 and 26 are tried)`,
    );
}

/** Compares dotted versions number by number; missing numbers are 0. */
export function atLeast(version: string, least: string): boolean {
  const [have, need] = [version, least].map((text) => text.split('.').map(Number));
  for (const [index, number] of (need ?? []).entries()) {
    const difference = (have?.[index] ?? 0) - number;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
