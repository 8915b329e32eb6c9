#include "plan.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "memory.h"

enum { MAX_WORDS = 3 + MAX_RANK, MAX_LINE = 4096 };

/* The line being read, as words. */
typedef struct {
  const char *path;
  FILE *file;
  int number;
  char text[MAX_LINE];
  const char *words[MAX_WORDS];
  size_t count;
} Line;

static _Noreturn void refuse(const Line *line, const char *reason) {
  fail(FAIL_INPUT, "%s:%d: %s", line->path, line->number, reason);
}

/* False at the end of the file. */
static bool next(Line *line) {
  do {
    if (!fgets(line->text, sizeof line->text, line->file)) return false;
    line->number++;
    size_t length = strlen(line->text);
    if (!length || line->text[length - 1] != '\n') refuse(line, "not a whole line");
    line->count = 0;
    char *rest = line->text;
    for (char *word; (word = strtok_r(rest, " \r\n", &rest));) {
      if (line->count == MAX_WORDS) refuse(line, "too many words");
      line->words[line->count++] = word;
    }
  } while (!line->count);
  return true;
}

static bool is(const Line *line, const char *keyword) {
  return strcmp(line->words[0], keyword) == 0;
}

static void expect_words(const Line *line, size_t count) {
  if (line->count != count) refuse(line, "not as many words as there should be");
}

/* The byte that two hexadecimal digits stand for; -1 if they are none. */
static int byte_of(const char *digits) {
  if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1])) return -1;
  return (int)strtol((const char[]){digits[0], digits[1], 0}, NULL, 16);
}

/* A name as it was before its bytes were written as %XX, so that it is one word of a line. Names
   become names of files and of the runtime's tensors. */
static void copy_name(const Line *line, char *name, size_t size, const char *word) {
  size_t length = 0;
  while (*word) {
    int byte = (unsigned char)*word++;
    if (byte == '%') {
      byte = byte_of(word);
      if (byte < 0) refuse(line, "% without two hexadecimal digits");
      word += 2;
    }
    if (byte < ' ' || byte == 127 || byte == '/') refuse(line, "not a name");
    if (length + 1 >= size) refuse(line, "a name is too long");
    name[length++] = (char)byte;
  }
  name[length] = 0;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) refuse(line, "not a name");
}

static double number(const Line *line, const char *word) {
  char *end = NULL;
  double value = strtod(word, &end);
  if (end == word || *end || !isfinite(value)) refuse(line, "not a number");
  return value;
}

static int64_t size(const Line *line, const char *word) {
  char *end = NULL;
  errno = 0;
  long long value = strtoll(word, &end, 10);
  if (end == word || *end || errno || (value < 1 && value != ANY_SIZE))
    refuse(line, "not a size");
  return value;
}

static void read_shape(const Line *line, Shape *shape) {
  if (line->count < 3) refuse(line, "a tensor needs a name and a type");
  copy_name(line, shape->name, sizeof shape->name, line->words[1]);
  if (strcmp(line->words[2], "float32") == 0)
    shape->dtype = FLOAT32;
  else if (strcmp(line->words[2], "int32") == 0)
    shape->dtype = INT32;
  else
    refuse(line, "a tensor is float32 or int32");
  shape->rank = line->count - 3;
  for (size_t axis = 0; axis < shape->rank; axis++)
    shape->sizes[axis] = size(line, line->words[3 + axis]);
  if (!shape_bytes(shape, 1)) refuse(line, "a tensor of more than a gigabyte");
}

static void add_shape(const Line *line, Shape **shapes, size_t *count) {
  Shape shape = {0};
  read_shape(line, &shape);
  if (find_shape(*shapes, *count, shape.name) < *count) refuse(line, "a second tensor of the name");
  *shapes = grown(*shapes, *count, sizeof **shapes);
  (*shapes)[(*count)++] = shape;
}

static size_t find_input(const Line *line, const Plan *plan, const char *name) {
  size_t index = find_shape(plan->inputs, plan->input_count, name);
  if (index == plan->input_count) refuse(line, "no input of the name");
  return index;
}

static void add_state(const Line *line, Plan *plan) {
  expect_words(line, 4);
  State state = {.input = find_input(line, plan, line->words[1]),
                 .output = find_shape(plan->outputs, plan->output_count, line->words[2]),
                 .initial = (float)number(line, line->words[3])};
  if (state.output == plan->output_count) refuse(line, "no output of the name");
  const Shape *input = &plan->inputs[state.input], *output = &plan->outputs[state.output];
  if (input->dtype != FLOAT32 || output->dtype != FLOAT32 || !shape_fits(input, output) ||
      !input->rank || input->sizes[0] != (int64_t)plan->batch ||
      shape_bytes(input, 1) != shape_bytes(input, 2) ||
      shape_bytes(output, 1) != shape_bytes(output, 2))
    refuse(line, "a state's input and output are float32, of one shape, a row for each of the batch");
  plan->states = grown(plan->states, plan->state_count, sizeof *plan->states);
  plan->states[plan->state_count++] = state;
}

static void add_budget(const Line *line, Plan *plan) {
  expect_words(line, 3);
  Budget budget = {.input = find_input(line, plan, line->words[1]),
                   .value = number(line, line->words[2])};
  const Shape *input = &plan->inputs[budget.input];
  if (shape_bytes(input, 2) != 4) refuse(line, "a budget has one element");
  if (input->dtype == INT32 && (budget.value < INT32_MIN || budget.value > INT32_MAX))
    refuse(line, "not an int32");
  plan->budgets = grown(plan->budgets, plan->budget_count, sizeof *plan->budgets);
  plan->budgets[plan->budget_count++] = budget;
}

static void add_part(const Line *line, Plan *plan) {
  expect_words(line, 2);
  Part part = {0};
  copy_name(line, part.name, sizeof part.name, line->words[1]);
  plan->parts = grown(plan->parts, plan->part_count, sizeof *plan->parts);
  plan->parts[plan->part_count++] = part;
}

static Part *current_part(const Line *line, const Plan *plan) {
  if (!plan->part_count) refuse(line, "no part before it");
  return &plan->parts[plan->part_count - 1];
}

static void add_name(const Line *line, Name **names, size_t *count) {
  expect_words(line, 2);
  *names = grown(*names, *count, sizeof **names);
  copy_name(line, (*names)[(*count)++], NAME_SIZE, line->words[1]);
}

static void set_repeat(const Line *line, Part *part) {
  expect_words(line, 3);
  Repeat *repeat = &part->repeat;
  part->repeats = true;
  copy_name(line, repeat->progress, NAME_SIZE, line->words[1]);
  char first = line->words[2][0];
  if (isdigit((unsigned char)first) || first == '-' || first == '.')
    repeat->limit = number(line, line->words[2]);
  else
    copy_name(line, repeat->limit_name, NAME_SIZE, line->words[2]);
}

static void read_item(const Line *line, Plan *plan) {
  if (is(line, "input"))
    add_shape(line, &plan->inputs, &plan->input_count);
  else if (is(line, "output"))
    add_shape(line, &plan->outputs, &plan->output_count);
  else if (is(line, "state"))
    add_state(line, plan);
  else if (is(line, "budget"))
    add_budget(line, plan);
  else if (is(line, "part"))
    add_part(line, plan);
  else if (is(line, "part-input"))
    add_name(line, &current_part(line, plan)->inputs, &current_part(line, plan)->input_count);
  else if (is(line, "part-output"))
    add_name(line, &current_part(line, plan)->outputs, &current_part(line, plan)->output_count);
  else if (is(line, "repeat"))
    set_repeat(line, current_part(line, plan));
  else
    refuse(line, "not a line of a plan");
}

static void read_head(Line *line, Plan *plan) {
  static const char *const keywords[] = {"act-plan", "target", "artefact", "batch"};
  for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
    if (!next(line)) refuse(line, "the plan ends in its head");
    if (!is(line, keywords[i])) fail(FAIL_INPUT, "%s: not a plan of this format", line->path);
    expect_words(line, 2);
    const char *word = line->words[1];
    if (i == 0 && strcmp(word, "1") != 0) refuse(line, "a plan of another version");
    if (i == 1) copy_name(line, plan->target, sizeof plan->target, word);
    if (i == 2) copy_name(line, plan->artefact, sizeof plan->artefact, word);
    if (i == 3) plan->batch = (size_t)size(line, word);
  }
  if (plan->batch < 1 || plan->batch > 1 << 20) refuse(line, "not a batch size");
}

/* What a run needs beyond lines that are well-formed. */
static void check(const Line *line, const Plan *plan) {
  static const char *const needed[] = {"y", "ponder_steps", "remainder"};
  for (size_t i = 0; i < 3; i++)
    if (plan->output_count <= i || strcmp(plan->outputs[i].name, needed[i]) != 0)
      fail(FAIL_INPUT, "%s: output %zu is not %s", line->path, i + 1, needed[i]);
  if (plan->input_count < 1 + plan->state_count + plan->budget_count)
    fail(FAIL_INPUT, "%s: no data input", line->path);
  for (size_t i = 0; i < plan->state_count; i++)
    if (plan->states[i].input < data_inputs(plan))
      fail(FAIL_INPUT, "%s: a state before the data", line->path);
  for (size_t i = 0; i < plan->budget_count; i++)
    if (plan->budgets[i].input < data_inputs(plan))
      fail(FAIL_INPUT, "%s: a budget before the data", line->path);
}

Plan *read_plan(const char *path) {
  Plan *plan = allocate(1, sizeof *plan);
  Line line = {.path = path, .file = fopen(path, "r")};
  if (!line.file) fail(FAIL_INPUT, "%s: %s", path, strerror(errno));
  read_head(&line, plan);
  while (next(&line)) read_item(&line, plan);
  check(&line, plan);
  fclose(line.file);
  return plan;
}

size_t data_inputs(const Plan *plan) {
  return plan->input_count - plan->state_count - plan->budget_count;
}

size_t find_shape(const Shape *shapes, size_t count, const char *name) {
  size_t index = 0;
  while (index < count && strcmp(shapes[index].name, name) != 0) index++;
  return index;
}
