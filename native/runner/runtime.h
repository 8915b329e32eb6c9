/* What act-runner asks of a runtime: to open it, load graphs, bind buffers, run, close. */
#ifndef ACT_RUNTIME_H
#define ACT_RUNTIME_H

#include "plan.h"

/* One graph of the artefact: the whole model, or a part of the host form. */
typedef struct {
  Slot *inputs, *outputs;
  size_t input_count, output_count;
  void *loaded; /* the runtime's own */
} Graph;

typedef struct {
  const char *library; /* or NULL: the engine needs none */
  int threads;
  const char *op_profile; /* prefix of the files with each operator's time, or NULL */
  const char *version;    /* where the library does not tell its own */
} RuntimeOptions;

typedef struct Runtime Runtime;
struct Runtime {
  char name[128]; /* with its version */
  void *opened;   /* the runtime's own */

  /* Load the artefact, or in host form a part of it (else NULL); fills the graph's names, types and sizes,
     where ANY_SIZE stands for what bind() will be told. */
  void (*load)(Runtime *runtime, Graph *graph, const char *path, const Part *part);

  /* Make buffers for slots whose sizes are all known by now; again whenever sizes change. */
  void (*bind)(Runtime *runtime, Graph *graph);

  /* From the inputs' buffers to the outputs': all that is timed. False where the call failed. */
  bool (*run)(Runtime *runtime, Graph *graph);

  /* After a run: finds outputs' buffers anew. NULL for a runtime that never moves them. */
  void (*fetch)(Runtime *runtime, Graph *graph);

  /* Why the last run failed. */
  const char *(*reason)(Runtime *runtime);

  /* Ends the graph's op profile; returns its file, or NULL where there is none. */
  const char *(*close)(Runtime *runtime, Graph *graph);
};

/* The runtime for a plan's target: runtime.c takes it from its library, and in the build with the native
   engine engine/runtime_native.c is there instead. */
Runtime *open_runtime(const Plan *plan, const RuntimeOptions *options);

/* For the files of those that have a library. */
bool has_symbol(void *library, const char *name);
void *symbol(void *library, const char *name);
Runtime *open_ort(void *library, const RuntimeOptions *options);
Runtime *open_tflite(void *library, const RuntimeOptions *options);
Runtime *open_litert(void *library, const RuntimeOptions *options);

#endif
