/* act: Adaptive Computation Time (Graves 2016, equations 5 to 13).

       h_n = halting unit    N = first n with h_1 + ... + h_n >= threshold, or limit
       R   = 1 - (h_1 + ... + h_{N-1})
       s   = h_1 s_1 + ... + h_{N-1} s_{N-1} + R s_N

   A halting sum that is NaN, which never reaches a threshold, ends the time step. */
#include <string.h>

#include "halting.h"

/* The carry is the halting sum. */
static bool begin(ActContext *context, const Layer *layer, LayerState *state) {
  (void)layer;
  memset(context->mean, 0, state->floats * sizeof(float));
  state->carry = 0;
  return true;
}

static bool advance(ActContext *context, const Layer *layer, LayerState *state, int32_t n) {
  float halting = halting_unit(context, layer, state);
  float remainder = 1 - state->carry, total = state->carry + halting;
  bool last = !(total < state->threshold) || n == state->limit;
  context->kernels->accumulate(context->mean, state->state, last ? remainder : halting,
                               state->floats);
  state->carry = total;
  state->remainder = remainder;
  return last;
}

static void finish(ActContext *context, const Layer *layer, LayerState *state) {
  (void)layer;
  memcpy(state->state, context->mean, state->floats * sizeof(float));
}

const Halting actn_halting_act = {
    .name = "act", .adaptive = true, .begin = begin, .advance = advance, .finish = finish};
