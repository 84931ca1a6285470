/** A name of a checkpoint or of one of its files: it has to be able to name one folder or file on every system. */
export function checkName(name: string): string {
  const bytes = new TextEncoder().encode(name).length;
  if (/^$|^\.|[. ]$|[\u0000-\u001f<>:"/\\|?*~]|\p{Surrogate}/u.test(name) || bytes > 150)
    throw new RangeError(
      `checkpoint: a name must have 1 to 150 bytes, none of / \\ < > : " | ? * ~, no dot at its beginning and no dot or space at its end, got ${JSON.stringify(name)}`,
    );
  return name;
}
