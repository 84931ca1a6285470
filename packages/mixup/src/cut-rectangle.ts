/** A part of an image in pixels; `bottom` and `right` are outside of it. */
export interface Rectangle {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/**
 * The rectangle that cutmix cuts for a share λ to keep: √(1 − λ) of the height and of the width around a
 * centre, rounded to pixels and clipped to the image.
 */
export function cutRectangle(
  lambda: number,
  height: number,
  width: number,
  centerY: number,
  centerX: number,
): Rectangle {
  const side = Math.sqrt(1 - lambda);
  const [top, bottom] = interval(Math.round(height * side), centerY, height);
  const [left, right] = interval(Math.round(width * side), centerX, width);
  return { top, left, bottom, right };
}

/** The share of an image that a rectangle leaves. */
export function shareLeft(
  { top, left, bottom, right }: Rectangle,
  height: number,
  width: number,
): number {
  return 1 - ((bottom - top) * (right - left)) / (height * width);
}

function interval(length: number, center: number, end: number): [from: number, to: number] {
  const from = center - Math.floor(length / 2);
  return [Math.max(from, 0), Math.min(from + length, end)];
}
