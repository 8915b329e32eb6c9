#include "runtime.h"

#include <dlfcn.h>
#include <string.h>

#include "fail.h"

/* The APIs by which libraries are called: of a target's, the first whose symbol the library has. */
static const struct {
  const char *target;
  const char *symbol; /* NULL for the last of a target, which refuses what it lacks */
  Runtime *(*open)(void *library, const RuntimeOptions *options);
} APIS[] = {
    {"onnx", NULL, open_ort},
    /* LiteRT 1.x and the Android library have the stable TfLite C API, LiteRT 2.x only its own. */
    {"tflite", "TfLiteModelCreateFromFile", open_tflite},
    {"tflite", NULL, open_litert},
};
enum { API_COUNT = sizeof APIS / sizeof *APIS };

bool has_symbol(void *library, const char *name) { return dlsym(library, name) != NULL; }

void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found) fail(FAIL_LIBRARY, "the runtime's library lacks %s: it is of another version", name);
  return found;
}

Runtime *open_runtime(const Plan *plan, const RuntimeOptions *options) {
  size_t api = 0;
  while (api < API_COUNT && strcmp(APIS[api].target, plan->target) != 0) api++;
  if (api == API_COUNT) fail(FAIL_LIBRARY, "this act-runner has no %s engine", plan->target);
  if (!options->library) fail(FAIL_INPUT, "--library: the runtime's is missing");
  void *library = dlopen(options->library, RTLD_NOW | RTLD_LOCAL);
  if (!library) fail(FAIL_LIBRARY, "%s", dlerror());
  while (APIS[api].symbol && !has_symbol(library, APIS[api].symbol)) api++;
  return APIS[api].open(library, options);
}
