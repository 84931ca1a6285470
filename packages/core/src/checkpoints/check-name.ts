/** A name of a checkpoint or one of its files, which must be the name of one folder or file everywhere. */
export function checkName(name: string): string {
  if (!/^[\w%-][\w.%-]{0,199}$/.test(name))
    throw new RangeError(
      `checkpoint: a name must consist of letters, digits, "_", "-", "%" and, not first, ".", got ${JSON.stringify(name)}`,
    );
  return name;
}
