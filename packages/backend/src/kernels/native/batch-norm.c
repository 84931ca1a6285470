// Batch norm in training, with the ReLU behind it: channels are the last dimension.
#include <math.h>
#include <string.h>

#include "ops.h"

/** Numbers of a part: it stays in the second cache, where it is read twice. */
enum { PART = 1 << 14 };

typedef struct {
  const float *x, *dy, *y;
  float *out;
  /** For each part: sums over its rows of each channel, as a pass says. */
  float *sums;
  /** What each channel is moved and scaled by. */
  const float *a, *b, *c;
  int64_t channels, rows_of_part;
  bool relu;
} Norm;

static int64_t rows_of_part(int64_t channels) { return channels >= PART ? 1 : PART / channels; }

/** Means of a part's channels and sums of squared distances from them. */
WIDE static void moments(void *argument, int64_t from, int64_t to) {
  const Norm n = *(const Norm *)argument;
  const int64_t C = n.channels, rows = to - from;
  const float *x = n.x + from * C;
  float *mean = n.sums + from / n.rows_of_part * 2 * C, *squares = mean + C;
  int64_t c = 0;
  for (; c + LANES <= C; c += LANES) {
    Lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    int64_t row = 0;
    const float *p = x + c;
    for (; row + 4 <= rows; row += 4, p += 4 * C) {
      s0 += *(const Lanes *)p;
      s1 += *(const Lanes *)(p + C);
      s2 += *(const Lanes *)(p + 2 * C);
      s3 += *(const Lanes *)(p + 3 * C);
    }
    for (; row < rows; row++, p += C) s0 += *(const Lanes *)p;
    const Lanes m = ((s0 + s1) + (s2 + s3)) / (float)rows;
    Lanes q0 = {0}, q1 = {0};
    p = x + c;
    for (row = 0; row + 2 <= rows; row += 2, p += 2 * C) {
      const Lanes d0 = *(const Lanes *)p - m, d1 = *(const Lanes *)(p + C) - m;
      q0 += d0 * d0;
      q1 += d1 * d1;
    }
    for (; row < rows; row++, p += C) {
      const Lanes d = *(const Lanes *)p - m;
      q0 += d * d;
    }
    *(Lanes *)(mean + c) = m;
    *(Lanes *)(squares + c) = q0 + q1;
  }
  for (; c < C; c++) {
    float sum = 0, square = 0;
    for (int64_t row = 0; row < rows; row++) sum += x[row * C + c];
    const float m = sum / (float)rows;
    for (int64_t row = 0; row < rows; row++) square += (x[row * C + c] - m) * (x[row * C + c] - m);
    mean[c] = m;
    squares[c] = square;
  }
}

/** y = relu?((x − a) · b + c). */
INLINE void normalize_rows(const Norm *n, int64_t from, int64_t to, const bool relu) {
  const int64_t C = n->channels;
  const float *restrict a = n->a, *restrict b = n->b, *restrict c = n->c;
  for (int64_t row = from; row < to; row++) {
    const float *restrict x = n->x + row * C;
    float *restrict y = n->out + row * C;
    for (int64_t k = 0; k < C; k++) {
      const float value = (x[k] - a[k]) * b[k] + c[k];
      // NaN stays what it is.
      y[k] = relu && value < 0 ? 0 : value;
    }
  }
}

WIDE static void normalize(void *argument, int64_t from, int64_t to) {
  const Norm *n = argument;
  if (n->relu)
    normalize_rows(n, from, to, true);
  else
    normalize_rows(n, from, to, false);
}

void batch_norm(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input x = input(&call, 0), scale = input(&call, 1), offset = input(&call, 2),
              set = input(&call, 3);
  const int64_t C = columns_of(&x);
  if (!holds(&call, C > 0 && scale.size == C && offset.size == C && set.size == 2, SIZES))
    return end(&call);
  const int64_t rows = x.size / C, grain = rows_of_part(C), parts = parts_of(rows, grain);
  float *y = output_like(&call, 0, &x), *mean = output(&call, 1, &C, 1),
        *variance = output(&call, 2, &C, 1);
  if (!is_well(&call)) return end(&call);
  float *sums = room(&call, (2 * parts + 2) * C);
  if (sums == NULL) return end(&call);
  float *by = sums + 2 * parts * C, *to = by + C;
  Norm n = {.x = floats(&x),
            .out = y,
            .sums = sums,
            .a = mean,
            .b = by,
            .c = to,
            .channels = C,
            .rows_of_part = grain};
  in_parts(rows, grain, moments, &n);
  const double epsilon = floats(&set)[0];
  for (int64_t c = 0; c < C; c++) {
    // The parts' moments become those of the whole (Chan, Golub, LeVeque).
    double m = 0, squares = 0;
    int64_t before = 0;
    for (int64_t part = 0; part < parts; part++) {
      const int64_t here = part + 1 < parts ? grain : rows - before;
      const double delta = sums[part * 2 * C + c] - m,
                   share = (double)here / (double)(before + here);
      m += delta * share;
      squares += sums[part * 2 * C + C + c] + delta * delta * share * (double)before;
      before += here;
    }
    mean[c] = (float)m;
    variance[c] = (float)(squares / (double)rows);
    const double factor = floats(&scale)[c] / sqrt(squares / (double)rows + epsilon);
    by[c] = (float)factor;
    // What float32 takes from the mean.
    to[c] = (float)(floats(&offset)[c] - (m - (double)mean[c]) * factor);
  }
  n.relu = floats(&set)[1] != 0;
  in_parts(rows, grain, normalize, &n);
  free(sums);
  end(&call);
}

/** Sums of dz, of dz · (x − a) and of x − a, where dz is dy, with ReLU only where y is above 0. */
INLINE void sums_of_gradient(const Norm *n, int64_t from, int64_t to, const bool relu) {
  const int64_t C = n->channels;
  float *sum = n->sums + from / n->rows_of_part * 3 * C, *product = sum + C, *rest = product + C;
  int64_t c = 0;
  for (; c + LANES <= C; c += LANES) {
    Lanes s = {0}, p = {0}, r = {0};
    const Lanes a = *(const Lanes *)(n->a + c);
    for (int64_t i = from * C + c; i < to * C; i += C) {
      const Lanes passed = *(const Lanes *)(n->dy + i),
                  d = relu ? where_positive(n->y + i, passed) : passed;
      const Lanes moved = *(const Lanes *)(n->x + i) - a;
      s += d;
      p += d * moved;
      r += moved;
    }
    *(Lanes *)(sum + c) = s;
    *(Lanes *)(product + c) = p;
    *(Lanes *)(rest + c) = r;
  }
  for (; c < C; c++) {
    float s = 0, p = 0, r = 0;
    for (int64_t i = from * C + c; i < to * C; i += C) {
      const float d = relu && !(n->y[i] > 0) ? 0 : n->dy[i], moved = n->x[i] - n->a[c];
      s += d;
      p += d * moved;
      r += moved;
    }
    sum[c] = s;
    product[c] = p;
    rest[c] = r;
  }
}

WIDE static void gradient_sums(void *argument, int64_t from, int64_t to) {
  const Norm *n = argument;
  if (n->relu)
    sums_of_gradient(n, from, to, true);
  else
    sums_of_gradient(n, from, to, false);
}

/** dx = dz · b − (x − a) · c − d, where d lies behind c. */
INLINE void rows_of_gradient(const Norm *n, int64_t from, int64_t to, const bool relu) {
  const int64_t C = n->channels;
  const float *restrict a = n->a, *restrict b = n->b, *restrict c = n->c, *restrict d = n->c + C;
  for (int64_t row = from; row < to; row++) {
    const float *restrict x = n->x + row * C, *restrict dy = n->dy + row * C,
                          *restrict y = n->y + row * C;
    float *restrict dx = n->out + row * C;
    for (int64_t k = 0; k < C; k++) {
      // Read in any case: a branch on what is random costs more.
      const float passed = dy[k];
      const float dz = !relu || y[k] > 0 ? passed : 0;
      dx[k] = dz * b[k] - (x[k] - a[k]) * c[k] - d[k];
    }
  }
}

WIDE static void gradient_of_x(void *argument, int64_t from, int64_t to) {
  const Norm *n = argument;
  if (n->relu)
    rows_of_gradient(n, from, to, true);
  else
    rows_of_gradient(n, from, to, false);
}

void batch_norm_grad(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input dy = input(&call, 0), x = input(&call, 1), y = input(&call, 2),
              scale = input(&call, 3), mean = input(&call, 4), variance = input(&call, 5),
              set = input(&call, 6);
  const int64_t C = columns_of(&x);
  const bool fits = C > 0 && dy.size == x.size && y.size == x.size && scale.size == C &&
                    mean.size == C && variance.size == C && set.size == 2;
  if (!holds(&call, fits, SIZES)) return end(&call);
  const int64_t rows = x.size / C, grain = rows_of_part(C), parts = parts_of(rows, grain);
  float *dx = output_like(&call, 0, &x), *d_scale = output(&call, 1, &C, 1),
        *d_offset = output(&call, 2, &C, 1);
  if (!is_well(&call)) return end(&call);
  float *sums = room(&call, (3 * parts + 3) * C);
  if (sums == NULL) return end(&call);
  float *b = sums + 3 * parts * C, *c = b + C, *d = c + C;
  Norm n = {.x = floats(&x),
            .dy = floats(&dy),
            .y = floats(&y),
            .out = dx,
            .sums = sums,
            .a = floats(&mean),
            .b = b,
            .c = c,
            .channels = C,
            .rows_of_part = grain,
            .relu = floats(&set)[1] != 0};
  in_parts(rows, grain, gradient_sums, &n);
  const double epsilon = floats(&set)[0];
  for (int64_t k = 0; k < C; k++) {
    double sum = 0, product = 0, rest = 0;
    for (int64_t part = 0; part < parts; part++) {
      sum += sums[part * 3 * C + k];
      product += sums[part * 3 * C + C + k];
      rest += sums[part * 3 * C + 2 * C + k];
    }
    // The mean is float32: what that took from it would add up in the gradients of what is before.
    rest /= (double)rows;
    product -= rest * sum;
    const double deviation = 1 / sqrt(floats(&variance)[k] + epsilon),
                 factor = floats(&scale)[k] * deviation;
    d_offset[k] = (float)sum;
    d_scale[k] = (float)(product * deviation);
    b[k] = (float)factor;
    const double slope = factor * product * deviation * deviation / (double)rows;
    c[k] = (float)slope;
    d[k] = (float)(factor * sum / (double)rows - slope * rest);
  }
  in_parts(rows, grain, gradient_of_x, &n);
  free(sums);
  end(&call);
}

void move_towards(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input average = input(&call, 0), value = input(&call, 1), share = input(&call, 2);
  if (holds(&call, average.size == value.size && share.size == 1, SIZES)) {
    float *next = output_like(&call, 0, &average);
    const float *old = floats(&average), *now = floats(&value), by = floats(&share)[0];
    if (is_well(&call))
      for (int64_t i = 0; i < average.size; i++) next[i] = old[i] - (old[i] - now[i]) * by;
  }
  end(&call);
}
