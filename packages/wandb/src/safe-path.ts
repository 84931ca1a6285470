/** A path that stays below the folder that it is relative to. Throws a RangeError where it doesn't. */
export function safePath(path: string): string {
  const segments = path.split('/');
  if (path.includes('\\') || segments.some((part) => part === '' || part === '.' || part === '..'))
    throw new RangeError(`${JSON.stringify(path)} is no relative path with forward slashes`);
  return path;
}
