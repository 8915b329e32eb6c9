/* Every kernel in plain C, as simply as it can be said: for processors without kernels of their own, and what
   the others are checked against. */
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "kernels_scale.h"

static int always(void) { return 1; }

static float from_half(uint16_t half) {
  uint32_t sign = (uint32_t)(half >> 15) << 31, exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 0) {
    float tiny = (float)fraction * 0x1p-24f;
    return sign ? -tiny : tiny;
  }
  uint32_t bits = sign | (exponent == 31 ? 255 : exponent + 112) << 23 | fraction << 13;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void widen(const uint16_t *halves, float *values, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = from_half(halves[i]);
}

static size_t rows_of_tile(const Matrix *matrix, size_t first) {
  return matrix->rows - first < TILE ? matrix->rows - first : TILE;
}

static void multiply_f32(const Matrix *matrix, const Vector *x, const float *start, float *y) {
  const float *weights = matrix->weights;
  for (size_t row = 0; row < matrix->rows; row += TILE) {
    float sums[TILE];
    size_t rows = rows_of_tile(matrix, row);
    memcpy(sums, start + row, rows * sizeof *sums);
    for (size_t column = 0; column < matrix->columns; column++, weights += rows)
      for (size_t i = 0; i < rows; i++) sums[i] += weights[i] * x->values[column];
    memcpy(y + row, sums, rows * sizeof *sums);
  }
}

static void multiply_f16(const Matrix *matrix, const Vector *x, const float *start, float *y) {
  const uint16_t *weights = matrix->weights;
  for (size_t row = 0; row < matrix->rows; row += TILE) {
    float sums[TILE], wide[TILE];
    size_t rows = rows_of_tile(matrix, row);
    memcpy(sums, start + row, rows * sizeof *sums);
    for (size_t column = 0; column < matrix->columns; column++, weights += rows) {
      widen(weights, wide, rows);
      for (size_t i = 0; i < rows; i++) sums[i] += wide[i] * x->values[column];
    }
    memcpy(y + row, sums, rows * sizeof *sums);
  }
}

static void multiply_int8(const Matrix *matrix, const Vector *x, const float *start, float *y) {
  const int8_t *weights = matrix->weights;
  for (size_t row = 0; row < matrix->rows; row += TILE) {
    int32_t sums[TILE] = {0};
    size_t rows = rows_of_tile(matrix, row);
    for (size_t column = 0; column < matrix->columns; column += OCTET)
      for (size_t panel = 0; panel < rows; panel += PANEL)
        for (size_t j = column; j < column + OCTET; j += QUAD, weights += PANEL * QUAD)
          for (size_t i = 0; i < PANEL; i++)
            for (size_t k = 0; k < QUAD; k++)
              sums[panel + i] += weights[i * QUAD + k] * x->quantised[j + k];
    for (size_t i = 0; i < rows; i++)
      y[row + i] = start[row + i] + x->scale * matrix->scales[row + i] * (float)sums[i];
  }
}

/* Adds to `sums` the products of a panel's BLOCK of columns. */
static void multiply_block(const uint8_t *weights, const int8_t *x, int32_t *sums) {
  enum { HALF = BLOCK / 2 };
  for (size_t j = 0; j < HALF; j += QUAD, weights += PANEL * QUAD)
    for (size_t i = 0; i < PANEL; i++)
      for (size_t k = 0; k < QUAD; k++) {
        uint8_t pair = weights[i * QUAD + k];
        sums[i] += (pair & 15) * x[j + k] + (pair >> 4) * x[HALF + j + k];
      }
}

static void multiply_int4(const Matrix *matrix, const Vector *x, const float *start, float *y) {
  const uint8_t *weights = matrix->weights;
  const uint16_t *halves = matrix->halves;
  for (size_t row = 0; row < matrix->rows; row += TILE) {
    float totals[TILE] = {0};
    size_t rows = rows_of_tile(matrix, row);
    for (size_t column = 0; column < matrix->columns; column += BLOCK)
      for (size_t panel = 0; panel < rows; panel += PANEL, weights += PANEL * BLOCK / 2, halves += PANEL) {
        int32_t offset = -8 * x->block_sums[column / BLOCK], sums[PANEL] = {0};
        multiply_block(weights, x->quantised + column, sums);
        for (size_t i = 0; i < PANEL; i++)
          totals[panel + i] += from_half(halves[i]) * (float)(sums[i] + offset);
      }
    for (size_t i = 0; i < rows; i++) y[row + i] = start[row + i] + x->scale * totals[i];
  }
}

#define GROUP_OF(multiply, name)                                                                 \
  static void name(const Matrix *matrix, const Vector *x, const float *start, size_t stride, float *y) { \
    for (size_t i = 0; i < GROUP; i++) multiply(matrix, x + i, start + i * stride, y + i * matrix->rows); \
  }
GROUP_OF(multiply_f32, group_f32)
GROUP_OF(multiply_f16, group_f16)
GROUP_OF(multiply_int8, group_int8)
GROUP_OF(multiply_int4, group_int4)

static void quantise(Vector *x, size_t count) {
  uint32_t largest = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &x->values[i], sizeof bits);
    bits &= MAGNITUDE;
    if (bits > largest) largest = bits;
  }
  float inverse = choose_scale(x, largest, count);
  if (inverse == 0.0f) return;
  for (size_t i = 0; i < count; i += BLOCK) {
    int32_t sum = 0;
    for (size_t k = i; k < i + BLOCK; k++) {
      x->quantised[k] = (int8_t)lrintf(x->values[k] * inverse);
      sum += x->quantised[k];
    }
    x->block_sums[i / BLOCK] = sum;
  }
}

static void lstm(const float *gates, float *h, float *c, size_t units) {
  for (size_t unit = 0; unit < units; unit++) {
    const float *gate = gates + unit / PANEL * 4 * PANEL + unit % PANEL;
    float in = actn_logistic(gate[0]), forget = actn_logistic(gate[PANEL]), out = actn_logistic(gate[3 * PANEL]);
    c[unit] = forget * c[unit] + in * tanhf(gate[2 * PANEL]);
    h[unit] = out * tanhf(c[unit]);
  }
}

static void gru(const float *gates, const float *input_n, float *h, size_t units) {
  for (size_t unit = 0; unit < units; unit++) {
    const float *gate = gates + unit / PANEL * 3 * PANEL + unit % PANEL;
    float reset = actn_logistic(gate[0]), update = actn_logistic(gate[PANEL]);
    float n = tanhf(input_n[unit] + reset * gate[2 * PANEL]);
    h[unit] = n + update * (h[unit] - n);
  }
}

static void rnn_tanh(const float *gates, float *h, size_t units) {
  for (size_t unit = 0; unit < units; unit++) h[unit] = tanhf(gates[unit]);
}

/* As torch's, NaN stays NaN. */
static void rnn_relu(const float *gates, float *h, size_t units) {
  for (size_t unit = 0; unit < units; unit++) h[unit] = gates[unit] < 0.0f ? 0.0f : gates[unit];
}

static void accumulate(float *mean, const float *state, float weight, size_t count) {
  for (size_t i = 0; i < count; i++) mean[i] += weight * state[i];
}

static void maximum(float *most, const float *state, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (state[i] > most[i]) most[i] = state[i];
}

static float dot(const float *a, const float *b, size_t count) {
  float lanes[PANEL] = {0}, sum = 0.0f;
  for (size_t i = 0; i < count; i += PANEL)
    for (size_t lane = 0; lane < PANEL; lane++) lanes[lane] += a[i + lane] * b[i + lane];
  for (size_t lane = 0; lane < PANEL; lane++) sum += lanes[lane];
  return sum;
}

const Kernels actn_kernels_portable = {
    .name = "portable",
    .available = always,
    .multiply = {multiply_f32, multiply_f16, multiply_int8, multiply_int4},
    .multiply_group = {group_f32, group_f16, group_int8, group_int4},
    .quantise = quantise,
    .widen = widen,
    .lstm = lstm,
    .gru = gru,
    .rnn_tanh = rnn_tanh,
    .rnn_relu = rnn_relu,
    .accumulate = accumulate,
    .maximum = maximum,
    .dot = dot,
};
