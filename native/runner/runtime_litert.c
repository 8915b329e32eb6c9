/* LiteRT 2.x, by its own C API. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "litert_api.h"
#include "memory.h"
#include "runtime.h"

typedef struct {
  LiteRtApi api;
  LiteRtEnvironment environment;
  LiteRtModel model; /* of all parts, once the first is loaded */
  LiteRtCompiledModel compiled;
  int threads;
  const char *op_profile;
  char reason[512];
} LiteRt;

typedef struct {
  size_t index;
  LiteRtSignature signature;
  LiteRtTensor *input_tensors, *output_tensors;
  LiteRtTensorBuffer *inputs, *outputs;
  bool *any_length; /* inputs whose time a call chooses */
} Signature;

static void check(LiteRtStatus status, const char *what) {
  if (status) fail(FAIL_ARTEFACT, "%s: LiteRT refuses it (status %d)", what, status);
}

static Dtype dtype_of(int type, const char *name) {
  switch (type) {
    case LITERT_FLOAT32: return FLOAT32;
    case LITERT_INT32: return INT32;
    case LITERT_INT64: return INT64;
    case LITERT_BOOL: return BOOL8;
    case LITERT_FLOAT16: return FLOAT16;
    case LITERT_INT8: return INT8;
    case LITERT_UINT8: return UINT8;
    default: fail(FAIL_ARTEFACT, "%s: a type of tensor that no artefact has (%d)", name, type);
  }
}

static int type_of(Dtype dtype) {
  static const int types[] = {LITERT_FLOAT32, LITERT_INT32, LITERT_INT64, LITERT_BOOL,
                              LITERT_FLOAT16, LITERT_INT8,  LITERT_UINT8};
  return types[dtype];
}

/* Options that the library knows by name only, as lines of TOML that it frees. */
static void add_option(const LiteRt *litert, LiteRtOptions options, const char *name,
                       const char *text) {
  LiteRtOpaqueOptions opaque = NULL;
  char *copy = strdup(text);
  if (!copy) fail(FAIL_CALL, "out of memory");
  check(litert->api.CreateOpaqueOptions(name, copy, free, &opaque), name);
  check(litert->api.AddOpaqueOptions(options, opaque), name);
}

static void compile(LiteRt *litert, const char *path) {
  const LiteRtApi *api = &litert->api;
  LiteRtOptions options = NULL;
  char threads[64];
  snprintf(threads, sizeof threads, "num_threads = %d\n", litert->threads);
  check(api->CreateModelFromFile(litert->environment, path, &litert->model), path);
  check(api->CreateOptions(&options), "options");
  check(api->SetOptionsHardwareAccelerators(options, LITERT_CPU), "options");
  add_option(litert, options, "xnnpack", threads);
  if (litert->op_profile)
    add_option(litert, options, "runtime_options_string", "enable_profiling = true\n");
  check(api->CreateCompiledModel(litert->environment, litert->model, options, &litert->compiled),
        path);
  if (litert->op_profile) {
    LiteRtProfiler profiler = NULL;
    check(api->CompiledModelGetProfiler(litert->compiled, &profiler), "profile");
    check(api->StartProfiler(profiler), "profile");
  }
}

static void find_signature(const LiteRt *litert, Signature *found, const char *path,
                           const Part *part) {
  size_t count = 0;
  check(litert->api.GetNumModelSignatures(litert->model, &count), path);
  if (!part && count != 1) fail(FAIL_ARTEFACT, "%s: %zu signatures, not one", path, count);
  for (found->index = 0; found->index < count; found->index++) {
    const char *key = NULL;
    check(litert->api.GetModelSignature(litert->model, found->index, &found->signature), path);
    check(litert->api.GetSignatureKey(found->signature, &key), path);
    if (!part || strcmp(key, part->name) == 0) return;
  }
  fail(FAIL_ARTEFACT, "%s: no signature %s", path, part->name);
}

typedef LiteRtStatus (*NameOf)(LiteRtSignature, size_t, const char **);
typedef LiteRtStatus (*TensorOf)(LiteRtSignature, size_t, LiteRtTensor *);

static Slot *list(const LiteRt *litert, LiteRtSignature signature, size_t count, NameOf name_of,
                  TensorOf tensor_of, LiteRtTensor **tensors) {
  Slot *slots = allocate(count, sizeof *slots);
  *tensors = allocate(count, sizeof **tensors);
  for (size_t i = 0; i < count; i++) {
    Shape *shape = &slots[i].shape;
    const char *name = NULL;
    LiteRtTensor tensor = NULL;
    LiteRtTensorType type;
    check(name_of(signature, i, &name), "signature");
    snprintf(shape->name, NAME_SIZE, "%s", name);
    check(tensor_of(signature, i, &tensor), name);
    (*tensors)[i] = tensor;
    check(litert->api.GetRankedTensorType(tensor, &type), name);
    if (type.layout.rank > MAX_RANK) fail(FAIL_ARTEFACT, "%s: more than 8 axes", name);
    shape->dtype = dtype_of(type.type, name);
    shape->rank = type.layout.rank;
    for (size_t axis = 0; axis < shape->rank; axis++) shape->sizes[axis] = type.layout.sizes[axis];
  }
  return slots;
}

/* LiteRT gives outputs that are one tensor one name of theirs; their order is the part's. */
static void name_outputs(const Signature *signature, Graph *graph, const Part *part) {
  for (size_t i = 0; i < graph->output_count && graph->output_count == part->output_count; i++)
    for (size_t k = 0; k < graph->output_count; k++)
      if (k != i && signature->output_tensors[i] == signature->output_tensors[k])
        snprintf(graph->outputs[i].shape.name, NAME_SIZE, "%s", part->outputs[i]);
}

static void load(Runtime *runtime, Graph *graph, const char *path, const Part *part) {
  LiteRt *litert = runtime->opened;
  const LiteRtApi *api = &litert->api;
  if (!litert->model) compile(litert, path);
  Signature *signature = graph->loaded = allocate(1, sizeof *signature);
  find_signature(litert, signature, path, part);
  check(api->GetNumSignatureInputs(signature->signature, &graph->input_count), path);
  check(api->GetNumSignatureOutputs(signature->signature, &graph->output_count), path);
  graph->inputs = list(litert, signature->signature, graph->input_count,
                       api->GetSignatureInputName, api->GetSignatureInputTensorByIndex,
                       &signature->input_tensors);
  graph->outputs = list(litert, signature->signature, graph->output_count,
                        api->GetSignatureOutputName, api->GetSignatureOutputTensorByIndex,
                        &signature->output_tensors);
  if (part) name_outputs(signature, graph, part);
  signature->inputs = allocate(graph->input_count, sizeof(LiteRtTensorBuffer));
  signature->outputs = allocate(graph->output_count, sizeof(LiteRtTensorBuffer));
  signature->any_length = allocate(graph->input_count, sizeof(bool));
  for (size_t i = 0; i < graph->input_count; i++)
    signature->any_length[i] = !shape_bytes(&graph->inputs[i].shape, ANY_SIZE);
}

static void wrap(const LiteRt *litert, const Slot *slot, size_t bytes,
                 LiteRtTensorBuffer *buffer) {
  LiteRtTensorType type = {.type = type_of(slot->shape.dtype),
                           .layout.rank = (unsigned)slot->shape.rank & 127};
  for (size_t axis = 0; axis < slot->shape.rank; axis++)
    type.layout.sizes[axis] = (int32_t)slot->shape.sizes[axis];
  if (*buffer) litert->api.DestroyTensorBuffer(*buffer);
  check(litert->api.CreateTensorBufferFromHostMemory(&type, slot->data, bytes, NULL, buffer),
        slot->shape.name);
}

/* Outputs that are one tensor with an input or with each other have one buffer: LiteRT would let
   the tensor be in the last of several. */
static void share_or_hold(const Signature *signature, Graph *graph, size_t output) {
  Slot *slot = &graph->outputs[output];
  for (size_t i = 0; i < graph->input_count + output; i++) {
    bool input = i < graph->input_count;
    size_t other = input ? i : i - graph->input_count;
    if (signature->output_tensors[output] !=
        (input ? signature->input_tensors[other] : signature->output_tensors[other]))
      continue;
    const Slot *owner = input ? &graph->inputs[other] : &graph->outputs[other];
    slot->data = owner->data;
    slot->bytes = owner->bytes;
    return;
  }
  hold_buffer(slot);
}

/* Left to the call, this would be timed with it. */
static void resize(const LiteRt *litert, const Graph *graph) {
  const Signature *signature = graph->loaded;
  for (size_t i = 0; i < graph->input_count; i++) {
    const Shape *shape = &graph->inputs[i].shape;
    int sizes[MAX_RANK];
    if (!signature->any_length[i]) continue;
    for (size_t axis = 0; axis < shape->rank; axis++) sizes[axis] = (int)shape->sizes[axis];
    check(litert->api.CompiledModelResizeInputTensor(litert->compiled, signature->index, i, sizes,
                                                     shape->rank),
          shape->name);
  }
  LiteRtLayout *layouts = allocate(graph->output_count, sizeof *layouts);
  check(litert->api.GetCompiledModelOutputTensorLayouts(litert->compiled, signature->index,
                                                        graph->output_count, layouts, true),
        "the sizes of a call");
  free(layouts);
}

static void bind(Runtime *runtime, Graph *graph) {
  const LiteRt *litert = runtime->opened;
  Signature *signature = graph->loaded;
  resize(litert, graph);
  for (size_t i = 0; i < graph->input_count; i++) {
    Slot *slot = &graph->inputs[i];
    hold_buffer(slot);
    wrap(litert, slot, slot->bytes, &signature->inputs[i]);
  }
  for (size_t i = 0; i < graph->output_count; i++) {
    Slot *slot = &graph->outputs[i];
    share_or_hold(signature, graph, i);
    /* An output whose length follows from the call has that of the call before until it runs. */
    wrap(litert, slot, slot->capacity ? slot->capacity : slot->bytes, &signature->outputs[i]);
  }
}

static bool run(Runtime *runtime, Graph *graph) {
  LiteRt *litert = runtime->opened;
  Signature *signature = graph->loaded;
  LiteRtStatus status = litert->api.RunCompiledModel(
      litert->compiled, signature->index, graph->input_count, signature->inputs,
      graph->output_count, signature->outputs);
  if (!status) return true;
  char *messages = NULL;
  litert->api.CompiledModelGetErrorMessages(litert->compiled, &messages);
  snprintf(litert->reason, sizeof litert->reason, "LiteRT's status %d%s%s", status,
           messages ? ": " : "", messages ? messages : "");
  return false;
}

static const char *reason(Runtime *runtime) { return ((LiteRt *)runtime->opened)->reason; }

static const char *close_signature(Runtime *runtime, Graph *graph) {
  LiteRt *litert = runtime->opened;
  LiteRtProfiler profiler = NULL;
  const char *summary = NULL;
  (void)graph; /* all parts have one profile: it ends with the first of them */
  if (!litert->op_profile) return NULL;
  const char *path = litert->op_profile;
  check(litert->api.CompiledModelGetProfiler(litert->compiled, &profiler), "profile");
  check(litert->api.StopProfiler(profiler), "profile");
  check(litert->api.GetProfileSummary(profiler, litert->compiled, &summary), "profile");
  FILE *file = fopen(path, "w");
  if (!file || fputs(summary, file) < 0 || fclose(file))
    fail(FAIL_ROWS, "%s: %s", path, strerror(errno));
  litert->op_profile = NULL;
  return path;
}

static void find_functions(void *library, LiteRtApi *api) {
#define FIND(name) *(void **)&api->name = symbol(library, "LiteRt" #name)
  FIND(CreateEnvironment);
  FIND(CreateModelFromFile);
  FIND(CreateOptions);
  FIND(SetOptionsHardwareAccelerators);
  FIND(CreateOpaqueOptions);
  FIND(AddOpaqueOptions);
  FIND(CreateCompiledModel);
  FIND(GetNumModelSignatures);
  FIND(GetModelSignature);
  FIND(GetSignatureKey);
  FIND(GetNumSignatureInputs);
  FIND(GetNumSignatureOutputs);
  FIND(GetSignatureInputName);
  FIND(GetSignatureOutputName);
  FIND(GetSignatureInputTensorByIndex);
  FIND(GetSignatureOutputTensorByIndex);
  FIND(GetRankedTensorType);
  FIND(CreateTensorBufferFromHostMemory);
  FIND(DestroyTensorBuffer);
  FIND(RunCompiledModel);
  FIND(CompiledModelResizeInputTensor);
  FIND(GetCompiledModelOutputTensorLayouts);
  FIND(CompiledModelGetErrorMessages);
  FIND(CompiledModelGetProfiler);
  FIND(StartProfiler);
  FIND(StopProfiler);
  FIND(GetProfileSummary);
#undef FIND
}

Runtime *open_litert(void *library, const RuntimeOptions *options) {
  const LiteRtEnvOption quiet = {LITERT_OPTION_LOG_SEVERITY, {LITERT_ANY_INT, LITERT_LOG_ERROR}};
  LiteRt *litert = allocate(1, sizeof *litert);
  symbol(library, "LiteRtCreateEnvironment");
  if (!has_symbol(library, LITERT_OLDEST_HAS))
    fail(FAIL_LIBRARY, "this LiteRT is older than " LITERT_OLDEST);
  find_functions(library, &litert->api);
  litert->threads = options->threads;
  litert->op_profile = options->op_profile;
  check(litert->api.CreateEnvironment(1, &quiet, &litert->environment), "LiteRT");
  Runtime *runtime = allocate(1, sizeof *runtime);
  *runtime = (Runtime){.opened = litert, .load = load, .bind = bind, .run = run, .reason = reason,
                       .close = close_signature};
  snprintf(runtime->name, sizeof runtime->name, "litert %s", options->version);
  return runtime;
}
