/* LiteRT 1.x, or any library with the TfLite C API and its signature runners. */
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "memory.h"
#include "runtime.h"

typedef struct TfLiteModel TfLiteModel;
typedef struct TfLiteInterpreter TfLiteInterpreter;
typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;
typedef struct TfLiteSignatureRunner TfLiteSignatureRunner;
typedef struct TfLiteTensor TfLiteTensor;

enum { /* TfLiteType */
  TFLITE_FLOAT32 = 1,
  TFLITE_INT32 = 2,
  TFLITE_UINT8 = 3,
  TFLITE_INT64 = 4,
  TFLITE_BOOL = 6,
  TFLITE_INT8 = 9,
  TFLITE_FLOAT16 = 10,
};

/* c_api.h; a TfLiteStatus of 0 is success. */
typedef struct {
  const char *(*Version)(void);
  TfLiteModel *(*ModelCreateFromFile)(const char *path);
  TfLiteInterpreterOptions *(*InterpreterOptionsCreate)(void);
  void (*InterpreterOptionsSetNumThreads)(TfLiteInterpreterOptions *, int32_t);
  TfLiteInterpreter *(*InterpreterCreate)(const TfLiteModel *, const TfLiteInterpreterOptions *);
  int32_t (*InterpreterGetSignatureCount)(const TfLiteInterpreter *);
  const char *(*InterpreterGetSignatureKey)(const TfLiteInterpreter *, int32_t);
  TfLiteSignatureRunner *(*InterpreterGetSignatureRunner)(const TfLiteInterpreter *, const char *);
  size_t (*SignatureRunnerGetInputCount)(const TfLiteSignatureRunner *);
  size_t (*SignatureRunnerGetOutputCount)(const TfLiteSignatureRunner *);
  const char *(*SignatureRunnerGetInputName)(const TfLiteSignatureRunner *, int32_t);
  const char *(*SignatureRunnerGetOutputName)(const TfLiteSignatureRunner *, int32_t);
  TfLiteTensor *(*SignatureRunnerGetInputTensor)(TfLiteSignatureRunner *, const char *);
  const TfLiteTensor *(*SignatureRunnerGetOutputTensor)(const TfLiteSignatureRunner *,
                                                        const char *);
  int (*SignatureRunnerResizeInputTensor)(TfLiteSignatureRunner *, const char *, const int *,
                                          int32_t);
  int (*SignatureRunnerAllocateTensors)(TfLiteSignatureRunner *);
  int (*SignatureRunnerInvoke)(TfLiteSignatureRunner *);
  int (*TensorType)(const TfLiteTensor *);
  int32_t (*TensorNumDims)(const TfLiteTensor *);
  int32_t (*TensorDim)(const TfLiteTensor *, int32_t);
  size_t (*TensorByteSize)(const TfLiteTensor *);
  void *(*TensorData)(const TfLiteTensor *);
} TfLiteApi;

typedef struct {
  TfLiteApi api;
  TfLiteInterpreter *interpreter; /* of all parts, once the first is loaded */
  int threads;
} TfLite;

static Dtype dtype_of(int type, const char *name) {
  switch (type) {
    case TFLITE_FLOAT32: return FLOAT32;
    case TFLITE_INT32: return INT32;
    case TFLITE_INT64: return INT64;
    case TFLITE_BOOL: return BOOL8;
    case TFLITE_FLOAT16: return FLOAT16;
    case TFLITE_INT8: return INT8;
    case TFLITE_UINT8: return UINT8;
    default: fail(FAIL_ARTEFACT, "%s: a type of tensor that no artefact has (%d)", name, type);
  }
}

static void interpret(TfLite *tflite, const char *path) {
  const TfLiteApi *api = &tflite->api;
  const TfLiteModel *model = api->ModelCreateFromFile(path);
  if (!model) fail(FAIL_ARTEFACT, "%s: TfLite refuses it", path);
  TfLiteInterpreterOptions *options = api->InterpreterOptionsCreate();
  api->InterpreterOptionsSetNumThreads(options, tflite->threads);
  tflite->interpreter = api->InterpreterCreate(model, options);
  if (!tflite->interpreter) fail(FAIL_ARTEFACT, "%s: TfLite %s refuses it", path, api->Version());
}

static TfLiteSignatureRunner *find_signature(const TfLite *tflite, const char *path,
                                             const Part *part) {
  const TfLiteApi *api = &tflite->api;
  int32_t count = api->InterpreterGetSignatureCount(tflite->interpreter);
  if (!part && count != 1) fail(FAIL_ARTEFACT, "%s: %d signatures, not one", path, count);
  const char *key =
      part ? part->name : api->InterpreterGetSignatureKey(tflite->interpreter, 0);
  TfLiteSignatureRunner *found = api->InterpreterGetSignatureRunner(tflite->interpreter, key);
  if (!found) fail(FAIL_ARTEFACT, "%s: no signature %s", path, key);
  return found;
}

static void describe(const TfLiteApi *api, const TfLiteTensor *tensor, const char *name,
                     Slot *slot) {
  Shape *shape = &slot->shape;
  int32_t rank = tensor ? api->TensorNumDims(tensor) : -1;
  if (rank > MAX_RANK) fail(FAIL_ARTEFACT, "%s: more than 8 axes", name);
  snprintf(shape->name, NAME_SIZE, "%s", name);
  shape->dtype = dtype_of(tensor ? api->TensorType(tensor) : 0, name);
  shape->rank = rank < 0 ? 0 : (size_t)rank;
  /* A length that a call chooses reads as 1 until it is resized. */
  for (int32_t axis = 0; axis < rank; axis++) shape->sizes[axis] = api->TensorDim(tensor, axis);
}

static void load(Runtime *runtime, Graph *graph, const char *path, const Part *part) {
  TfLite *tflite = runtime->opened;
  const TfLiteApi *api = &tflite->api;
  if (!tflite->interpreter) interpret(tflite, path);
  TfLiteSignatureRunner *signature = graph->loaded = find_signature(tflite, path, part);
  if (api->SignatureRunnerAllocateTensors(signature))
    fail(FAIL_ARTEFACT, "%s: TfLite %s cannot allocate its tensors", path, api->Version());
  graph->input_count = api->SignatureRunnerGetInputCount(signature);
  graph->output_count = api->SignatureRunnerGetOutputCount(signature);
  graph->inputs = allocate(graph->input_count, sizeof(Slot));
  graph->outputs = allocate(graph->output_count, sizeof(Slot));
  for (size_t i = 0; i < graph->input_count; i++) {
    const char *name = api->SignatureRunnerGetInputName(signature, (int32_t)i);
    describe(api, api->SignatureRunnerGetInputTensor(signature, name), name, &graph->inputs[i]);
  }
  for (size_t i = 0; i < graph->output_count; i++) {
    const char *name = api->SignatureRunnerGetOutputName(signature, (int32_t)i);
    describe(api, api->SignatureRunnerGetOutputTensor(signature, name), name, &graph->outputs[i]);
  }
}

static bool has_sizes(const TfLiteApi *api, const TfLiteTensor *tensor, const Shape *shape) {
  if (api->TensorNumDims(tensor) != (int32_t)shape->rank) return false;
  for (size_t axis = 0; axis < shape->rank; axis++)
    if (api->TensorDim(tensor, (int32_t)axis) != shape->sizes[axis]) return false;
  return true;
}

static void resize(const TfLiteApi *api, TfLiteSignatureRunner *signature, const Shape *shape) {
  int sizes[MAX_RANK];
  if (has_sizes(api, api->SignatureRunnerGetInputTensor(signature, shape->name), shape)) return;
  for (size_t axis = 0; axis < shape->rank; axis++) sizes[axis] = (int)shape->sizes[axis];
  if (api->SignatureRunnerResizeInputTensor(signature, shape->name, sizes, (int32_t)shape->rank))
    fail(FAIL_ARTEFACT, "%s: TfLite cannot resize it", shape->name);
}

/* Buffers are the interpreter's own: this looks where they are. */
static void find_buffer(const TfLiteApi *api, const TfLiteTensor *tensor, Slot *slot) {
  slot->bytes = shape_bytes(&slot->shape, ANY_SIZE);
  slot->data = api->TensorData(tensor);
  if (api->TensorByteSize(tensor) != slot->bytes)
    fail(FAIL_ARTEFACT, "%s: %zu bytes in TfLite, %zu in the plan", slot->shape.name,
         api->TensorByteSize(tensor), slot->bytes);
}

static void fetch(Runtime *runtime, Graph *graph) {
  const TfLiteApi *api = &((TfLite *)runtime->opened)->api;
  for (size_t i = 0; i < graph->output_count; i++) {
    Slot *slot = &graph->outputs[i];
    find_buffer(api, api->SignatureRunnerGetOutputTensor(graph->loaded, slot->shape.name), slot);
  }
}

static void bind(Runtime *runtime, Graph *graph) {
  const TfLiteApi *api = &((TfLite *)runtime->opened)->api;
  for (size_t i = 0; i < graph->input_count; i++)
    resize(api, graph->loaded, &graph->inputs[i].shape);
  if (api->SignatureRunnerAllocateTensors(graph->loaded))
    fail(FAIL_ARTEFACT, "TfLite %s cannot allocate tensors for a call", api->Version());
  for (size_t i = 0; i < graph->input_count; i++) {
    Slot *slot = &graph->inputs[i];
    find_buffer(api, api->SignatureRunnerGetInputTensor(graph->loaded, slot->shape.name), slot);
  }
}

static bool run(Runtime *runtime, Graph *graph) {
  return !((TfLite *)runtime->opened)->api.SignatureRunnerInvoke(graph->loaded);
}

static const char *reason(Runtime *runtime) {
  (void)runtime; /* the C API gives a status only; the interpreter has printed why */
  return "TfLite could not run it";
}

static const char *close_signature(Runtime *runtime, Graph *graph) {
  (void)runtime, (void)graph; /* an op profile was refused when the library was opened */
  return NULL;
}

static void find_functions(void *library, TfLiteApi *api) {
#define FIND(name) *(void **)&api->name = symbol(library, "TfLite" #name)
  FIND(Version);
  FIND(ModelCreateFromFile);
  FIND(InterpreterOptionsCreate);
  FIND(InterpreterOptionsSetNumThreads);
  FIND(InterpreterCreate);
  FIND(InterpreterGetSignatureCount);
  FIND(InterpreterGetSignatureKey);
  FIND(InterpreterGetSignatureRunner);
  FIND(SignatureRunnerGetInputCount);
  FIND(SignatureRunnerGetOutputCount);
  FIND(SignatureRunnerGetInputName);
  FIND(SignatureRunnerGetOutputName);
  FIND(SignatureRunnerGetInputTensor);
  FIND(SignatureRunnerGetOutputTensor);
  FIND(SignatureRunnerResizeInputTensor);
  FIND(SignatureRunnerAllocateTensors);
  FIND(SignatureRunnerInvoke);
  FIND(TensorType);
  FIND(TensorNumDims);
  FIND(TensorDim);
  FIND(TensorByteSize);
  FIND(TensorData);
#undef FIND
}

Runtime *open_tflite(void *library, const RuntimeOptions *options) {
  TfLite *tflite = allocate(1, sizeof *tflite);
  find_functions(library, &tflite->api);
  if (options->op_profile) fail(FAIL_LIBRARY, "the TfLite C API has no profile of operators");
  tflite->threads = options->threads;
  Runtime *runtime = allocate(1, sizeof *runtime);
  *runtime = (Runtime){.opened = tflite, .load = load, .bind = bind, .run = run, .fetch = fetch,
                       .reason = reason, .close = close_signature};
  snprintf(runtime->name, sizeof runtime->name, "tflite %s", tflite->api.Version());
  return runtime;
}
