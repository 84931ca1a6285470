// One call of a kernel: what went in, what comes out.
#pragma once

#include "tensorflow.h"

#define MOST_TENSORS 16
#define MOST_DIMENSIONS 8

typedef struct {
  TF_OpKernelContext *context;
  TF_Status *status;
  TF_Tensor *held[MOST_TENSORS];
  int count;
} Call;

/** A tensor of 32-bit numbers. */
typedef struct {
  const void *data;
  int64_t size;
  int rank;
  int64_t dims[MOST_DIMENSIONS];
} Input;

/** Begins a call; it ends with {@link end}. */
Call begin(TF_OpKernelContext *context);

/** The input at a place; of size 0 where there is trouble, which {@link holds} knows of. */
Input input(Call *call, int index);

/** Room for an output of numbers of a type, or NULL where there is trouble. */
void *output_of(Call *call, int index, const int64_t *dims, int rank, int type);

/** Room for an output of float32, or NULL where there is trouble. */
float *output(Call *call, int index, const int64_t *dims, int rank);

/** Room for an output of an input's shape. */
float *output_like(Call *call, int index, const Input *like);

/** Whether all went well and `rule` is kept; where it is not, the call fails with it. */
bool holds(Call *call, bool rule, const char *text);

/** Whether all went well so far. */
bool is_well(const Call *call);

/** Whether there was memory for the work; where there was none, the call fails with that. */
bool has_memory(Call *call, bool was_there);

/** Gives back what the call holds, and tells TensorFlow of trouble. */
void end(Call *call);

/** The last dimension, 1 of a scalar. */
static inline int64_t columns_of(const Input *x) { return x->rank == 0 ? 1 : x->dims[x->rank - 1]; }

/** A float32 of an input. */
static inline const float *floats(const Input *x) { return x->data; }
