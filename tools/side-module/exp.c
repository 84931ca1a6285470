#include "exponential.h"

KERNEL(exp)(const float *x, float *y, int size) {
  FOR_NUMBERS({ storeLanes(y + i, expOf(loadLanes(x + i, lanes)), lanes); })
}
