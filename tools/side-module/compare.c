#include "simd.h"

// 1 where the number of `a` is less than, equal to or greater than that of `b`, of these what is asked for (1, else 0), and 0
// elsewhere, with NaN too. All are compared with the first of `b` where that is `single`.
KERNEL(compare)(const float *restrict a, const float *restrict b, unsigned char *restrict out,
                int size, int single, int less, int equal, int greater) {
  const unsigned char l = (unsigned char)less;
  const unsigned char e = (unsigned char)equal;
  const unsigned char g = (unsigned char)greater;
#define LOOP(OTHER)                                                                                \
  for (int i = 0; i < size; i++) {                                                                 \
    const float x = a[i];                                                                          \
    const float y = OTHER;                                                                         \
    out[i] = (unsigned char)((x < y ? l : 0) | (x == y ? e : 0) | (x > y ? g : 0));                \
  }
  if (single) {
    const float first = b[0];
    LOOP(first)
  } else
    LOOP(b[i])
}
