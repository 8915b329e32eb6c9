/* pondernet: PonderNet (Banino 2021) without sampling: the time step ends where the CDF of halting,

       F_n = F_{n-1} + lambda_n (1 - F_{n-1}),    lambda_n = halting unit,    F_0 = 0,

   reaches the threshold, or at the limit, and the last state counts alone. A CDF that is NaN ends the time
   step. The remainder is 1 - F_{N-1}. */
#include "halting.h"

/* The carry is the CDF. */
static bool begin(ActContext *context, const Layer *layer, LayerState *state) {
  (void)context, (void)layer;
  state->carry = 0;
  return true;
}

static bool advance(ActContext *context, const Layer *layer, LayerState *state, int32_t n) {
  float lambda = halting_unit(context, layer, state);
  state->remainder = 1 - state->carry;
  state->carry += lambda * state->remainder;
  return !(state->carry < state->threshold) || n == state->limit;
}

static void finish(ActContext *context, const Layer *layer, LayerState *state) {
  (void)context, (void)layer, (void)state;
}

const Halting actn_halting_pondernet = {
    .name = "pondernet", .adaptive = true, .begin = begin, .advance = advance, .finish = finish};
