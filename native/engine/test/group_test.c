/* Products of GROUP vectors at once, of every set of kernels that this processor has: what its own products of one
   vector are. Memory is of exact size and aligned to 4 bytes only, for sanitizers to see what is read. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kernels.h"

static const char *const names[] = {"portable", "avx2", "avx512", "neon", "neon-dot"};
enum { SETS = sizeof names / sizeof *names };

static int failures;

/* Freed all together: a test takes a few dozen. */
static void *taken[64];
static size_t taken_count;

static void *take(size_t bytes) {
  char *whole = malloc(bytes + 4);
  if (!whole || taken_count == sizeof taken / sizeof *taken) abort();
  taken[taken_count++] = whole;
  return whole + 4;
}

static void give_back(void) {
  while (taken_count) free(taken[--taken_count]);
}

static float random_float(void) { return (float)rand() / (float)RAND_MAX - 0.5f; }

static float *take_floats(size_t count) {
  float *values = take(count * sizeof *values);
  for (size_t i = 0; i < count; i++) values[i] = random_float();
  return values;
}

static int8_t *take_bytes(size_t count) {
  int8_t *bytes = take(count);
  for (size_t i = 0; i < count; i++) bytes[i] = (int8_t)(rand() % 255 - 127);
  return bytes;
}

static Vector take_vector(const Kernels *tested, size_t columns) {
  size_t size = (columns + PADDING - 1) / PADDING * PADDING;
  float *values = take_floats(size);
  memset(values + columns, 0, (size - columns) * sizeof *values);
  Vector vector = {values, take(size), take(size / BLOCK * sizeof(int32_t)), 0};
  tested->quantise(&vector, size);
  return vector;
}

/* A matrix of any weights; half precision from 2^-14 to 2. */
static Matrix take_matrix(Store store, size_t rows, size_t columns) {
  size_t blocks = rows * columns / BLOCK;
  uint16_t *halves = take((store == STORE_F16 ? rows * columns : blocks) * sizeof *halves);
  for (size_t i = 0; i < (store == STORE_F16 ? rows * columns : blocks); i++)
    halves[i] = (uint16_t)(rand() % 0x4000 | (rand() % 2 << 15));
  int32_t *sums = take(rows * sizeof *sums);
  for (size_t i = 0; i < rows; i++) sums[i] = rand() % 999;
  const void *weights = store == STORE_F32   ? (void *)take_floats(rows * columns)
                        : store == STORE_F16 ? (void *)halves
                                             : (void *)take_bytes(rows * columns);
  return (Matrix){store, rows, columns, weights, take_floats(rows), sums, halves};
}

/* A start for each vector, `stride` apart; 0: the same for all. Integers are summed exactly. */
static void check(const Kernels *tested, Store store, size_t rows, size_t columns, size_t stride) {
  Matrix matrix = take_matrix(store, rows, columns);
  float *start = take_floats(stride ? (GROUP - 1) * stride + rows : rows);
  float *y = take_floats(GROUP * rows), *one = take_floats(rows);
  Vector x[GROUP];
  for (size_t i = 0; i < GROUP; i++) x[i] = take_vector(tested, columns);
  tested->multiply_group[store](&matrix, x, start, stride, y);
  float most = store == STORE_F32 || store == STORE_F16 ? 1e-5f : 0.0f;
  for (size_t i = 0; i < GROUP; i++) {
    tested->multiply[store](&matrix, &x[i], start + i * stride, one);
    for (size_t row = 0; row < rows; row++) {
      float got = y[i * rows + row];
      if (fabsf(got - one[row]) <= most * (float)columns || failures++ > 20) continue;
      printf("%s: store %d, %zu x %zu: %.9g instead of %.9g\n", tested->name, (int)store, rows,
             columns, got, one[row]);
    }
  }
  give_back();
}

int main(void) {
  static const size_t panels[] = {1, 2, 3, 4, 5, 6, 7, 8, 11}, columns[] = {1, 2, 3, 4, 9, 27, 64, 90};
  for (int set = 0; set < SETS; set++) {
    const Kernels *tested = actn_find_kernels(names[set]);
    for (size_t i = 0; tested && i < sizeof panels / sizeof *panels; i++)
      for (size_t j = 0; j < sizeof columns / sizeof *columns; j++)
        for (int store = 0; store < STORES; store++) {
          size_t unit = store == STORE_INT8 ? OCTET : store == STORE_INT4 ? BLOCK : 1;
          size_t rows = panels[i] * PANEL, whole = (columns[j] + unit - 1) / unit * unit;
          check(tested, (Store)store, rows, whole, 0);
          check(tested, (Store)store, rows, whole, rows + 16);
        }
    if (tested) printf("%s: done\n", tested->name);
  }
  return failures != 0;
}
