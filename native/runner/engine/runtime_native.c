/* The native engine, which is part of this build: no library is opened, and nothing else can be run.

   The artefact has no names: tensors are the plan's, once their sizes are found to be the model's.
   Each row of a batch is a sequence of its own, or an image; rows are run one after the other. */
#include <stdio.h>
#include <string.h>

#include "../fail.h"
#include "../memory.h"
#include "../runtime.h"
#include "act.h"

typedef struct {
  const Plan *plan;
  ActStatus status; /* of the last run */
} Engine;

/* One tensor of the state: a row of it, and where it is within the engine's own. */
typedef struct {
  size_t input, output;
  size_t at, size;
} StatePart;

typedef struct {
  ActModel *model;
  ActContext *context;
  ActSizes sizes;
  float *state; /* of one row */
  StatePart *parts;
  const Slot *threshold, *max_ponder; /* inputs of the budget, or NULL */
  size_t time;                        /* of the calls that are bound */
  int32_t height, width;              /* or of their images, ... */
  size_t image, answer;               /* ...which have so many numbers, and their y */
} Loaded;

static void check(ActStatus status, const char *what) {
  if (status != ACT_OK) fail(FAIL_ARTEFACT, "%s: %s", what, act_message(status));
}

/* How many numbers a row of a call has. */
static size_t per_row(const Plan *plan, const Shape *shape, int64_t time) {
  return shape_bytes(shape, time) / sizeof(float) / plan->batch;
}

static void expect_dtype(const Shape *shape, Dtype dtype) {
  if (shape->dtype != dtype)
    fail(FAIL_ARTEFACT, "the artefact's %s is %s, not %s", shape->name, dtype_name(dtype),
         dtype_name(shape->dtype));
}

/* A row must have so many numbers in a call of `time` time steps. */
static void expect_size(const Plan *plan, const Shape *shape, size_t size, int64_t time) {
  if (shape->rank < 1 || shape->sizes[0] != (int64_t)plan->batch ||
      per_row(plan, shape, time) != size)
    fail(FAIL_ARTEFACT, "the artefact's %s is of another shape", shape->name);
}

/* Numbers of a time step of the data. */
static size_t row_width(const ActSizes *sizes) {
  return sizes->vocab_size ? 1 : (size_t)sizes->input_size;
}

/* The plan's next state is the model's next `size` floats. Its input and output have been found alike. */
static void add_state(const Plan *plan, Loaded *loaded, size_t *count, size_t size) {
  if (*count == plan->state_count) fail(FAIL_ARTEFACT, "the artefact has more states");
  const State *state = &plan->states[*count];
  const StatePart *before = *count ? &loaded->parts[*count - 1] : NULL;
  size_t at = before ? before->at + before->size : 0;
  expect_size(plan, &plan->inputs[state->input], size, 1);
  loaded->parts[(*count)++] = (StatePart){state->input, state->output, at, size};
}

static void check_state(const Plan *plan, Loaded *loaded) {
  size_t count = 0;
  loaded->parts = allocate(plan->state_count, sizeof *loaded->parts);
  for (int32_t layer = 0; layer < loaded->sizes.layers; layer++) {
    const char *halting;
    int32_t hidden, tensors, kept;
    check(act_layer(loaded->model, layer, &hidden, &tensors), plan->artefact);
    check(act_halting(loaded->model, layer, &halting, &kept), plan->artefact);
    for (int32_t tensor = 0; tensor < tensors; tensor++)
      add_state(plan, loaded, &count, (size_t)hidden);
    if (kept) add_state(plan, loaded, &count, (size_t)kept);
  }
  if (count != plan->state_count) fail(FAIL_ARTEFACT, "the artefact has fewer states");
}

/* Results of `time` time steps, or of one image, to which y has `width` numbers. */
static void check_results(const Plan *plan, const ActSizes *sizes, size_t width, size_t time,
                          int64_t t) {
  static const Dtype dtypes[] = {FLOAT32, INT32, FLOAT32};
  const size_t widths[] = {width, (size_t)sizes->layers, (size_t)sizes->layers};
  for (size_t i = 0; i < 3; i++) {
    expect_dtype(&plan->outputs[i], dtypes[i]);
    expect_size(plan, &plan->outputs[i], widths[i] * time, t);
  }
}

/* Images have one size in all calls: no larger than the model's own. */
static void check_images(const Plan *plan, Loaded *loaded) {
  const ActSizes *sizes = &loaded->sizes;
  const Shape *x = &plan->inputs[0];
  expect_dtype(x, FLOAT32);
  if (x->rank != 4 || x->sizes[1] != sizes->channels || x->sizes[2] < 1 ||
      x->sizes[2] > sizes->height || x->sizes[3] < 1 || x->sizes[3] > sizes->width)
    fail(FAIL_ARTEFACT, "the artefact's %s is of another shape", x->name);
  loaded->height = (int32_t)x->sizes[2];
  loaded->width = (int32_t)x->sizes[3];
  size_t places = (size_t)loaded->height * (size_t)loaded->width;
  loaded->image = (size_t)sizes->channels * places;
  loaded->answer = (size_t)sizes->output_size * (sizes->pooled ? 1 : places);
  check_results(plan, sizes, loaded->answer, 1, 1);
}

/* Data and results, in calls of one time step and of two, which differ where a size is time. */
static void check_tensors(const Plan *plan, const ActSizes *sizes) {
  size_t width = row_width(sizes);
  expect_dtype(&plan->inputs[0], sizes->vocab_size ? INT32 : FLOAT32);
  for (int64_t t = 1; t <= 2; t++) {
    size_t time = per_row(plan, &plan->inputs[0], t) / width;
    expect_size(plan, &plan->inputs[0], width * (time ? time : 1), t);
    check_results(plan, sizes, (size_t)sizes->output_size, time, t);
  }
}

static void find_budget(const Plan *plan, const Slot *inputs, Loaded *loaded) {
  for (size_t i = 0; i < plan->budget_count; i++) {
    const Slot *input = &inputs[plan->budgets[i].input];
    bool threshold = strcmp(input->shape.name, "halt_threshold") == 0;
    if (!threshold && strcmp(input->shape.name, "max_ponder") != 0)
      fail(FAIL_ARTEFACT, "the artefact has no budget %s", input->shape.name);
    expect_dtype(&input->shape, threshold ? FLOAT32 : INT32);
    *(threshold ? &loaded->threshold : &loaded->max_ponder) = input;
  }
}

static Slot *slots_of(const Shape *shapes, size_t count) {
  Slot *slots = allocate(count, sizeof *slots);
  for (size_t i = 0; i < count; i++) slots[i].shape = shapes[i];
  return slots;
}

static void load(Runtime *runtime, Graph *graph, const char *path, const Part *part) {
  const Plan *plan = ((Engine *)runtime->opened)->plan;
  Loaded *loaded = graph->loaded = allocate(1, sizeof *loaded);
  if (part) fail(FAIL_INPUT, "%s: a native artefact has no parts", path);
  check(act_open(path, &loaded->model), path);
  check(act_sizes(loaded->model, &loaded->sizes), path);
  check(act_context_new(loaded->model, &loaded->context), path);
  snprintf(runtime->name, sizeof runtime->name, "act-engine " ACT_ENGINE_VERSION " (%s)",
           act_kernels(loaded->model));
  loaded->state = allocate(loaded->sizes.state_size, sizeof(float));
  check_state(plan, loaded);
  if (loaded->sizes.channels)
    check_images(plan, loaded);
  else
    check_tensors(plan, &loaded->sizes);
  graph->inputs = slots_of(plan->inputs, plan->input_count);
  graph->outputs = slots_of(plan->outputs, plan->output_count);
  graph->input_count = plan->input_count;
  graph->output_count = plan->output_count;
  find_budget(plan, graph->inputs, loaded);
}

static void bind(Runtime *runtime, Graph *graph) {
  const Plan *plan = ((Engine *)runtime->opened)->plan;
  Loaded *loaded = graph->loaded;
  for (size_t i = 0; i < graph->input_count; i++) hold_buffer(&graph->inputs[i]);
  for (size_t i = 0; i < graph->output_count; i++) hold_buffer(&graph->outputs[i]);
  if (loaded->sizes.channels) return;
  loaded->time = graph->inputs[0].bytes / sizeof(float) / plan->batch / row_width(&loaded->sizes);
}

static ActStatus set_budget(const Loaded *loaded) {
  float threshold = loaded->sizes.halt_threshold;
  int32_t max_ponder = loaded->sizes.max_ponder;
  if (!loaded->threshold && !loaded->max_ponder) return ACT_OK;
  if (loaded->threshold) threshold = *(const float *)loaded->threshold->data;
  if (loaded->max_ponder) max_ponder = *(const int32_t *)loaded->max_ponder->data;
  return act_set_budget(loaded->context, threshold, max_ponder);
}

static ActStatus set_state(const Plan *plan, const Graph *graph, size_t row) {
  const Loaded *loaded = graph->loaded;
  for (size_t i = 0; i < plan->state_count; i++) {
    const StatePart *part = &loaded->parts[i];
    const float *from = graph->inputs[part->input].data;
    memcpy(loaded->state + part->at, from + row * part->size, part->size * sizeof *from);
  }
  return act_state_set(loaded->context, loaded->state);
}

static ActStatus get_state(const Plan *plan, const Graph *graph, size_t row) {
  const Loaded *loaded = graph->loaded;
  ActStatus status = act_state_get(loaded->context, loaded->state);
  for (size_t i = 0; i < plan->state_count; i++) {
    const StatePart *part = &loaded->parts[i];
    float *to = graph->outputs[part->output].data;
    memcpy(to + row * part->size, loaded->state + part->at, part->size * sizeof *to);
  }
  return status;
}

static ActStatus run_image(const Graph *graph, size_t row) {
  const Loaded *loaded = graph->loaded;
  const float *x = (const float *)graph->inputs[0].data + row * loaded->image;
  float *y = (float *)graph->outputs[0].data + row * loaded->answer;
  ActStatus status = act_run_image(loaded->context, x, loaded->height, loaded->width, y);
  ((int32_t *)graph->outputs[1].data)[row] = act_ponder_steps(loaded->context, 0);
  ((float *)graph->outputs[2].data)[row] = act_remainder(loaded->context, 0);
  return status;
}

static ActStatus run_row(const Graph *graph, size_t row) {
  const Loaded *loaded = graph->loaded;
  const ActSizes *sizes = &loaded->sizes;
  if (sizes->channels) return run_image(graph, row);
  size_t at = row * loaded->time, layers = (size_t)sizes->layers;
  float *y = (float *)graph->outputs[0].data + at * (size_t)sizes->output_size;
  int32_t *ponder_steps = (int32_t *)graph->outputs[1].data + at * layers;
  float *remainders = (float *)graph->outputs[2].data + at * layers;
  if (sizes->vocab_size)
    return act_run_tokens(loaded->context, (const int32_t *)graph->inputs[0].data + at,
                          loaded->time, y, ponder_steps, remainders);
  return act_run(loaded->context,
                 (const float *)graph->inputs[0].data + at * (size_t)sizes->input_size,
                 loaded->time, y, ponder_steps, remainders);
}

static bool run(Runtime *runtime, Graph *graph) {
  Engine *engine = runtime->opened;
  const Plan *plan = engine->plan;
  engine->status = set_budget(graph->loaded);
  for (size_t row = 0; row < plan->batch && engine->status == ACT_OK; row++) {
    engine->status = set_state(plan, graph, row);
    if (engine->status == ACT_OK) engine->status = run_row(graph, row);
    if (engine->status == ACT_OK) engine->status = get_state(plan, graph, row);
  }
  return engine->status == ACT_OK;
}

static const char *reason(Runtime *runtime) {
  return act_message(((Engine *)runtime->opened)->status);
}

static const char *close_model(Runtime *runtime, Graph *graph) {
  (void)runtime, (void)graph;
  return NULL;
}

Runtime *open_runtime(const Plan *plan, const RuntimeOptions *options) {
  if (strcmp(plan->target, "native") != 0)
    fail(FAIL_LIBRARY, "this act-runner has the native engine alone");
  if (options->library) fail(FAIL_INPUT, "--library: the native engine is in this act-runner");
  if (options->threads != 1) fail(FAIL_INPUT, "--threads: the native engine has one");
  if (options->op_profile) fail(FAIL_LIBRARY, "the native engine writes no profile of operators");
  Engine *engine = allocate(1, sizeof *engine);
  engine->plan = plan;
  Runtime *runtime = allocate(1, sizeof *runtime);
  *runtime = (Runtime){.opened = engine, .load = load, .bind = bind, .run = run, .reason = reason,
                       .close = close_model};
  return runtime;
}
