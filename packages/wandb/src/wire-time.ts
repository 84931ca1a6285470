import { convert, int32, int64, message, required } from './wire-codec.ts';

/** Milliseconds since 1970 as seconds and nanoseconds. */
export const timestamp = convert(
  message<{ seconds: number; nanos: number }>({
    seconds: required(1, int64, 0),
    nanos: required(2, int32, 0),
  }),
  (milliseconds: number) => {
    const seconds = Math.floor(milliseconds / 1000);
    // At most: a fraction may round to a whole second.
    const nanos = Math.min(Math.round((milliseconds - seconds * 1000) * 1e6), 999_999_999);
    return { seconds, nanos };
  },
  ({ seconds, nanos }) => seconds * 1000 + nanos / 1e6,
);

/** A duration in seconds, rounded. */
export const wholeSeconds = convert(
  int32,
  (seconds: number) => Math.round(seconds),
  (seconds) => seconds,
);
