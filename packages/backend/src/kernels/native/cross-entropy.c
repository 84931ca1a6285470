// Softmax cross-entropy of integer labels, with its gradient.
#include <math.h>

#include "ops.h"

typedef struct {
  const float *logits;
  const int32_t *labels;
  float *losses, *gradient;
  int64_t classes;
  float smoothing;
} Entropy;

static void rows(void *argument, int64_t from, int64_t to) {
  const Entropy e = *(const Entropy *)argument;
  const double even = e.smoothing / (double)e.classes, own = 1 - (double)e.smoothing;
  for (int64_t row = from; row < to; row++) {
    const float *z = e.logits + row * e.classes;
    float *g = e.gradient + row * e.classes;
    const int64_t label = e.labels[row];
    if (label < 0 || label >= e.classes) {
      e.losses[row] = NAN;
      for (int64_t c = 0; c < e.classes; c++) g[c] = NAN;
      continue;
    }
    float largest = z[0];
    for (int64_t c = 1; c < e.classes; c++) largest = z[c] > largest ? z[c] : largest;
    double sum = 0, distance = 0;
    for (int64_t c = 0; c < e.classes; c++) {
      g[c] = expf(z[c] - largest);
      sum += g[c];
    }
    double loss = log(sum) - own * ((double)z[label] - largest);
    if (e.smoothing != 0) {
      for (int64_t c = 0; c < e.classes; c++) distance += (double)z[c] - largest;
      loss -= even * distance;
    }
    e.losses[row] = (float)loss;
    const double share = 1 / sum;
    for (int64_t c = 0; c < e.classes; c++) g[c] = (float)(g[c] * share - even);
    g[label] -= (float)own;
  }
}

void cross_entropy(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input logits = input(&call, 0), labels = input(&call, 1), smoothing = input(&call, 2);
  const bool fits = logits.rank == 2 && labels.size == logits.dims[0] && smoothing.size == 1;
  if (holds(&call, fits, SIZES)) {
    const int64_t count = labels.size, classes = logits.dims[1];
    const Entropy e = {floats(&logits),
                       labels.data,
                       output(&call, 0, &count, 1),
                       output_like(&call, 1, &logits),
                       classes,
                       floats(&smoothing)[0]};
    if (is_well(&call)) in_parts(count, 1 + (GRAIN >> 4) / (1 + classes), rows, (void *)&e);
  }
  end(&call);
}
