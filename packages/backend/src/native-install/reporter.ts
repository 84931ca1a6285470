/** Says what is done. */
export interface Reporter {
  /** One line. */
  readonly say: (line: string) => void;
  /** Waits for `work` and, when that takes more than two seconds, says how far it is. */
  readonly during: <T>(label: string, work: Promise<T>, measure?: Measure) => Promise<T>;
}

/** Bytes done, and in all where that is known. */
export type Measure = () => Promise<{ readonly done: number; readonly total?: number | undefined }>;

/** Where lines go. */
export interface Output {
  readonly isTTY?: boolean;
  readonly write: (text: string) => unknown;
}

/** A reporter that rewrites one line on a terminal, and elsewhere adds a line every ten seconds. */
export function createReporter(output: Output): Reporter {
  const isTerminal = output.isTTY === true;
  const clear = isTerminal ? '\r\x1b[K' : '';
  return {
    say: (line) => void output.write(`${line}\n`),
    async during(label, work, measure) {
      const start = Date.now();
      const tell = async (): Promise<void> => {
        const seconds = Math.round((Date.now() - start) / 1000);
        const { done, total } = (await measure?.().catch(() => undefined)) ?? { done: 0 };
        const amount =
          done > 0 ? `${megabytes(done)}${total ? ` of ${megabytes(total)}` : ''}, ` : '';
        if (timer !== undefined)
          output.write(`${clear}   ${label}: ${amount}${seconds} s${isTerminal ? '' : '\n'}`);
      };
      let timer: NodeJS.Timeout | undefined = setTimeout(() => {
        void tell();
        timer = setInterval(() => void tell(), isTerminal ? 500 : 10_000);
      }, 2000);
      try {
        return await work;
      } finally {
        clearTimeout(timer);
        timer = undefined;
        output.write(clear);
      }
    },
  };
}

/** `274 MB`: millions of bytes, as download tools count. */
export function megabytes(bytes: number): string {
  return `${bytes < 1e6 ? (bytes / 1e6).toFixed(1) : Math.round(bytes / 1e6)} MB`;
}
