#include "measure.h"

#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "fail.h"
#include "memory.h"

/* What native/runner/qemu_count.c counts between; the kernel knows neither and refuses both. */
enum { MARK_BEGIN = 0x41435401, MARK_END = 0x41435402 };

typedef struct {
  Model *model;
  const Data *data;
  const Settings *settings;
  uint8_t *state; /* as the last call left it, every state input in the plan's order */
  uint32_t time;  /* for which buffers are bound */
  Facts facts;
} Run;

uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static const Shape *state_shape(const Run *run, size_t index) {
  return &run->model->plan->inputs[run->model->plan->states[index].input];
}

static size_t state_bytes(const Run *run) {
  size_t bytes = 0;
  for (size_t i = 0; i < run->model->plan->state_count; i++)
    bytes += shape_bytes(state_shape(run, i), 1);
  return bytes;
}

static void reset_rows(const Run *run, const uint8_t *fresh) {
  const Plan *plan = run->model->plan;
  uint8_t *state = run->state;
  for (size_t i = 0; i < plan->state_count; i++) {
    size_t row = shape_bytes(state_shape(run, i), 1) / plan->batch;
    for (size_t b = 0; b < plan->batch; b++, state += row)
      for (size_t at = 0; fresh[b] && at < row; at += sizeof(float))
        memcpy(state + at, &plan->states[i].initial, sizeof(float));
  }
}

static void feed_state(const Run *run) {
  const uint8_t *state = run->state;
  for (size_t i = 0; i < run->model->plan->state_count; i++) {
    const Slot *input = &run->model->inputs[run->model->plan->states[i].input];
    memcpy(input->data, state, input->bytes);
    state += input->bytes;
  }
}

static void keep_state(const Run *run) {
  uint8_t *state = run->state;
  for (size_t i = 0; i < run->model->plan->state_count; i++) {
    const Slot *output = run->model->outputs[run->model->plan->states[i].output];
    memcpy(state, output->data, output->bytes);
    state += output->bytes;
  }
}

static void set_budget(const Run *run) {
  const Plan *plan = run->model->plan;
  for (size_t i = 0; i < plan->budget_count; i++) {
    const Slot *input = &run->model->inputs[plan->budgets[i].input];
    if (input->shape.dtype == FLOAT32)
      *(float *)input->data = (float)plan->budgets[i].value;
    else
      *(int32_t *)input->data = (int32_t)plan->budgets[i].value;
  }
}

static void prepare(Run *run, const Call *call) {
  if (call->time != run->time) {
    bind_model(run->model, call->time);
    set_budget(run);
    run->time = call->time;
  }
  if (call->state) memcpy(run->state, call->state, state_bytes(run));
  reset_rows(run, call->fresh);
  feed_state(run);
  const uint8_t *from = call->inputs;
  for (size_t i = 0; i < data_inputs(run->model->plan); i++) {
    const Slot *input = &run->model->inputs[i];
    memcpy(input->data, from, input->bytes);
    from += input->bytes;
  }
  feed_model(run->model);
}

/* Returns the nanoseconds that the call took. */
static uint64_t call(Run *run, size_t index, bool mark) {
  prepare(run, &run->data->calls[index]);
  uint64_t start = now();
  if (mark) prctl(MARK_BEGIN, 0, 0, 0, 0);
  bool done = call_model(run->model);
  if (mark) prctl(MARK_END, 0, 0, 0, 0);
  uint64_t end = now();
  if (!done) fail(FAIL_CALL, "call %zu: %s", index, run->model->runtime->reason(run->model->runtime));
  fetch_model(run->model);
  keep_state(run);
  if (!run->facts.first_ns) run->facts.first_ns = end - start;
  return end - start;
}

static void write_row(const Run *run, Rows *rows, size_t index, uint64_t repeat, uint64_t ns) {
  const Slot *y = run->model->outputs[0];
  add_row(rows, index, repeat, ns, run->time, crc32_of(y->data, y->bytes));
  size_t first = run->settings->keep_all ? 0 : 1, end = run->model->plan->output_count;
  for (size_t i = first; i < (run->settings->keep_all ? end : 3); i++)
    add_output(rows, run->model->outputs[i]->data, run->model->outputs[i]->bytes);
}

static void pass(Run *run, Rows *rows, size_t from, uint64_t repeat) {
  for (size_t i = from; i < run->data->count; i++) {
    if (run->data->calls[i].first) flush_rows(rows);
    uint64_t ns = call(run, i, run->settings->mark);
    write_row(run, rows, i, repeat, ns);
    if (run->settings->memory) flush_rows(rows);
  }
  flush_rows(rows);
}

Facts measure(Model *model, const Data *data, Rows *rows, const Settings *settings) {
  Run run = {.model = model, .data = data, .settings = settings};
  Facts *facts = &run.facts;
  run.state = allocate(1, state_bytes(&run));
  for (uint64_t i = 0; i < settings->warmup; i++)
    facts->warmup_ns += call(&run, i % data->count, false);
  uint64_t start = now(), most = (uint64_t)(settings->min_seconds * 1e9);
  size_t from = settings->from;
  do {
    pass(&run, rows, from, facts->repeats++);
    facts->calls += data->count - from;
    from = 0;
  } while (facts->calls < settings->min_count || now() - start < most);
  return *facts;
}
