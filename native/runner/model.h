/* The artefact as it is called: one graph, or in host form several that are driven in order.

   Driving is what an app does (act_export/driver.py): each part is called once, but one that
   repeats as long as its progress is below its limit; what a part returns as NAME_out is NAME from
   then on. */
#ifndef ACT_MODEL_H
#define ACT_MODEL_H

#include "plan.h"
#include "runtime.h"

typedef struct {
  const Slot *from;
  Slot *to;
} Copy;

typedef struct {
  Copy *items;
  size_t count;
} Copies;

typedef struct {
  Graph graph;
  Copies copies; /* after each call: what it returned, to those who take it */
  bool repeats;
  Slot progress, limit; /* named as the values that they follow */
  double fixed_limit;   /* where the limit follows none */
} Step;

typedef struct {
  const Plan *plan;
  Runtime *runtime;
  Step *steps;
  size_t step_count;
  Slot *inputs;         /* the plan's, to be filled by the caller */
  Slot **outputs;       /* the plan's, valid after a call */
  Copies feeds;         /* inputs, to those who take them */
} Model;

/* Loads the artefact; ends the program if it is not what the plan says. */
Model *open_model(const Plan *plan, const char *folder, const RuntimeOptions *options);

/* Makes buffers for calls of this many time steps. */
void bind_model(Model *model, int64_t time);

/* Brings what is in `inputs` to the graphs. */
void feed_model(Model *model);

/* All that is timed: the runtime's work and, in host form, the driving. */
bool call_model(Model *model);

/* Brings `outputs` up to date. */
void fetch_model(Model *model);

#endif
