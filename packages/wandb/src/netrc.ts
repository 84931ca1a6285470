/**
 * The password that a netrc file has for a host, as `.netrc` of ftp and curl is written; undefined where there is none.
 *
 * Its `default` entry is not used: it is meant for other services than the one asked for.
 */
export function netrcPassword(netrc: string, host: string): string | undefined {
  const words = wordsOf(netrc);
  let machine: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === 'machine') machine = words[++i];
    else if (word === 'default') machine = undefined;
    else if (word === 'login' || word === 'account') i++;
    else if (word === 'password') {
      const password = words[++i];
      if (machine === host) return password;
    }
  }
  return undefined;
}

/** The words, without comments and without macros, which end at an empty line. */
function wordsOf(netrc: string): string[] {
  const lines = netrc
    .replace(/\r\n?/g, '\n')
    .replace(/^[ \t]*macdef\b[^]*?(?:\n[ \t]*\n|$(?![^]))/gm, '\n')
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'));
  return [...lines.join('\n').matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(
    ([, quoted, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '',
  );
}
