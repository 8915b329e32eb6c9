/* A context: the state of one sequence, and room for a time step. */
#ifndef ACT_CONTEXT_H
#define ACT_CONTEXT_H

#include "model.h"

#ifdef __GNUC__
#pragma GCC visibility push(hidden)
#endif

typedef struct {
  float *state;  /* tensors x width: h, then c; zero past each tensor's hidden units. Or a grid's h */
  size_t floats; /* of it: what a mean of states is taken over, a multiple of PANEL */
  const float *read; /* what the halting unit reads of it */
  Vector h;      /* the first of them, always ready to be multiplied */
  float threshold;
  int32_t limit; /* the most ponder steps */
  int32_t ponder_steps;
  float remainder;
  float carry;      /* what halting has gathered since the time step began */
  float persistent; /* what halting keeps from time step to time step */
  bool backwards; /* from which end U was read last */
} LayerState;

/* A vector for each place of an image, in a frame of zeros: [height + 2][width + 2][channels]. */
typedef struct {
  Vector vector; /* all of it */
  float *values;
  size_t channels;
} Grid;

/* Room for an image. */
typedef struct {
  size_t height, width;
  Grid x, h;
  Grid next;           /* of the ponder step that is being computed; before the first, the features */
  uint32_t *places;    /* those inside the image, from left to right: where in a grid their patches begin */
  size_t count;        /* of these */
  Vector patches[GROUP];
  float *patch_values; /* theirs, one after the other... */
  size_t patch_columns; /* ...so many floats apart */
  float *projection;   /* gates for each of `places`: what x adds to each ponder step */
  float *input_n;      /* units for each: its part in the n gate */
  float *blocks;       /* of GROUP places, gates as cells read them */
  float *group;        /* units for each of them: h */
  float *summary;      /* units, units: the mean of h over `places`, and its maximum */
  float *sum;          /* units: of some places; or, where answers are pooled, the mean as a vector */
  Vector mean;         /* this */
} ImageState;

struct ActContext {
  const ActModel *model;
  const Kernels *kernels;
  Vector input;      /* what the first layer's matrix reads */
  float *features;   /* its values */
  size_t token;      /* or, where the first layer has a table, its row */
  ImageState *image; /* or, in place of all these, what it iterates on */
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

/* An image that has been found finite and small enough -> y. */
void actn_run_image(ActContext *context, const float *x, size_t height, size_t width, float *y);

/* After the layer's h has changed. */
void actn_quantise_h(const ActContext *context, const Layer *layer, LayerState *state);

bool actn_all_finite(const float *values, size_t count);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#endif
