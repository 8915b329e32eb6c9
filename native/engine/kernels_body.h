/* The kernels, written once for all instruction sets. The file that includes this one has defined

   Floats, LANES          a vector of so many floats; + - * / work on it
   load, store, spread    from and to memory of any alignment; one float in all lanes
   fused(a, b, c)         a b + c, rounded once
   larger, smaller(a, b)  lane by lane; b where b is NaN
   power(a)               the lowest bits of each lane as the exponent of a float
   sum_lanes(a)           all lanes together
   Column                 PANEL floats: Floats part[PARTS]
   load_column, load_half_column, from_integers (of Integers, PANEL int32)
   Inputs, inputs(x)      four floats of x, for FUSED_INPUT(sum, weights, inputs, lane)
   Quads, quads(q)        sixteen int8 of x, for what follows
   Sums8                  of a panel's int8 products: start8, DOT_PAIR (of quads), DOT_QUAD, end8
   Sums4                  of a block's int4 products and `offset`: start4, DOT_NIBBLES, end4
   largest_magnitude, quantise_block
   FLOAT_PANELS, HALF_PANELS, INT8_PANELS, INT4_PANELS  how many panels at once, of each store

   Several sums at once keep the multipliers busy while each waits for its last product. Those of several panels
   share what is made of x; those of one panel, of columns in turn, read the weights in the order in which they
   lie, as memory beyond the first cache gives them fastest. */

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

/* Runs TILE(row, panels) for all rows of `matrix`. */
#define OVER_PANELS(TILE, most)                                                  \
  do {                                                                           \
    size_t row = 0, rows = matrix->rows;                                         \
    for (; rows - row >= (most) * PANEL; row += (most) * PANEL) TILE(row, most); \
    if ((most) > 4 && rows - row >= 4 * PANEL) {                                 \
      TILE(row, 4);                                                              \
      row += 4 * PANEL;                                                          \
    }                                                                            \
    if ((most) > 2 && rows - row >= 2 * PANEL) {                                 \
      TILE(row, 2);                                                              \
      row += 2 * PANEL;                                                          \
    }                                                                            \
    if (rows > row) TILE(row, 1);                                                \
  } while (0)

#define MULTIPLY_COLUMN(lane)                                                             \
  EACH(p, panels) {                                                                       \
    Column w = next_column(&from[p], half), *sum = &sums[p * each + (lane) % each];       \
    EACH(q, PARTS) sum->part[q] = FUSED_INPUT(sum->part[q], w.part[q], in, lane);         \
  }

INLINE void multiply_float(const char *weights, size_t columns, const float *x, const float *start, float *y,
                           int half, int panels) {
  enum { SUMS = 4 };
  const int each = SUMS / panels;
  const size_t stride = columns * PANEL * (half ? sizeof(uint16_t) : sizeof(float));
  const char *from[SUMS];
  Column sums[SUMS];
  EACH(k, SUMS) EACH(q, PARTS) sums[k].part[q] = spread(0.0f);
  EACH(p, panels) {
    from[p] = weights + (size_t)p * stride;
    sums[p * each] = load_column(start + p * PANEL);
  }
  size_t column = 0;
  for (; column + 4 <= columns; column += 4) {
    Inputs in = inputs(x + column);
    MULTIPLY_COLUMN(0)
    MULTIPLY_COLUMN(1)
    MULTIPLY_COLUMN(2)
    MULTIPLY_COLUMN(3)
  }
  for (; column < columns; column++) {
    Inputs in = inputs(x + column);
    MULTIPLY_COLUMN(0)
  }
  EACH(p, panels) {
    Column *sum = &sums[p * each];
    EACH(k, each - 1) EACH(q, PARTS) sum->part[q] = sum->part[q] + sum[k + 1].part[q];
    store_column(y + p * PANEL, *sum);
  }
}

static void multiply_f32(const Matrix *matrix, const Vector *x, const float *start, float *y) {
#define TILE(row, panels)                                                                                \
  multiply_float((const char *)matrix->weights + row * matrix->columns * sizeof(float), matrix->columns, \
                 x->values, start + row, y + row, 0, panels)
  OVER_PANELS(TILE, FLOAT_PANELS);
#undef TILE
}

static void multiply_f16(const Matrix *matrix, const Vector *x, const float *start, float *y) {
#define TILE(row, panels)                                                                                   \
  multiply_float((const char *)matrix->weights + row * matrix->columns * sizeof(uint16_t), matrix->columns, \
                 x->values, start + row, y + row, 1, panels)
  OVER_PANELS(TILE, HALF_PANELS);
#undef TILE
}

INLINE void multiply_quads(const Matrix *matrix, const Vector *x, const float *start, float *y, size_t row,
                           int panels) {
  const size_t count = matrix->columns / QUAD;
  const int8_t *from[INT8_PANELS];
  Sums8 sums[INT8_PANELS];
  EACH(p, panels) {
    from[p] = (const int8_t *)matrix->weights + (row + (size_t)p * PANEL) * matrix->columns;
    sums[p] = start8(matrix, row + (size_t)p * PANEL);
  }
  size_t quad = 0;
  for (; quad + 4 <= count; quad += 4) {
    Quads in = quads(x->quantised + quad * QUAD);
    EACH(p, panels) DOT_PAIR(sums[p], from[p], in, 0, 1);
    EACH(p, panels) DOT_PAIR(sums[p], from[p], in, 2, 3);
  }
  for (; quad < count; quad++) {
    Quads in = quads(x->quantised + quad * QUAD);
    EACH(p, panels) DOT_QUAD(sums[p], from[p], in);
  }
  Floats scale = spread(x->scale);
  EACH(p, panels) {
    size_t first = row + (size_t)p * PANEL;
    Column products = from_integers(end8(sums[p])), scales = load_column(matrix->scales + first);
    Column result = load_column(start + first);
    EACH(q, PARTS) result.part[q] = fused(products.part[q], scale * scales.part[q], result.part[q]);
    store_column(y + first, result);
  }
}

static void multiply_int8(const Matrix *matrix, const Vector *x, const float *start, float *y) {
#define TILE(row, panels) multiply_quads(matrix, x, start, y, row, panels)
  OVER_PANELS(TILE, INT8_PANELS);
#undef TILE
}

#define DOT_BLOCK_QUAD(quad) \
  EACH(p, panels) DOT_NIBBLES(sums[p], from[p], low, high, quad);

INLINE void multiply_blocks(const Matrix *matrix, const Vector *x, const float *start, float *y, size_t row,
                            int panels) {
  const size_t count = matrix->columns / BLOCK;
  const uint16_t *halves = matrix->halves + row * count;
  const uint8_t *from[INT4_PANELS];
  Column totals[INT4_PANELS];
  EACH(p, panels) {
    from[p] = (const uint8_t *)matrix->weights + (row + (size_t)p * PANEL) * matrix->columns / 2;
    EACH(q, PARTS) totals[p].part[q] = spread(0.0f);
  }
  for (size_t block = 0; block < count; block++) {
    const int8_t *values = x->quantised + block * BLOCK;
    Quads low = quads(values), high = quads(values + BLOCK / 2);
    Sums4 sums[INT4_PANELS];
    int32_t offset = -8 * x->block_sums[block]; /* nibbles are weights + 8 */
    EACH(p, panels) sums[p] = start4(offset);
    DOT_BLOCK_QUAD(0)
    DOT_BLOCK_QUAD(1)
    DOT_BLOCK_QUAD(2)
    DOT_BLOCK_QUAD(3)
    EACH(p, panels) {
      Column products = from_integers(end4(sums[p], offset));
      Column scales = load_half_column(halves + ((size_t)p * count + block) * PANEL);
      EACH(q, PARTS) totals[p].part[q] = fused(products.part[q], scales.part[q], totals[p].part[q]);
    }
  }
  Floats scale = spread(x->scale);
  EACH(p, panels) {
    size_t first = row + (size_t)p * PANEL;
    Column result = load_column(start + first);
    EACH(q, PARTS) result.part[q] = fused(totals[p].part[q], scale, result.part[q]);
    store_column(y + first, result);
  }
}

static void multiply_int4(const Matrix *matrix, const Vector *x, const float *start, float *y) {
#define TILE(row, panels) multiply_blocks(matrix, x, start, y, row, panels)
  OVER_PANELS(TILE, INT4_PANELS);
#undef TILE
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
