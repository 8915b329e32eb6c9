/* Products of GROUP vectors at once; of kernels_body.h, in its terms. A set of kernels that gains by it has also
   defined GROUP_DOT_PAIR, a DOT_PAIR that does not move `from`, and GROUP_INT8_PANELS, how many of a tile's
   panels it has registers for. */

/* As many of a tile's panels at once as there are registers for GROUP sums of each; of a single register each vector
   has two sums, of columns in turn. */
enum { GROUP_PANELS = PARTS == 1 ? 4 : 1 };

/* Runs MULTIPLY(row, panels, first, count) for all panels of `matrix`: those of a tile, `most` at once as long as there
   are so many, then one by one. `count` alone is a constant in each call: the code for a group is long. */
#define OVER_PANELS(MULTIPLY, most)                                                \
  for (size_t row = 0; row < matrix->rows; row += TILE) {                          \
    size_t left = matrix->rows - row;                                              \
    int panels = (int)((left < TILE ? left : TILE) / PANEL), first = 0;            \
    for (; (most) > 1 && first + (most) <= panels; first += (most)) MULTIPLY(row, panels, first, most); \
    for (; first < panels; first++) MULTIPLY(row, panels, first, 1);                                    \
  }

/* A column of `count` panels times its element of each vector:

     for (int v = 0; v < GROUP; v++)
       for (int p = 0; p < count; p++)
         for (int i = 0; i < PANEL; i++)
           sums[v][p + lane % each][i] += weights[p * PANEL + i] * x[v].values[column + lane];
*/
#define GROUP_COLUMN(lane)                                                                              \
  do {                                                                                                  \
    Column w[GROUP_PANELS];                                                                             \
    EACH(p, count) w[p] = next_column(&from, half);                                                     \
    if (panels > count) ADVANCE(from, (size_t)(panels - count) * PANEL * bytes);                                \
    EACH(v, GROUP) EACH(p, count) EACH(q, PARTS)                                                        \
      sums[v][p + (lane) % each].part[q] =                                                               \
          FUSED_INPUT(sums[v][p + (lane) % each].part[q], w[p].part[q], in[v], lane);                   \
  } while (0)

INLINE void group_float(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y,
                        size_t row, int panels, int first, int count, int half) {
  const int each = count * PARTS == 1 ? 2 : 1;
  const size_t columns = matrix->columns, bytes = half ? sizeof(uint16_t) : sizeof(float);
  const size_t group = row + (size_t)first * PANEL;
  const char *from = (const char *)matrix->weights + (row * columns + (size_t)first * PANEL) * bytes;
  Column sums[GROUP][GROUP_PANELS + 1];
  EACH(v, GROUP) EACH(p, count) sums[v][p] = load_column(start + (size_t)v * stride + group + p * PANEL);
  EACH(v, GROUP) EACH(q, PARTS) if (each > 1) sums[v][each - 1].part[q] = spread(0.0f);
  size_t column = 0;
  for (; column + 4 <= columns; column += 4) {
    Inputs in[GROUP];
    EACH(v, GROUP) in[v] = inputs(x[v].values + column);
    GROUP_COLUMN(0);
    GROUP_COLUMN(1);
    GROUP_COLUMN(2);
    GROUP_COLUMN(3);
  }
  for (; column < columns; column++) {
    Inputs in[GROUP];
    EACH(v, GROUP) in[v] = inputs(x[v].values + column);
    GROUP_COLUMN(0);
  }
  EACH(v, GROUP) EACH(q, PARTS) if (each > 1) sums[v][0].part[q] = sums[v][0].part[q] + sums[v][1].part[q];
  EACH(v, GROUP) EACH(p, count) store_column(y + (size_t)v * matrix->rows + group + p * PANEL, sums[v][p]);
}

static void group_f32(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y) {
#define MULTIPLY(row, panels, first, count) \
  group_float(matrix, x, start, stride, y, row, panels, first, count, 0)
  OVER_PANELS(MULTIPLY, GROUP_PANELS);
#undef MULTIPLY
}

static void group_f16(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y) {
#define MULTIPLY(row, panels, first, count) \
  group_float(matrix, x, start, stride, y, row, panels, first, count, 1)
  OVER_PANELS(MULTIPLY, GROUP_PANELS);
#undef MULTIPLY
}

#ifdef GROUP_DOT_PAIR
/* An octet of columns: two quads of `count` panels, with those of each vector. */
#define GROUP_OCTET(quad, next)                                                                      \
  do {                                                                                               \
    EACH(p, count) EACH(v, GROUP) GROUP_DOT_PAIR(sums[v][p], from + p * BYTES, in[v], quad, next); \
    ADVANCE(from, panels * BYTES);                                                                   \
  } while (0)

INLINE void group_quads(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y,
                        size_t row, int panels, int first, int count) {
  enum { BYTES = PANEL * OCTET };
  const size_t octets = matrix->columns / OCTET, group = row + (size_t)first * PANEL;
  const int8_t *from = (const int8_t *)matrix->weights + row * matrix->columns + first * BYTES;
  Sums8 sums[GROUP][GROUP_INT8_PANELS];
  EACH(v, GROUP) EACH(p, count) sums[v][p] = start8(matrix, group + (size_t)p * PANEL);
  Quads8 in[GROUP];
  size_t octet = 0;
  for (; octet + 2 <= octets; octet += 2) {
    EACH(v, GROUP) in[v] = quads8(x[v].quantised + octet * OCTET);
    GROUP_OCTET(0, 1);
    GROUP_OCTET(2, 3);
  }
  if (octet < octets) {
    EACH(v, GROUP) in[v] = quads8(x[v].quantised + octet * OCTET);
    GROUP_OCTET(0, 1);
  }
  EACH(v, GROUP) EACH(p, count) {
    Floats scale = spread(x[v].scale);
    size_t rows = group + (size_t)p * PANEL;
    Column products = from_integers(end8(sums[v][p])), scales = load_column(matrix->scales + rows);
    Column result = load_column(start + (size_t)v * stride + rows);
    EACH(q, PARTS) result.part[q] = fused(products.part[q], scale * scales.part[q], result.part[q]);
    store_column(y + (size_t)v * matrix->rows + rows, result);
  }
}

static void group_int8(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y) {
#define MULTIPLY(row, panels, first, count) group_quads(matrix, x, start, stride, y, row, panels, first, count)
  OVER_PANELS(MULTIPLY, GROUP_INT8_PANELS);
#undef MULTIPLY
}
#else
/* Integers are few bytes a weight: one vector after the other. */
static void group_int8(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y) {
  for (size_t v = 0; v < GROUP; v++) multiply_int8(matrix, x + v, start + v * stride, y + v * matrix->rows);
}
#endif

static void group_int4(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y) {
  for (size_t v = 0; v < GROUP; v++) multiply_int4(matrix, x + v, start + v * stride, y + v * matrix->rows);
}
