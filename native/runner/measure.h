/* The timed loop: the data's calls in order, again and again, a row for each. */
#ifndef ACT_MEASURE_H
#define ACT_MEASURE_H

#include "data.h"
#include "model.h"
#include "rows.h"

typedef struct {
  uint64_t warmup;    /* calls before the first that is timed */
  uint64_t min_count; /* timed calls */
  double min_seconds;
  uint64_t from;      /* the call with which the first pass starts */
  bool keep_all;      /* every output in each row, not N and R alone */
  bool mark;          /* for an emulator that counts */
  bool memory;        /* no row is held back: rows are no part of what the runtime needs */
} Settings;

typedef struct {
  uint64_t first_ns, warmup_ns; /* of the very first call, and of all that warm up */
  uint64_t calls, repeats;
} Facts;

uint64_t now(void);

Facts measure(Model *model, const Data *data, Rows *rows, const Settings *settings);

#endif
