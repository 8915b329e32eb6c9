/* What all kernels share of quantise(): which scale. */
#ifndef ACT_KERNELS_SCALE_H
#define ACT_KERNELS_SCALE_H

#include <math.h>
#include <string.h>

#include "kernels.h"

#define MAGNITUDE 0x7FFFFFFFu /* all of a float but its sign: ordered as its magnitude, NaN last */

/* Sets x->scale, given the largest magnitude as bits, and returns what to multiply values by to quantise
   them. 0: there is nothing to quantise, and all integers are set to zero. Values below 2^-119 count as zero,
   since 1 / scale must be finite. A NaN or an infinity makes the scale NaN, and so every product. */
static inline float choose_scale(Vector *x, uint32_t largest, size_t count) {
  float most;
  memcpy(&most, &largest, sizeof most);
  int quantisable = most >= 0x1p-119f && most < INFINITY;
  x->scale = quantisable ? most / 127.0f : most < INFINITY ? 0.0f : NAN;
  if (quantisable) return 127.0f / most;
  memset(x->quantised, 0, count * sizeof *x->quantised);
  memset(x->block_sums, 0, count / BLOCK * sizeof *x->block_sums);
  return 0.0f;
}

#endif
