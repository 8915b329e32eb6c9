/* What is computed by kernels, once for each kind of processor. The layouts are the file's own
   (docs/native-format.md): the same for all. */
#ifndef ACT_KERNELS_H
#define ACT_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

enum {
  PANEL = 16,   /* rows that lie side by side: outputs are padded to a multiple of it */
  TILE = 64,    /* rows whose panels take turns, columns after columns; a matrix's last tile may have fewer */
  QUAD = 4,     /* int8 columns of one dot product */
  OCTET = 8,    /* int8 columns that lie together */
  BLOCK = 32,   /* int4 columns that lie together and share a scale */
  PADDING = 64, /* vectors are zero-padded to a multiple of so many floats: kernels need no tails */
  GROUP = 4     /* vectors that are multiplied at once, where there are several */
};

typedef enum { STORE_F32, STORE_F16, STORE_INT8, STORE_INT4, STORES } Store;

/* y = W x, with W (rows, columns) stored in tiles. */
typedef struct {
  Store store;
  size_t rows;         /* a multiple of PANEL */
  size_t columns;      /* a multiple of OCTET for int8, of BLOCK for int4; padding is zero */
  const void *weights;
  const float *scales;    /* int8: (rows); */
  const int32_t *sums;    /* int8: (rows), of each row's weights */
  const uint16_t *halves; /* int4: of each tile (columns / BLOCK, its rows), scales in half precision */
} Matrix;

/* What a vector is multiplied as; `values` is always there, the rest after quantise(). */
typedef struct {
  const float *values;  /* zero-padded to PADDING */
  int8_t *quantised;    /* the same times 1 / scale, from -127 to 127 */
  int32_t *block_sums;  /* of each BLOCK of `quantised` */
  float scale;
} Vector;

typedef struct {
  const char *name;

  /* Whether this processor can run them. */
  int (*available)(void);

  /* y = start + W x; y and start (rows), which may be the same. */
  void (*multiply[STORES])(const Matrix *matrix, const Vector *x, const float *start, float *y);

  /* The same of GROUP vectors: of x[i] from start + i stride to y + i rows. A weight is read once for all. */
  void (*multiply_group[STORES])(const Matrix *matrix, const Vector *x, const float *start,
                                 size_t stride, float *y);

  /* Dynamic quantisation of x->values: scale = max |x| / 127, nearest, ties to even. `count` is a multiple
     of PADDING. A zero vector has scale 0. */
  void (*quantise)(Vector *x, size_t count);

  /* One row of a table in half precision or single. `count` is a multiple of PANEL. */
  void (*widen)(const uint16_t *halves, float *values, size_t count);

  /* One ponder step's elementwise part; units is a multiple of PANEL, gates lie in blocks of PANEL
     units: [block][gate][PANEL].
     lstm: gates i f g o of x, h and biases together: c = f c + i g, h = o tanh(c).
     gru:  r z n, of which n is U_n h + d_n alone; input_n (units) is W_n x + b_n:
           n = tanh(input_n + r n), h = n + z (h - n). */
  void (*lstm)(const float *gates, float *h, float *c, size_t units);
  void (*gru)(const float *gates, const float *input_n, float *h, size_t units);
  void (*rnn_tanh)(const float *gates, float *h, size_t units);
  void (*rnn_relu)(const float *gates, float *h, size_t units);

  /* mean += weight * state. */
  void (*accumulate)(float *mean, const float *state, float weight, size_t count);

  /* most = max(most, state), where both are numbers. */
  void (*maximum)(float *most, const float *state, size_t count);

  /* Sum of a * b: the halting unit. */
  float (*dot)(const float *a, const float *b, size_t count);
} Kernels;

extern const Kernels actn_kernels_portable, actn_kernels_avx2, actn_kernels_avx512, actn_kernels_neon,
    actn_kernels_neon_dot, actn_kernels_wasm;

/* The fastest that this processor has, or the one of that name; NULL if there is none. */
const Kernels *actn_find_kernels(const char *name);

/* Logistic function of the halting unit, by libm. */
float actn_logistic(float x);

#pragma GCC visibility pop

#endif
