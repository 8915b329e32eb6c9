/* Products of GROUP vectors at once; of kernels_body.h, in its terms. */

/* As many of a tile's panels at once as there are registers for GROUP sums of each; of a single register each vector
   has two sums, of columns in turn. */
enum { GROUP_PANELS = PARTS == 1 ? 4 : 1 };

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
#define GROUPED(row, panels, first, count) \
  group_float(matrix, x, start, stride, y, row, panels, first, count, 0)
#define MULTIPLY(row, panels) IN_GROUPS(GROUPED, GROUP_PANELS, row, panels)
  OVER_TILES(MULTIPLY);
#undef MULTIPLY
#undef GROUPED
}

static void group_f16(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y) {
#define GROUPED(row, panels, first, count) \
  group_float(matrix, x, start, stride, y, row, panels, first, count, 1)
#define MULTIPLY(row, panels) IN_GROUPS(GROUPED, GROUP_PANELS, row, panels)
  OVER_TILES(MULTIPLY);
#undef MULTIPLY
#undef GROUPED
}

/* Integers are few bytes a weight: one vector after the other. */
static void group_int8(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y) {
  for (size_t v = 0; v < GROUP; v++) multiply_int8(matrix, x + v, start + v * stride, y + v * matrix->rows);
}

static void group_int4(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y) {
  for (size_t v = 0; v < GROUP; v++) multiply_int4(matrix, x + v, start + v * stride, y + v * matrix->rows);
}
