/* skip: Skip RNN (Campos 2018). The update probability u, 1 where a sequence begins, persists. The cell is
   updated at the time steps where 1 - u < threshold, and else the state stays. Then, with
   d = halting unit of the state,

       u_{t+1} = d                       after an update
       u_{t+1} = u_t + min(d, 1 - u_t)   else.

   The remainder is u_t. A u that is NaN is not due. */
#include "halting.h"

static bool begin(ActContext *context, const Layer *layer, LayerState *state) {
  (void)context, (void)layer;
  state->remainder = state->persistent;
  return 1 - state->persistent < state->threshold;
}

static bool advance(ActContext *context, const Layer *layer, LayerState *state, int32_t n) {
  (void)context, (void)layer;
  return n == state->limit;
}

static void finish(ActContext *context, const Layer *layer, LayerState *state) {
  float d = halting_unit(context, layer, state), left = 1 - state->remainder;
  bool updated = state->ponder_steps > 0;
  state->persistent = updated ? d : state->remainder + (d > left ? left : d);
}

const Halting actn_halting_skip = {.name = "skip",
                                   .adaptive = true,
                                   .persists = true,
                                   .initial = 1,
                                   .begin = begin,
                                   .advance = advance,
                                   .finish = finish};
