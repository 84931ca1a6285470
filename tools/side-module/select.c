#include "simd.h"

// Numbers of 32 bits, from `a` where there is a condition and else from `b`.
KERNEL(select)(const unsigned char *restrict condition, const int *restrict a,
               const int *restrict b, int *restrict out, int size) {
  for (int i = 0; i < size; i++) out[i] = condition[i] ? a[i] : b[i];
}

KERNEL(logicalAnd)(const unsigned char *restrict a, const unsigned char *restrict b,
                   unsigned char *restrict out, int size) {
  for (int i = 0; i < size; i++) out[i] = a[i] && b[i];
}
