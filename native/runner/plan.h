/* plan.txt: what a runner must know of an artefact (docs/profiling-formats.md). */
#ifndef ACT_PLAN_H
#define ACT_PLAN_H

#include "tensor.h"

typedef struct {
  size_t input, output; /* among the plan's inputs and outputs */
  float initial;
} State;

typedef struct {
  size_t input;
  double value;
} Budget;

typedef char Name[NAME_SIZE];

/* The part is called while value `progress` is below the limit. */
typedef struct {
  Name progress;
  Name limit_name; /* empty where the limit is a number */
  double limit;
} Repeat;

/* In host form, one of the graphs that the app calls in order. */
typedef struct {
  Name name;
  Name *inputs, *outputs;
  size_t input_count, output_count;
  bool repeats;
  Repeat repeat;
} Part;

typedef struct {
  Name target;
  char artefact[256];
  size_t batch;
  Shape *inputs, *outputs;
  size_t input_count, output_count;
  State *states;
  size_t state_count;
  Budget *budgets;
  size_t budget_count;
  Part *parts;
  size_t part_count;
} Plan;

/* Ends the program if it is not a whole plan. */
Plan *read_plan(const char *path);

/* How many of the inputs, the first ones, are data: neither state nor budget. */
size_t data_inputs(const Plan *plan);

/* The place of a name among shapes, or `count`. */
size_t find_shape(const Shape *shapes, size_t count, const char *name);

#endif
