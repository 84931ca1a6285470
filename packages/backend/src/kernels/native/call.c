#include "call.h"

/** Where the numbers of an empty tensor lie: nothing is read or written, but no copy of 0 bytes may
 * have NULL. */
static float nowhere[1];

Call begin(TF_OpKernelContext *context) {
  return (Call){.context = context, .status = TF_NewStatus(), .count = 0};
}

Input input(Call *call, int index) {
  Input x = {0};
  // TensorFlow says anew how it went: what was wrong before is to stay said.
  if (TF_GetCode(call->status) != TF_OK) return x;
  TF_Tensor *tensor = NULL;
  TF_GetInput(call->context, index, &tensor, call->status);
  if (tensor == NULL) return x;
  call->held[call->count++] = tensor;
  x.rank = TF_NumDims(tensor);
  if (!holds(call, x.rank <= MOST_DIMENSIONS, "a tensor has too many dimensions"))
    return (Input){0};
  x.size = 1;
  for (int axis = 0; axis < x.rank; axis++) x.size *= x.dims[axis] = TF_Dim(tensor, axis);
  x.data = x.size == 0 ? nowhere : TF_TensorData(tensor);
  return x;
}

void *output_of(Call *call, int index, const int64_t *dims, int rank, int type) {
  int64_t size = 1;
  for (int axis = 0; axis < rank; axis++) {
    // TensorFlow would end the process.
    if (!holds(call, dims[axis] >= 0, "what comes out would have less than nothing of a dimension"))
      return NULL;
    size *= dims[axis];
  }
  if (!is_well(call)) return NULL;
  TF_Tensor *tensor =
      TF_AllocateOutput(call->context, index, type, dims, rank, (size_t)size * 4, call->status);
  if (tensor == NULL) return NULL;
  call->held[call->count++] = tensor;
  return size == 0 ? nowhere : TF_TensorData(tensor);
}

float *output(Call *call, int index, const int64_t *dims, int rank) {
  return output_of(call, index, dims, rank, TF_FLOAT);
}

float *output_like(Call *call, int index, const Input *like) {
  return output(call, index, like->dims, like->rank);
}

bool holds(Call *call, bool rule, const char *text) {
  if (TF_GetCode(call->status) != TF_OK) return false;
  if (!rule) TF_SetStatus(call->status, TF_INVALID_ARGUMENT, text);
  return rule;
}

bool is_well(const Call *call) { return TF_GetCode(call->status) == TF_OK; }

bool has_memory(Call *call, bool was_there) {
  if (is_well(call) && !was_there)
    TF_SetStatus(call->status, TF_RESOURCE_EXHAUSTED, "there is no memory left for its work");
  return is_well(call);
}

void end(Call *call) {
  if (TF_GetCode(call->status) != TF_OK) TF_OpKernelContext_Failure(call->context, call->status);
  for (int i = 0; i < call->count; i++) TF_DeleteTensor(call->held[i]);
  TF_DeleteStatus(call->status);
}
