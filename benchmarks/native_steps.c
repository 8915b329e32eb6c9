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
