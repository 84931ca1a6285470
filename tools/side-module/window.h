#pragma once
#include "simd.h"

// Where the taps of one row or column of a filter see the input: output positions [from, to).
typedef struct {
  int from, to;
} Range;

// Positions o in [0, outputs) with 0 <= o · stride + offset < inputs.
INLINE Range seen(int offset, int stride, int inputs, int outputs) {
  const int from = offset >= 0 ? 0 : (stride - 1 - offset) / stride;
  const int last = inputs - 1 - offset;
  const int to = last < 0 ? 0 : last / stride + 1;
  const Range range = {from, to < outputs ? to : outputs};
  return range;
}
