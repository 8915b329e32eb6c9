/* fixed: always as many ponder steps as the limit says; the last state counts alone. */
#include "halting.h"

static bool begin(ActContext *context, const Layer *layer, LayerState *state) {
  (void)context, (void)layer;
  state->remainder = 1;
  return true;
}

static bool advance(ActContext *context, const Layer *layer, LayerState *state, int32_t n) {
  (void)context, (void)layer;
  return n == state->limit;
}

static void finish(ActContext *context, const Layer *layer, LayerState *state) {
  (void)context, (void)layer, (void)state;
}

const Halting actn_halting_fixed = {
    .name = "fixed", .begin = begin, .advance = advance, .finish = finish};
