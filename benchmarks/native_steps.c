/* Calls of act_step() as an app makes them, from C: Python would add as much again. */
#include "act.h"

/* `count` time steps, each from the same state. Returns the last status. */
ActStatus time_steps(ActContext *context, const float *state, const float *x, float *y, long count) {
  ActStatus status = ACT_OK;
  while (count-- > 0 && status == ACT_OK) {
    act_state_set(context, state);
    status = act_step(context, x, y);
  }
  return status;
}

/* `count` sequences of one time step each: x (count, features). Returns the last status. */
ActStatus sequences(ActContext *context, const float *x, long features, float *y, long count) {
  ActStatus status = ACT_OK;
  for (long i = 0; i < count && status == ACT_OK; i++) {
    act_reset(context);
    status = act_step(context, x + i * features, y);
  }
  return status;
}
