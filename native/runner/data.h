/* data.bin: the calls in the order in which they are fed (docs/profiling-formats.md). */
#ifndef ACT_DATA_H
#define ACT_DATA_H

#include "plan.h"

typedef struct {
  uint32_t time;
  const uint8_t *fresh; /* a byte a row: whether it starts from the initial state */
  const uint8_t *inputs; /* every data input, in the plan's order */
  const uint8_t *state; /* every state input, or NULL where the call goes on from the last one */
  bool first;           /* of a sequence: nothing of the calls before it is needed */
} Call;

typedef struct {
  Call *calls;
  size_t count;
} Data;

/* Ends the program if the file is not calls of the plan. */
Data read_data(const char *path, const Plan *plan);

#endif
