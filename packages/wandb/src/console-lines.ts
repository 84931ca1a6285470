import type { OutputRecord } from './record.ts';

/** Makes lines for `output.log` of pieces of console output. */
export interface ConsoleLines {
  /** The lines that this piece ends. */
  add(output: OutputRecord): string[];
  /** The lines that are begun. */
  end(): string[];
}

export function consoleLines(): ConsoleLines {
  const begun = new Map<OutputRecord['stream'], { text: string; timestamp: number }>();
  return {
    add({ stream, timestamp, text }) {
      const open = begun.get(stream);
      const [first = '', ...rest] = ((open?.text ?? '') + text).split('\n');
      const whole = [first, ...rest];
      const last = whole.pop() ?? '';
      if (last === '') begun.delete(stream);
      else {
        const since = whole.length === 0 ? (open?.timestamp ?? timestamp) : timestamp;
        // What a progress bar wrote over is of no use.
        begun.set(stream, {
          text: last.slice(last.lastIndexOf('\r', last.length - 2) + 1),
          timestamp: since,
        });
      }
      return whole.map((line, index) =>
        format(stream, index === 0 ? (open?.timestamp ?? timestamp) : timestamp, line),
      );
    },
    end() {
      const lines = [...begun].map(([stream, { timestamp, text }]) =>
        format(stream, timestamp, text),
      );
      begun.clear();
      return lines;
    },
  };
}

function format(stream: OutputRecord['stream'], timestamp: number, line: string): string {
  const visible = line.replace(/\r$/, '');
  const text = visible.slice(visible.lastIndexOf('\r') + 1);
  const time = new Date(timestamp).toISOString().replace('Z', '000');
  return `${stream === 'stderr' ? 'ERROR ' : ''}${time} ${text}`;
}
