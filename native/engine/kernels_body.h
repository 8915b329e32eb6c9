/* The kernels, written once for all instruction sets: each computes what the function of its name in
   kernels_portable.c does, whose loops are plain. Above each macro is the loop that it stands for, on single
   floats and bytes. The file that includes this one has defined

   Floats, LANES          a vector of so many floats; + - * / work on it
   load, store, spread    from and to memory of any alignment; one float in all lanes
   fused(a, b, c)         a b + c, rounded once
   larger, smaller(a, b)  lane by lane; b where b is NaN
   power(a)               the lowest bits of each lane as the exponent of a float
   sum_lanes(a)           all lanes together
   Column                 PANEL floats: Floats part[PARTS]
   load_column, load_half_column, from_integers (of Integers, PANEL int32)
   Inputs, inputs(x)      four floats of x, for FUSED_INPUT(sum, weights, inputs, lane)
   Sums8                  of a panel's int8 products with Quads8, quads8(q), sixteen of x: start8, DOT_PAIR, end8
   Sums4                  of a block's int4 products with Quads4, quads4(q), and `offset`: start4, DOT_NIBBLES, end4
   largest_magnitude, quantise_block
   FLOAT_SUMS, HALF_SUMS     how many sums at once, 4 or 8
   INT8_PANELS, INT4_PANELS  how many of a tile's panels at once, 1, 2 or 4, for which there are registers

   Several sums at once keep the multipliers busy while each waits for its last product. Those of several panels
   share what is made of x, and a tile is read in the order in which it lies, as memory beyond the first cache
   gives it fastest. */

INLINE void store_column(float *to, Column column) {
  EACH(q, PARTS) store(to + q * LANES, column.part[q]);
}

/* The next PANEL weights, past which it moves `from`. */
INLINE Column next_column(const char **from, int half) {
  Column column = half ? load_half_column((const uint16_t *)(const void *)*from)
                       : load_column((const float *)(const void *)*from);
  ADVANCE(*from, PANEL * (half ? sizeof(uint16_t) : sizeof(float)));
  return column;
}

/* Runs MULTIPLY(row, panels) for all tiles of `matrix`:

     for (size_t row = 0; row < matrix->rows; row += TILE) {
       size_t left = matrix->rows - row;
       MULTIPLY(row, (left < TILE ? left : TILE) / PANEL);
     }

   but with a constant for `panels` in each call, so that loops over panels unroll. */
#define OVER_TILES(MULTIPLY)                                  \
  do {                                                        \
    size_t row = 0, rows = matrix->rows;                      \
    for (; rows - row >= TILE; row += TILE) MULTIPLY(row, 4); \
    switch ((rows - row) / PANEL) {                           \
      case 3: MULTIPLY(row, 3); break;                        \
      case 2: MULTIPLY(row, 2); break;                        \
      case 1: MULTIPLY(row, 1); break;                        \
      default: break;                                         \
    }                                                         \
  } while (0)

/* Runs MULTIPLY(row, panels, first, count) for all of a tile's panels, at most so many at once:

     for (int first = 0; first < panels; first += most) {
       int left = panels - first;
       MULTIPLY(row, panels, first, left < most ? left : most);
     }

   but with constants again. */
#define IN_GROUPS(MULTIPLY, most, row, panels)                                           \
  do {                                                                                   \
    MULTIPLY(row, panels, 0, LESSER(most, panels));                                      \
    if ((panels) > (most)) MULTIPLY(row, panels, most, LESSER(most, (panels) - (most))); \
    if ((panels) > 2 * (most)) MULTIPLY(row, panels, 2 * (most), most);                  \
    if ((panels) > 3 * (most)) MULTIPLY(row, panels, 3 * (most), most);                  \
  } while (0)
#define LESSER(a, b) ((a) < (b) ? (a) : (b))

/* Adds a column of the tile times its element of x. A sum is PANEL floats, and `weights` moves on:

     for (int p = 0; p < panels; p++)
       for (int i = 0; i < PANEL; i++)
         sums[p * each + lane % each][i] += *weights++ * x->values[column + lane];
*/
#define MULTIPLY_COLUMN(lane)                                                     \
  EACH(p, panels) {                                                               \
    Column w = next_column(&from, half), *sum = &sums[p * each + (lane) % each];  \
    EACH(q, PARTS) sum->part[q] = FUSED_INPUT(sum->part[q], w.part[q], in, lane); \
  }

/* Where panels are fewer than sums each has several, of columns in turn. */
INLINE void multiply_float(const Matrix *matrix, const Vector *x, const float *start, float *y, size_t row,
                           int panels, int half) {
  enum { MOST = HALF_SUMS > FLOAT_SUMS ? HALF_SUMS : FLOAT_SUMS };
  const int count = half ? HALF_SUMS : FLOAT_SUMS, each = count / panels;
  const size_t columns = matrix->columns, bytes = half ? sizeof(uint16_t) : sizeof(float);
  const char *from = (const char *)matrix->weights + row * columns * bytes;
  Column sums[MOST];
  EACH(k, count) EACH(q, PARTS) sums[k].part[q] = spread(0.0f);
  EACH(p, panels) sums[p * each] = load_column(start + row + p * PANEL);
  size_t column = 0;
  for (; column + 4 <= columns; column += 4) {
    Inputs in = inputs(x->values + column);
    MULTIPLY_COLUMN(0)
    MULTIPLY_COLUMN(1)
    MULTIPLY_COLUMN(2)
    MULTIPLY_COLUMN(3)
  }
  for (; column < columns; column++) {
    Inputs in = inputs(x->values + column);
    MULTIPLY_COLUMN(0)
  }
  EACH(p, panels) {
    Column *sum = &sums[p * each];
    EACH(k, each - 1) EACH(q, PARTS) sum->part[q] = sum->part[q] + sum[k + 1].part[q];
    store_column(y + row + p * PANEL, *sum);
  }
}

static void multiply_f32(const Matrix *matrix, const Vector *x, const float *start, float *y) {
#define MULTIPLY(row, panels) multiply_float(matrix, x, start, y, row, panels, 0)
  OVER_TILES(MULTIPLY);
#undef MULTIPLY
}

static void multiply_f16(const Matrix *matrix, const Vector *x, const float *start, float *y) {
#define MULTIPLY(row, panels) multiply_float(matrix, x, start, y, row, panels, 1)
  OVER_TILES(MULTIPLY);
#undef MULTIPLY
}

/* `count` of a tile's panels from `first` on, as below. */
INLINE void multiply_quads(const Matrix *matrix, const Vector *x, const float *start, float *y, size_t row,
                           int panels, int first, int count) {
  enum { BYTES = PANEL * OCTET };
  const size_t octets = matrix->columns / OCTET, group = row + (size_t)first * PANEL;
  const int8_t *from = (const int8_t *)matrix->weights + row * matrix->columns + first * BYTES;
  Sums8 sums[INT8_PANELS];
  EACH(p, count) sums[p] = start8(matrix, group + (size_t)p * PANEL);
  size_t octet = 0;
  for (; octet + 2 <= octets; octet += 2) {
    Quads8 in = quads8(x->quantised + octet * OCTET);
    EACH(p, count) DOT_PAIR(sums[p], from, in, 0, 1);
    if (panels > count) ADVANCE(from, (panels - count) * BYTES);
    EACH(p, count) DOT_PAIR(sums[p], from, in, 2, 3);
    if (panels > count) ADVANCE(from, (panels - count) * BYTES);
  }
  if (octet < octets) {
    Quads8 in = quads8(x->quantised + octet * OCTET);
    EACH(p, count) DOT_PAIR(sums[p], from, in, 0, 1);
  }
  Floats scale = spread(x->scale);
  EACH(p, count) {
    size_t rows = group + (size_t)p * PANEL;
    Column products = from_integers(end8(sums[p])), scales = load_column(matrix->scales + rows);
    Column result = load_column(start + rows);
    EACH(q, PARTS) result.part[q] = fused(products.part[q], scale * scales.part[q], result.part[q]);
    store_column(y + rows, result);
  }
}

static void multiply_int8(const Matrix *matrix, const Vector *x, const float *start, float *y) {
#define GROUP(row, panels, first, count) multiply_quads(matrix, x, start, y, row, panels, first, count)
#define MULTIPLY(row, panels) IN_GROUPS(GROUP, INT8_PANELS, row, panels)
  OVER_TILES(MULTIPLY);
#undef MULTIPLY
#undef GROUP
}

INLINE void multiply_blocks(const Matrix *matrix, const Vector *x, const float *start, float *y, size_t row,
                            int panels, int first, int count) {
  enum { BYTES = PANEL * BLOCK / 2 };
  const size_t blocks = matrix->columns / BLOCK, group = row + (size_t)first * PANEL;
  const uint8_t *from = (const uint8_t *)matrix->weights + row * matrix->columns / 2 + first * BYTES;
  const uint16_t *halves = matrix->halves + row * blocks + first * PANEL;
  Column totals[INT4_PANELS];
  EACH(p, count) EACH(q, PARTS) totals[p].part[q] = spread(0.0f);
  for (size_t block = 0; block < blocks; block++, halves += panels * PANEL) {
    const int8_t *values = x->quantised + block * BLOCK;
    Quads4 low = quads4(values), high = quads4(values + BLOCK / 2);
    int32_t offset = -8 * x->block_sums[block]; /* nibbles are weights + 8 */
    EACH(p, count) {
      Sums4 sums = start4(offset);
      DOT_NIBBLES(sums, from, low, high, 0);
      DOT_NIBBLES(sums, from, low, high, 1);
      DOT_NIBBLES(sums, from, low, high, 2);
      DOT_NIBBLES(sums, from, low, high, 3);
      Column products = from_integers(end4(sums, offset));
      Column scales = load_half_column(halves + p * PANEL);
      EACH(q, PARTS) totals[p].part[q] = fused(products.part[q], scales.part[q], totals[p].part[q]);
    }
    if (panels > count) ADVANCE(from, (panels - count) * BYTES);
  }
  Floats scale = spread(x->scale);
  EACH(p, count) {
    size_t rows = group + (size_t)p * PANEL;
    Column result = load_column(start + rows);
    EACH(q, PARTS) result.part[q] = fused(totals[p].part[q], scale, result.part[q]);
    store_column(y + rows, result);
  }
}

static void multiply_int4(const Matrix *matrix, const Vector *x, const float *start, float *y) {
#define GROUP(row, panels, first, count) multiply_blocks(matrix, x, start, y, row, panels, first, count)
#define MULTIPLY(row, panels) IN_GROUPS(GROUP, INT4_PANELS, row, panels)
  OVER_TILES(MULTIPLY);
#undef MULTIPLY
#undef GROUP
}

static void quantise(Vector *x, size_t count) {
  float inverse = choose_scale(x, largest_magnitude(x->values, count), count);
  if (inverse == 0.0f) return;
  for (size_t i = 0; i < count; i += BLOCK)
    x->block_sums[i / BLOCK] = quantise_block(x->values + i, inverse, x->quantised + i);
}

static void widen(const uint16_t *halves, float *values, size_t count) {
  for (size_t i = 0; i < count; i += PANEL) store_column(values + i, load_half_column(halves + i));
}

static void accumulate(float *mean, const float *state, float weight, size_t count) {
  Floats weights = spread(weight);
  for (size_t i = 0; i < count; i += PANEL) {
    Column sum = load_column(mean + i), more = load_column(state + i);
    EACH(q, PARTS) sum.part[q] = fused(weights, more.part[q], sum.part[q]);
    store_column(mean + i, sum);
  }
}

static void maximum(float *most, const float *state, size_t count) {
  for (size_t i = 0; i < count; i += LANES) store(most + i, larger(load(state + i), load(most + i)));
}

static float dot(const float *a, const float *b, size_t count) {
  Column sum;
  EACH(q, PARTS) sum.part[q] = spread(0.0f);
  for (size_t i = 0; i < count; i += PANEL) {
    Column left = load_column(a + i), right = load_column(b + i);
    EACH(q, PARTS) sum.part[q] = fused(left.part[q], right.part[q], sum.part[q]);
  }
  EACH(q, PARTS - 1) sum.part[0] = sum.part[0] + sum.part[q + 1];
  return sum_lanes(sum.part[0]);
}

#include "kernels_gates.h"
#include "kernels_group.h"
