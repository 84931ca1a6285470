import type { Item } from '../record.ts';

/** What JSON can hold. NaN and infinities may stand among the numbers. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a media value becomes in a run. */
export interface RenderedMedia {
  /** Files to write, their paths relative to the run folder's `files`. */
  readonly files: readonly MediaFile[];
  /** The entries that take its place in the row: mostly one under its key, a chart's under its table's key. */
  readonly row: Readonly<Record<string, Json>>;
  /** What it adds to the run's config, each time the same. */
  readonly config?: readonly Item[];
}

/** A file of a media value. */
export interface MediaFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A picture, table, histogram or chart in a row. Holds copies: what it was made of may change or be disposed. */
export interface WandbMedia {
  /** What it is. */
  readonly kind: 'image' | 'images' | 'table' | 'histogram' | 'chart';
  /** Draws it for a row: under its key, at its step. Slow beside a row of numbers; neither reads nor writes files. */
  readonly render: (key: string, step: number) => RenderedMedia;
}

// Registered, so that a second copy of this package still knows the values of the first.
const BRAND = Symbol.for('@tfloop/wandb media');

/** A media value of its kind and its way to be rendered. */
export function media(kind: WandbMedia['kind'], render: WandbMedia['render']): WandbMedia {
  return Object.freeze({ kind, render, [BRAND]: true });
}

/** Whether a value is a media value. */
export function isWandbMedia(value: unknown): value is WandbMedia {
  return typeof value === 'object' && value !== null && BRAND in value;
}
