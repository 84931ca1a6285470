import type { OutputStream } from '../console-capture.ts';

type OnOutput = (stream: OutputStream, text: string) => void;

const watchers = new Set<OnOutput>();
let restore: (() => void)[] = [];

/** Passes on what the process writes to its standard streams until the function returned is called. */
export function watchOutput(onOutput: OnOutput): () => void {
  if (watchers.size === 0) restore = [watch('stdout'), watch('stderr')];
  watchers.add(onOutput);
  return () => {
    if (!watchers.delete(onOutput) || watchers.size > 0) return;
    for (const put of restore) put();
  };
}

function watch(name: OutputStream): () => void {
  const stream = process[name];
  const decoder = new TextDecoder();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was, called on the stream
  const write = stream.write;
  const watched = function (this: unknown, ...args: Parameters<typeof write>): boolean {
    // First the writing itself, which the program is waiting for.
    const result = write.apply(stream, args);
    const [chunk] = args as [unknown];
    const text =
      typeof chunk === 'string'
        ? chunk
        : chunk instanceof Uint8Array
          ? decoder.decode(chunk, { stream: true })
          : '';
    for (const onOutput of watchers) onOutput(name, text);
    return result;
  };
  stream.write = watched as typeof write;
  return () => {
    // Somebody may have put another function over this one, which then goes on and finds nobody to tell.
    if (stream.write === watched) stream.write = write;
  };
}
