/* A context: the state of one sequence, and room for a time step. */
#ifndef ACT_CONTEXT_H
#define ACT_CONTEXT_H

#include "model.h"

#ifdef __GNUC__
#pragma GCC visibility push(hidden)
#endif

typedef struct {
  float *state;  /* tensors x width: h, then c; zero past each tensor's hidden units */
  Vector h;      /* the first of them, always ready to be multiplied */
  float threshold;
  int32_t limit; /* the most ponder steps */
  int32_t ponder_steps;
  float remainder;
  float carry;      /* what halting has gathered since the time step began */
  float persistent; /* what halting keeps from time step to time step */
  bool backwards; /* from which end U was read last */
} LayerState;

struct ActContext {
  const ActModel *model;
  const Kernels *kernels;
  Vector input;      /* what the first layer's matrix reads */
  float *features;   /* its values */
  size_t token;      /* or, where the first layer has a table, its row */
  float *mean;       /* for halting: of a time step's states, as LayerState's `state` */
  float *projection; /* gates: what x adds to each ponder step but the first */
  float *first;      /* gates: what x and the flag add to the first */
  float *input_n, *first_n; /* units: their part in a GRU's n gate, which is not added to U_n h */
  float *gates;
  float *output;
  LayerState layers[];
};

/* Features that have been found finite, or a token that has been found in the vocabulary -> y. */
void actn_step(ActContext *context, const float *x, float *y);
void actn_step_token(ActContext *context, int32_t token, float *y);

/* After the layer's h has changed. */
void actn_quantise_h(const ActContext *context, const Layer *layer, LayerState *state);

bool actn_all_finite(const float *values, size_t count);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#endif
