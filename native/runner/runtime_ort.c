/* ONNX Runtime, by its C API. */
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "memory.h"
#include "ort_api.h"
#include "runtime.h"

typedef struct {
  const OrtApi *api;
  OrtEnv *environment;
  OrtSessionOptions *options;
  OrtMemoryInfo *memory;
  OrtAllocator *allocator;
  const char *op_profile;
  char reason[512];
} Ort;

typedef struct {
  OrtSession *session;
  OrtIoBinding *binding;
  OrtValue **values; /* the inputs', then the outputs' */
} Session;

static void check(const Ort *ort, OrtStatus *status, const char *what) {
  if (status) fail(FAIL_ARTEFACT, "%s: %s", what, ort->api->GetErrorMessage(status));
}

static Dtype dtype_of(int type, const char *name) {
  switch (type) {
    case ORT_FLOAT: return FLOAT32;
    case ORT_INT32: return INT32;
    case ORT_INT64: return INT64;
    case ORT_BOOL: return BOOL8;
    case ORT_FLOAT16: return FLOAT16;
    case ORT_INT8: return INT8;
    case ORT_UINT8: return UINT8;
    default: fail(FAIL_ARTEFACT, "%s: a type of tensor that no artefact has (%d)", name, type);
  }
}

static int type_of(Dtype dtype) {
  static const int types[] = {ORT_FLOAT, ORT_INT32,   ORT_INT64, ORT_BOOL,
                              ORT_FLOAT16, ORT_INT8, ORT_UINT8};
  return types[dtype];
}

static void describe(const Ort *ort, OrtTypeInfo *type, Shape *shape) {
  const OrtTensorInfo *info = NULL;
  int element = 0;
  check(ort, ort->api->CastTypeInfoToTensorInfo(type, &info), shape->name);
  if (!info) fail(FAIL_ARTEFACT, "%s: not a tensor", shape->name);
  check(ort, ort->api->GetTensorElementType(info, &element), shape->name);
  check(ort, ort->api->GetDimensionsCount(info, &shape->rank), shape->name);
  if (shape->rank > MAX_RANK) fail(FAIL_ARTEFACT, "%s: more than 8 axes", shape->name);
  check(ort, ort->api->GetDimensions(info, shape->sizes, shape->rank), shape->name);
  shape->dtype = dtype_of(element, shape->name);
  ort->api->ReleaseTypeInfo(type);
}

typedef OrtStatus *(*CountOf)(const OrtSession *, size_t *);
typedef OrtStatus *(*NameOf)(const OrtSession *, size_t, OrtAllocator *, char **);
typedef OrtStatus *(*TypeOf)(const OrtSession *, size_t, OrtTypeInfo **);

/* Adds what the session lists to the slots. */
static void list(const Ort *ort, const OrtSession *session, CountOf count_of, NameOf name_of,
                 TypeOf type_of_slot, Slot **slots, size_t *count) {
  size_t found = 0;
  check(ort, count_of(session, &found), "the session");
  for (size_t i = 0; i < found; i++) {
    char *name = NULL;
    OrtTypeInfo *type = NULL;
    *slots = grown(*slots, *count, sizeof **slots);
    Slot *slot = &(*slots)[(*count)++];
    *slot = (Slot){0};
    check(ort, name_of(session, i, ort->allocator, &name), "the session");
    snprintf(slot->shape.name, NAME_SIZE, "%s", name);
    check(ort, ort->api->AllocatorFree(ort->allocator, name), "the session");
    check(ort, type_of_slot(session, i, &type), slot->shape.name);
    describe(ort, type, &slot->shape);
  }
}

static void load(Runtime *runtime, Graph *graph, const char *path, const Part *part) {
  const Ort *ort = runtime->opened;
  const OrtApi *api = ort->api;
  Session *session = graph->loaded = allocate(1, sizeof *session);
  char file[1024];
  int length = part ? snprintf(file, sizeof file, "%s/%s.onnx", path, part->name)
                    : snprintf(file, sizeof file, "%s", path);
  if (length < 0 || (size_t)length >= sizeof file) fail(FAIL_INPUT, "%s: too long a path", path);
  if (ort->op_profile) {
    char prefix[1024]; /* parts would overwrite one file */
    snprintf(prefix, sizeof prefix, "%s%s%s", ort->op_profile, part ? "." : "", part ? part->name : "");
    check(ort, api->EnableProfiling(ort->options, prefix), prefix);
  }
  check(ort, api->CreateSession(ort->environment, file, ort->options, &session->session), file);
  check(ort, api->CreateIoBinding(session->session, &session->binding), file);
  list(ort, session->session, api->SessionGetInputCount, api->SessionGetInputName,
       api->SessionGetInputTypeInfo, &graph->inputs, &graph->input_count);
  /* Inputs that have a default: the budget. */
  list(ort, session->session, api->SessionGetOverridableInitializerCount,
       api->SessionGetOverridableInitializerName, api->SessionGetOverridableInitializerTypeInfo,
       &graph->inputs, &graph->input_count);
  list(ort, session->session, api->SessionGetOutputCount, api->SessionGetOutputName,
       api->SessionGetOutputTypeInfo, &graph->outputs, &graph->output_count);
  session->values = allocate(graph->input_count + graph->output_count, sizeof(OrtValue *));
}

/* Puts a value over the slot's own buffer. */
static const OrtValue *over(const Ort *ort, Slot *slot, OrtValue **value) {
  const Shape *shape = &slot->shape;
  hold_buffer(slot);
  if (*value) ort->api->ReleaseValue(*value);
  check(ort,
        ort->api->CreateTensorWithDataAsOrtValue(ort->memory, slot->data, slot->bytes,
                                                 shape->sizes, shape->rank, type_of(shape->dtype),
                                                 value),
        shape->name);
  return *value;
}

static void bind(Runtime *runtime, Graph *graph) {
  const Ort *ort = runtime->opened;
  Session *session = graph->loaded;
  for (size_t i = 0; i < graph->input_count; i++) {
    Slot *slot = &graph->inputs[i];
    check(ort,
          ort->api->BindInput(session->binding, slot->shape.name,
                              over(ort, slot, &session->values[i])),
          slot->shape.name);
  }
  for (size_t i = 0; i < graph->output_count; i++) {
    Slot *slot = &graph->outputs[i];
    check(ort,
          ort->api->BindOutput(session->binding, slot->shape.name,
                               over(ort, slot, &session->values[graph->input_count + i])),
          slot->shape.name);
  }
}

static bool run(Runtime *runtime, Graph *graph) {
  Ort *ort = runtime->opened;
  const Session *session = graph->loaded;
  OrtStatus *status = ort->api->RunWithBinding(session->session, NULL, session->binding);
  if (!status) return true;
  snprintf(ort->reason, sizeof ort->reason, "%s", ort->api->GetErrorMessage(status));
  ort->api->ReleaseStatus(status);
  return false;
}

static const char *reason(Runtime *runtime) { return ((Ort *)runtime->opened)->reason; }

static const char *close_session(Runtime *runtime, Graph *graph) {
  const Ort *ort = runtime->opened;
  const Session *session = graph->loaded;
  char *path = NULL;
  if (ort->op_profile)
    check(ort, ort->api->SessionEndProfiling(session->session, ort->allocator, &path), "profile");
  return path;
}

Runtime *open_ort(void *library, const RuntimeOptions *options) {
  const OrtApiBase *(*api_base)(void);
  *(void **)&api_base = symbol(library, "OrtGetApiBase");
  const OrtApiBase *base = api_base();
  const char *version = base->GetVersionString();
  Ort *ort = allocate(1, sizeof *ort);
  ort->api = base->GetApi(ORT_API_VERSION);
  if (!ort->api)
    fail(FAIL_LIBRARY, "ONNX Runtime %s is too old: " ORT_OLDEST " or newer is needed", version);
  const OrtApi *api = ort->api;
  /* What goes wrong comes back as a status: the log would only say it twice. */
  check(ort, api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "act-runner", &ort->environment), "ORT");
  check(ort, api->CreateSessionOptions(&ort->options), "ORT");
  check(ort, api->SetIntraOpNumThreads(ort->options, options->threads), "threads");
  check(ort, api->SetInterOpNumThreads(ort->options, 1), "threads");
  check(ort, api->CreateCpuMemoryInfo(ORT_ARENA_ALLOCATOR, ORT_MEM_TYPE_DEFAULT, &ort->memory),
        "memory");
  check(ort, api->GetAllocatorWithDefaultOptions(&ort->allocator), "memory");
  ort->op_profile = options->op_profile;
  Runtime *runtime = allocate(1, sizeof *runtime);
  *runtime = (Runtime){.opened = ort, .load = load, .bind = bind, .run = run, .reason = reason,
                       .close = close_session};
  snprintf(runtime->name, sizeof runtime->name, "onnxruntime %s", version);
  return runtime;
}
