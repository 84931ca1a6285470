/** Tells the user each thing once, a thousand things at most. */
export function sayer(print: (line: string) => void, silent: boolean): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (silent || said.has(text) || said.size >= 1000) return;
    said.add(text);
    try {
      print(text.startsWith('wandb: ') ? text : `wandb: ${text}`);
    } catch {
      // There is nobody to tell.
    }
  };
}
