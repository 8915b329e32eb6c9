#include "model.h"

#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "memory.h"

static void link_slots(Copies *copies, const Slot *from, Slot *to) {
  copies->items = grown(copies->items, copies->count, sizeof *copies->items);
  copies->items[copies->count++] = (Copy){from, to};
}

/* Some share a buffer: memmove. */
static void copy_all(const Copies *copies) {
  for (size_t i = 0; i < copies->count; i++)
    memmove(copies->items[i].to->data, copies->items[i].from->data, copies->items[i].to->bytes);
}

static Slot *find_slot(Slot *slots, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(slots[i].shape.name, name) == 0) return &slots[i];
  return NULL;
}

static Slot *need_slot(Slot *slots, size_t count, const char *name, const char *what) {
  Slot *slot = find_slot(slots, count, name);
  if (!slot) fail(FAIL_ARTEFACT, "the artefact has no %s %s", what, name);
  return slot;
}

static void check_slot(const Slot *slot, const Shape *expected) {
  if (slot->shape.dtype != expected->dtype)
    fail(FAIL_ARTEFACT, "the artefact's %s is %s, not %s", slot->shape.name,
         dtype_name(slot->shape.dtype), dtype_name(expected->dtype));
  if (!shape_fits(&slot->shape, expected))
    fail(FAIL_ARTEFACT, "the artefact's %s is of another shape", slot->shape.name);
}

static void check_count(size_t found, size_t planned, const char *what) {
  if (found != planned)
    fail(FAIL_ARTEFACT, "the artefact has %zu %ss, the plan %zu", found, what, planned);
}

/* A repeat's own copy of the value that it follows. */
static void link_cell(Copies *copies, const Slot *from, Slot *cell, const char *name) {
  if (strcmp(cell->shape.name, name) != 0) return;
  cell->shape = from->shape;
  snprintf(cell->shape.name, NAME_SIZE, "%s", name);
  hold_buffer(cell);
  if (cell->bytes != 4) fail(FAIL_ARTEFACT, "%s is not one number: no part repeats by it", name);
  link_slots(copies, from, cell);
}

/* One value goes to every graph that takes it, and to every part that repeats by it. */
static void link_takers(Model *model, Copies *copies, const Slot *from, const char *name) {
  for (size_t i = 0; i < model->step_count; i++) {
    Step *step = &model->steps[i];
    Slot *taker = find_slot(step->graph.inputs, step->graph.input_count, name);
    if (taker) {
      check_slot(taker, &from->shape);
      link_slots(copies, from, taker);
    }
    link_cell(copies, from, &step->progress, name);
    link_cell(copies, from, &step->limit, name);
  }
}

static void set_repeat(Step *step, const Repeat *repeat) {
  step->repeats = true;
  snprintf(step->progress.shape.name, NAME_SIZE, "%s", repeat->progress);
  snprintf(step->limit.shape.name, NAME_SIZE, "%s", repeat->limit_name);
  step->fixed_limit = repeat->limit;
}

static void load_parts(Model *model, const char *path) {
  const Plan *plan = model->plan;
  for (size_t i = 0; i < plan->part_count; i++) {
    const Part *part = &plan->parts[i];
    Graph *graph = &model->steps[i].graph;
    model->runtime->load(model->runtime, graph, path, part);
    check_count(graph->input_count, part->input_count, "part's input");
    check_count(graph->output_count, part->output_count, "part's output");
    for (size_t k = 0; k < part->input_count; k++)
      need_slot(graph->inputs, graph->input_count, part->inputs[k], "part's input");
    for (size_t k = 0; k < part->output_count; k++)
      need_slot(graph->outputs, graph->output_count, part->outputs[k], "part's output");
    if (part->repeats) set_repeat(&model->steps[i], &part->repeat);
  }
}

static void load_whole(Model *model, const char *path) {
  Graph *graph = &model->steps[0].graph;
  model->runtime->load(model->runtime, graph, path, NULL);
  check_count(graph->input_count, model->plan->input_count, "input");
  check_count(graph->output_count, model->plan->output_count, "output");
}

static void link_inputs(Model *model) {
  const Plan *plan = model->plan;
  for (size_t i = 0; i < plan->input_count; i++) {
    Slot *input = &model->inputs[i];
    size_t before = model->feeds.count;
    input->shape = plan->inputs[i];
    link_takers(model, &model->feeds, input, input->shape.name);
    if (model->feeds.count == before)
      fail(FAIL_ARTEFACT, "the artefact has no input %s", input->shape.name);
  }
}

static void link_outputs(Model *model) {
  const Plan *plan = model->plan;
  for (size_t i = 0; i < plan->output_count; i++) {
    const Shape *planned = &plan->outputs[i];
    for (size_t k = model->step_count; k-- && !model->outputs[i];) {
      Graph *graph = &model->steps[k].graph;
      model->outputs[i] = find_slot(graph->outputs, graph->output_count, planned->name);
    }
    if (!model->outputs[i]) fail(FAIL_ARTEFACT, "the artefact has no output %s", planned->name);
    check_slot(model->outputs[i], planned);
  }
}

/* Within a call: from part to part. */
static void link_parts(Model *model) {
  static const char suffix[] = "_out";
  for (size_t i = 0; i < model->step_count; i++) {
    Step *step = &model->steps[i];
    for (size_t k = 0; k < step->graph.output_count; k++) {
      const Slot *output = &step->graph.outputs[k];
      Name name;
      size_t length = strlen(output->shape.name);
      if (length < sizeof suffix || strcmp(output->shape.name + length - 4, suffix) != 0) continue;
      snprintf(name, sizeof name, "%.*s", (int)(length - 4), output->shape.name);
      link_takers(model, &step->copies, output, name);
    }
  }
}

static void check_repeats(const Model *model) {
  for (size_t i = 0; i < model->step_count; i++) {
    const Step *step = &model->steps[i];
    if (step->repeats && (!step->progress.data || (*step->limit.shape.name && !step->limit.data)))
      fail(FAIL_INPUT, "part %s repeats by a value that nothing returns",
           model->plan->parts[i].name);
  }
}

Model *open_model(const Plan *plan, const char *folder, const RuntimeOptions *options) {
  char path[1024];
  int length = snprintf(path, sizeof path, "%s/%s", folder, plan->artefact);
  if (length < 0 || (size_t)length >= sizeof path) fail(FAIL_INPUT, "%s: too long a path", folder);
  Model *model = allocate(1, sizeof *model);
  model->plan = plan;
  model->runtime = open_runtime(plan, options);
  model->step_count = plan->part_count ? plan->part_count : 1;
  model->steps = allocate(model->step_count, sizeof *model->steps);
  model->inputs = allocate(plan->input_count, sizeof *model->inputs);
  model->outputs = allocate(plan->output_count, sizeof *model->outputs);
  if (plan->part_count)
    load_parts(model, path);
  else
    load_whole(model, path);
  link_inputs(model);
  link_outputs(model);
  if (plan->part_count) link_parts(model);
  check_repeats(model);
  return model;
}

static void set_sizes(Slot *slot, const Shape *shape, int64_t time) {
  for (size_t axis = 0; axis < shape->rank; axis++)
    slot->shape.sizes[axis] = shape->sizes[axis] == ANY_SIZE ? time : shape->sizes[axis];
}

void bind_model(Model *model, int64_t time) {
  const Plan *plan = model->plan;
  for (size_t i = 0; i < plan->input_count; i++) {
    set_sizes(&model->inputs[i], &plan->inputs[i], time);
    hold_buffer(&model->inputs[i]);
  }
  for (size_t i = 0; i < model->feeds.count; i++)
    set_sizes(model->feeds.items[i].to, &model->feeds.items[i].from->shape, time);
  for (size_t i = 0; i < plan->output_count; i++)
    set_sizes(model->outputs[i], &plan->outputs[i], time);
  for (size_t i = 0; i < model->step_count; i++)
    model->runtime->bind(model->runtime, &model->steps[i].graph);
}

void feed_model(Model *model) { copy_all(&model->feeds); }

static double value_of(const Slot *slot) {
  return slot->shape.dtype == FLOAT32 ? (double)*(const float *)slot->data
                                      : (double)*(const int32_t *)slot->data;
}

static bool due(const Step *step) {
  return value_of(&step->progress) <
         (step->limit.data ? value_of(&step->limit) : step->fixed_limit);
}

static void fetch(Model *model, Step *step) {
  if (model->runtime->fetch) model->runtime->fetch(model->runtime, &step->graph);
}

bool call_model(Model *model) {
  for (size_t i = 0; i < model->step_count; i++) {
    Step *step = &model->steps[i];
    while (!step->repeats || due(step)) {
      if (!model->runtime->run(model->runtime, &step->graph)) return false;
      if (step->copies.count) {
        fetch(model, step);
        copy_all(&step->copies);
      }
      if (!step->repeats) break;
    }
  }
  return true;
}

void fetch_model(Model *model) {
  for (size_t i = 0; i < model->step_count; i++) fetch(model, &model->steps[i]);
}
