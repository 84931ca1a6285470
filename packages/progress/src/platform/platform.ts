import type { ProgressOutput, ProgressStream } from '../output.ts';

/** A line on a terminal that is drawn anew when its content changes. */
export interface LiveLine {
  /** Shows what a function makes of the width and of the bar's glyphs. */
  show(content: LineContent): void;
  /** Clears the line and gives the terminal back as it was; harmless where nothing is shown. */
  clear(): void;
}

/** Text for a width in characters; `draw` gives a bar of a share in [0, 1] and a width. */
export type LineContent = (width: number, draw: (share: number, width: number) => string) => string;

/** What the two kinds of host do differently. */
export interface Platform {
  /** Where progress goes unless told otherwise. */
  readonly output: ProgressOutput;
  /** Makes a live line; missing where there are no terminals. */
  readonly liveLine?: (stream: ProgressStream) => LiveLine;
}
