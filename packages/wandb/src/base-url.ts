const loopbacks = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The URL without a trailing slash.
 *
 * @throws {RangeError} if it is neither https nor http to a loopback, and http isn't allowed elsewhere.
 */
export function checkBaseUrl(baseUrl: string, allowInsecure: boolean): string {
  const url = parse(baseUrl);
  const secure =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && (allowInsecure || loopbacks.has(url.hostname)));
  if (!url || !secure)
    throw new RangeError(
      // The URL itself may hold a password.
      'wandb: baseUrl must be an https URL, or http to a loopback; to send the key over plain http set allowInsecure',
    );
  if (url.username || url.password)
    throw new RangeError('wandb: baseUrl must hold no user name or password');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function parse(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
