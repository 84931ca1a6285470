// Makes TensorFlow know the ops of this library when Node loads it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>

#include "ops.h"

enum { MOST_NAMES = 8 };

typedef struct {
  const char *name;
  Compute *compute;
  const char *inputs[MOST_NAMES];
  const char *outputs[MOST_NAMES];
} Op;

static const Op ops[] = {
    {"TfloopAdamUpdate",
     adam_update,
     {"settings: float", "parameter: float", "gradient: float", "exp_avg: float",
      "exp_avg_sq: float"},
     {"moved: float", "new_exp_avg: float", "new_exp_avg_sq: float"}},
    {"TfloopBatchNorm",
     batch_norm,
     {"x: float", "scale: float", "offset: float", "settings: float"},
     {"y: float", "mean: float", "variance: float"}},
    {"TfloopBatchNormGrad",
     batch_norm_grad,
     {"dy: float", "x: float", "y: float", "scale: float", "mean: float", "variance: float",
      "settings: float"},
     {"dx: float", "d_scale: float", "d_offset: float"}},
    {"TfloopConv", conv, {"x: float", "filter: float", "geometry: int32"}, {"y: float"}},
    {"TfloopConvFilterGrad",
     conv_filter_grad,
     {"x: float", "dy: float", "geometry: int32"},
     {"gradient: float"}},
    {"TfloopConvInputGrad",
     conv_input_grad,
     {"dy: float", "filter: float", "geometry: int32"},
     {"dx: float"}},
    {"TfloopCrossEntropy",
     cross_entropy,
     {"logits: float", "labels: int32", "smoothing: float"},
     {"losses: float", "gradient: float"}},
    {"TfloopDense",
     dense,
     {"x: float", "kernel: float", "bias: float", "relu: float"},
     {"y: float"}},
    {"TfloopGatherFloats", gather_floats, {"x: float", "numbers: int32"}, {"y: float"}},
    {"TfloopGatherIntegers", gather_integers, {"x: int32", "numbers: int32"}, {"y: int32"}},
    {"TfloopMatMul", mat_mul, {"a: float", "b: float", "turned: float"}, {"c: float"}},
    {"TfloopMaxPoolGrad",
     max_pool_grad,
     {"x: float", "dy: float", "geometry: int32"},
     {"dx: float"}},
    {"TfloopMean", mean, {"x: float"}, {"y: float"}},
    {"TfloopMoveTowards",
     move_towards,
     {"average: float", "value: float", "share: float"},
     {"next: float"}},
    {"TfloopReluGrad", relu_grad, {"dy: float", "y: float"}, {"dx: float"}},
    {"TfloopRmspropUpdate",
     rmsprop_update,
     {"settings: float", "parameter: float", "gradient: float", "square_avg: float",
      "grad_avg: float", "buffer: float"},
     {"moved: float", "new_square_avg: float", "new_grad_avg: float", "new_buffer: float"}},
    {"TfloopScaleRows", scale_rows, {"x: float", "factors: float"}, {"y: float"}},
    {"TfloopSgdUpdate",
     sgd_update,
     {"settings: float", "parameter: float", "gradient: float", "buffer: float"},
     {"moved: float", "new_buffer: float"}},
    {"TfloopSpread", spread, {"number: float", "factor: float", "like: float"}, {"y: float"}},
    {"TfloopSumRows", sum_rows, {"x: float"}, {"sums: float"}},
};

/** Run at once, ops have the shapes that their kernels give them. */
static void any_shape(TF_ShapeInferenceContext *context, TF_Status *status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

static void register_op(const Op *op, TF_Status *status) {
  TF_OpDefinitionBuilder *builder = TF_NewOpDefinitionBuilder(op->name);
  for (int i = 0; i < MOST_NAMES && op->inputs[i] != NULL; i++)
    TF_OpDefinitionBuilderAddInput(builder, op->inputs[i]);
  for (int i = 0; i < MOST_NAMES && op->outputs[i] != NULL; i++)
    TF_OpDefinitionBuilderAddOutput(builder, op->outputs[i]);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, any_shape);
  TF_RegisterOpDefinition(builder, status);
  if (TF_GetCode(status) != TF_OK) return;
  TF_RegisterKernelBuilder(op->name, TF_NewKernelBuilder(op->name, "CPU", NULL, op->compute, NULL),
                           status);
}

/** TensorFlow ends the process where an op is registered twice, as another copy of this library has
 * done. */
static bool are_there(TF_Status *status) {
  TF_Buffer *kernels = TF_GetRegisteredKernelsForOp(ops[0].name, status);
  const bool there = kernels != NULL && kernels->length > 0;
  if (kernels != NULL) TF_DeleteBuffer(kernels);
  if (there)
    TF_SetStatus(status, TF_INVALID_ARGUMENT, "another copy of them is loaded in this process");
  return there;
}

/** TensorFlow keeps calling it when the worker thread that loaded it has ended. */
static void stay_loaded(void) {
  Dl_info here;
  if (dladdr((const void *)ops, &here) != 0) dlopen(here.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env,
                                                                          napi_value exports) {
  // Each thread of Node that loads this asks again, two at once even, and TensorFlow is one for all
  // of them.
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static bool is_done = false;
  pthread_mutex_lock(&lock);
  TF_Status *status = TF_NewStatus();
  if (!is_done && !are_there(status)) {
    stay_loaded();
    for (size_t i = 0; i < sizeof(ops) / sizeof(*ops) && TF_GetCode(status) == TF_OK; i++)
      register_op(&ops[i], status);
  }
  is_done = TF_GetCode(status) == TF_OK;
  pthread_mutex_unlock(&lock);
  if (TF_GetCode(status) != TF_OK) napi_throw_error(env, NULL, TF_Message(status));
  TF_DeleteStatus(status);
  return exports;
}
