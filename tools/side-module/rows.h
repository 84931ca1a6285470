#pragma once
#include "simd.h"

// Rows that are summed in float32 before their sum goes on in float64: few enough for precision and for the nearest cache.
#define BLOCK 64

// Runs STATEMENT for all channels of a row, four and at the end fewer at a time: `c` is the first, `lanes` how many.
#define FOR_CHANNELS(STATEMENT)                                                                    \
  {                                                                                                \
    int c = 0;                                                                                     \
    for (; c + 4 <= channels; c += 4) {                                                            \
      const int lanes = 4;                                                                         \
      STATEMENT                                                                                    \
    }                                                                                              \
    if (c < channels) {                                                                            \
      const int lanes = channels - c;                                                              \
      STATEMENT                                                                                    \
    }                                                                                              \
  }

// The same where sums stay in registers over many rows: sixteen channels at a time, in `vectors` of `lanes`, as the additions
// of one vector wait for each other.
#define FOR_WIDE_CHANNELS(STATEMENT)                                                               \
  {                                                                                                \
    int c = 0;                                                                                     \
    for (; c + 16 <= channels; c += 16) {                                                          \
      const int vectors = 4, lanes = 4;                                                            \
      STATEMENT                                                                                    \
    }                                                                                              \
    for (; c + 4 <= channels; c += 4) {                                                            \
      const int vectors = 1, lanes = 4;                                                            \
      STATEMENT                                                                                    \
    }                                                                                              \
    if (c < channels) {                                                                            \
      const int vectors = 1, lanes = channels - c;                                                 \
      STATEMENT                                                                                    \
    }                                                                                              \
  }

// Doubles that `channels` of them take when four are read at a time.
#define PADDED(channels) (((channels) + 3) / 4 * 4)
