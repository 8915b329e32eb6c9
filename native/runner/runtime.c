#include "runtime.h"

#include <dlfcn.h>

#include "fail.h"

bool has_symbol(void *library, const char *name) { return dlsym(library, name) != NULL; }

void *symbol(void *library, const char *name) {
  void *found = dlsym(library, name);
  if (!found) fail(FAIL_LIBRARY, "the runtime's library lacks %s: it is of another version", name);
  return found;
}

Runtime *open_runtime(const Plan *plan, const RuntimeOptions *options) {
  Target target = plan->target;
  if (target == NATIVE) fail(FAIL_LIBRARY, "this act-runner has no native engine");
  if (!options->library) fail(FAIL_INPUT, "--library: the runtime's is missing");
  void *library = dlopen(options->library, RTLD_NOW | RTLD_LOCAL);
  if (!library) fail(FAIL_LIBRARY, "%s", dlerror());
  if (target == ONNX) return open_ort(library, options);
  /* LiteRT 1.x and the Android library have the stable TfLite C API, LiteRT 2.x only its own. */
  if (has_symbol(library, "TfLiteModelCreateFromFile")) return open_tflite(library, options);
  return open_litert(library, options);
}
