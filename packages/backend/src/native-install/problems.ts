/** What tools print when a disk is full, and when a host can't be reached. */
const noSpace = /ENOSPC|No space left on device|Errno 28|disk quota exceeded|EDQUOT/i;
const noNetwork =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|Failed to establish a new connection|Name or service not known|Temporary failure in name resolution|ConnectTimeout|ReadTimeout|ProxyError|SSLError|UND_ERR_CONNECT_TIMEOUT|network is unreachable/i;
const noPermission = /EACCES|EPERM|EROFS|Permission denied|Read-only file system/i;

/** The kinds of trouble that the output of npm, pip, tar or a compiler tells of. */
export type Trouble = 'space' | 'network' | 'permission';

/** What the output of a tool that failed tells of, or undefined. */
export function troubleIn(output: string): Trouble | undefined {
  if (noSpace.test(output)) return 'space';
  if (noPermission.test(output)) return 'permission';
  return noNetwork.test(output) ? 'network' : undefined;
}

/** The most telling line of a failed tool's output: the first that speaks of an error, else the last. */
export function tellingLine(output: string): string {
  const lines = output
    .split('\n')
    .filter((line) => !/A complete log|gyp ERR! (cwd|System|node|command)/.test(line))
    // npm and gyp put such words before every line.
    .map((line) =>
      line.replace(/^(npm (error|ERR!)|gyp ERR!( stack)?)( (code|path|command))?/, '').trim(),
    )
    .filter(Boolean);
  const telling = lines.find((line) => /error\b|cannot|could not|can't|no space/i.test(line));
  return (telling ?? lines.at(-1) ?? 'no output').slice(0, 300);
}
