/* The contract of a halting policy, which decides when a time step ends and what its state is.

   A policy is one file, halting_NAME.c, its declaration below and its entry in halting.c; a time step knows it
   by this alone. For each layer a time step is

       if begin():                                  else N = 0, and the state stays
         for n = 1, 2, ...: update the cell, until advance(n)
       finish()

   The pointers are the arguments of all three: the context for its kernels and scratch, the layer's
   parameters, and the state of the sequence that they change. */
#ifndef ACT_HALTING_H
#define ACT_HALTING_H

#include "context.h"

#ifdef __GNUC__
#pragma GCC visibility push(hidden)
#endif

struct Halting {
  const char *name;
  bool adaptive;  /* N depends on the input, so a budget may change it */
  bool persists;  /* LayerState's `persistent` is part of the sequence's state... */
  float initial;  /* ...and this where a sequence begins */

  /* Before a time step: true if a ponder step is due. */
  bool (*begin)(ActContext *context, const Layer *layer, LayerState *state);

  /* After ponder step n, whose h and c are in `state`: true if it was the last. */
  bool (*advance)(ActContext *context, const Layer *layer, LayerState *state, int32_t n);

  /* After the last ponder step, or where none was due: leave the time step's h and c in `state`, and its
     figure beside N in `remainder`. */
  void (*finish)(ActContext *context, const Layer *layer, LayerState *state);
};

extern const Halting actn_halting_fixed, actn_halting_act, actn_halting_pondernet,
    actn_halting_skip;

/* The layer's halting unit: logistic(w h + b); for images of the mean and the maximum of h. */
static inline float halting_unit(const ActContext *context, const Layer *layer,
                                 const LayerState *state) {
  float sum = context->kernels->dot(layer->halting_weights, state->read, layer->read);
  return actn_logistic(sum + layer->halting_bias);
}

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#endif
