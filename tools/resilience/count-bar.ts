import cliProgress from 'cli-progress';

/** How far something has come that has a number. */
export interface CountBar {
  readonly at: (done: number) => void;
  readonly end: () => void;
}

/**
 * Shows a bar on standard error, or a line every five seconds where that is no terminal. It goes on where others are
 * kept from writing there.
 */
export function countBar(title: string, total: number): CountBar {
  const { stderr } = process;
  const stream = Object.create(stderr, {
    write: { value: stderr.write.bind(stderr) },
  }) as NodeJS.WriteStream;
  const bar = new cliProgress.SingleBar(
    {
      stream,
      format: `${title}  {bar}  {value}/{total}  {eta_formatted} left`,
      clearOnComplete: true,
      gracefulExit: false,
      noTTYOutput: true,
      notTTYSchedule: 5000,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    at: (done) => {
      bar.update(done);
    },
    end: () => {
      bar.stop();
    },
  };
}
