// The optimizers' updates, each in one pass over its variables.
#include "kernel.h"
#include "ops.h"

#include "../shared/adam.c"
#include "../shared/rmsprop.c"
#include "../shared/sgd.c"

enum { MOST_VARIABLES = 5, MOST_SETTINGS = 8 };

/** What an update reads and writes, in the order of its op's inputs and outputs, and its settings.
 */
typedef struct {
  const float *in[MOST_VARIABLES];
  float *out[MOST_VARIABLES];
  float set[MOST_SETTINGS];
} Update;

/**
 * Runs an op whose inputs are its settings, the parameter, its gradient and what the optimizer
 * remembers; new values of all but the gradient come out. Of the memories, all after the first
 * `needed` variables may be empty: they are NULL then.
 */
static void update(TF_OpKernelContext *context, int variables, int needed, int settings,
                   Part *part) {
  Call call = begin(context);
  Update u = {0};
  const Input set = input(&call, 0);
  Input in[MOST_VARIABLES] = {0};
  bool fits = set.size == settings;
  for (int i = 0; i < variables; i++) {
    in[i] = input(&call, 1 + i);
    fits = fits && (in[i].size == in[0].size || (i >= needed && in[i].size == 0));
    u.in[i] = in[i].size == 0 ? NULL : floats(&in[i]);
  }
  if (holds(&call, fits, SIZES)) {
    for (int i = 0; i < settings; i++) u.set[i] = floats(&set)[i];
    for (int i = 0; i < variables - 1; i++) {
      const Input *like = &in[i == 0 ? 0 : i + 1];
      float *out = output_like(&call, i, like);
      u.out[i] = like->size == 0 ? NULL : out;
    }
    if (is_well(&call)) in_parts(in[0].size, GRAIN, part, &u);
  }
  end(&call);
}

/** What a part of an update works on. */
static Update from_on(const Update *whole, int64_t from) {
  Update part = *whole;
  for (int i = 0; i < MOST_VARIABLES; i++) {
    if (part.in[i] != NULL) part.in[i] += from;
    if (part.out[i] != NULL) part.out[i] += from;
  }
  return part;
}

static void adam_part(void *argument, int64_t from, int64_t to) {
  const Update u = from_on(argument, from);
  adam(u.in[0], u.in[1], u.in[2], u.in[3], u.out[0], u.out[1], u.out[2], (int)(to - from), u.set[0],
       u.set[1], u.set[2], u.set[3], u.set[4], u.set[5], u.set[6], u.set[7]);
}

static void rmsprop_part(void *argument, int64_t from, int64_t to) {
  const Update u = from_on(argument, from);
  rmsprop(u.in[0], u.in[1], u.in[2], u.in[3], u.in[4], u.out[0], u.out[1], u.out[2], u.out[3],
          (int)(to - from), u.set[0], u.set[1], u.set[2], u.set[3], u.set[4], u.set[5]);
}

static void sgd_part(void *argument, int64_t from, int64_t to) {
  const Update u = from_on(argument, from);
  const int size = (int)(to - from);
  if (u.in[2] == NULL)
    sgd(u.in[0], u.in[1], u.out[0], size, u.set[0], u.set[1]);
  else
    sgdMomentum(u.in[0], u.in[1], u.in[2], u.out[0], u.out[1], size, u.set[0], u.set[1], u.set[2],
                u.set[3], u.set[4] != 0);
}

void adam_update(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  update(context, 4, 4, 8, adam_part);
}

void rmsprop_update(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  update(context, 5, 3, 6, rmsprop_part);
}

void sgd_update(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  update(context, 3, 2, 5, sgd_part);
}
