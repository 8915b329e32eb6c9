/* Every set of kernels that this processor has, against the portable one and against double precision.

   kernels_test [STEP]: sigmoid and tanh are checked at every STEP-th float (509 by default; odd, so that all
   low bits occur). Memory is of exact size and aligned to 4 bytes only, for sanitizers to see what is read. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kernels.h"

static const char *const names[] = {"portable", "avx2", "avx512", "neon", "neon-dot", "wasm-simd128"};
enum { SETS = sizeof names / sizeof *names };

static const Kernels *tested;
static int failures;

static void check(int holds, const char *what, double got, double wanted) {
  if (holds) return;
  if (failures++ < 20) printf("%s: %s: %.9g instead of %.9g\n", tested->name, what, got, wanted);
}

static void check_near(const char *what, double got, double wanted, double tolerance) {
  check(isnan(wanted) ? isnan(got) : got == wanted || fabs(got - wanted) <= tolerance, what, got, wanted);
}

static uint32_t random_state = 1;

static uint32_t random_bits(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  return random_state ^= random_state << 5;
}

static int random_from(int least, int most) {
  return least + (int)(random_bits() % (uint32_t)(most - least + 1));
}

static float random_float(float most) { return most * ((float)random_bits() * 0x1p-31f - 1.0f); }

/* Memory aligned to 4 bytes and no more, its end the heap's own. */
typedef struct {
  char *whole;
  void *data;
} Memory;

static Memory take(size_t bytes) {
  char *whole = malloc(bytes + 4);
  if (!whole) abort();
  return (Memory){whole, whole + 4};
}

static Memory take_floats(size_t count, float most) {
  Memory memory = take(count * sizeof(float));
  float *values = memory.data;
  for (size_t i = 0; i < count; i++) values[i] = random_float(most);
  return memory;
}

static size_t padded(size_t count, size_t to) { return (count + to - 1) / to * to; }

/* A vector of `count` random values and zeros up to PADDING. */
typedef struct {
  Memory values, quantised, sums;
  Vector vector;
  size_t size;
} Input;

static Input take_input(size_t count, float most) {
  size_t size = padded(count, PADDING);
  Input input = {take_floats(size, most), take(size), take(size / BLOCK * sizeof(int32_t)), {0}, size};
  memset((float *)input.values.data + count, 0, (size - count) * sizeof(float));
  input.vector = (Vector){input.values.data, input.quantised.data, input.sums.data, 0.0f};
  return input;
}

static void give_back(Input *input) {
  free(input->values.whole);
  free(input->quantised.whole);
  free(input->sums.whole);
}

/* Where a matrix's weight lies. */
static size_t place(size_t rows, size_t columns, size_t row, size_t column) {
  size_t first = row / TILE * TILE, of_tile = rows - first < TILE ? rows - first : TILE;
  return first * columns + column * of_tile + row - first;
}

/* Which row an int8 weight is of. */
static size_t row_of(size_t rows, size_t columns, size_t at) {
  size_t first = at / (TILE * columns) * TILE, of_tile = rows - first < TILE ? rows - first : TILE;
  size_t within = (at - first * columns) % (of_tile * OCTET);
  return first + within / (PANEL * OCTET) * PANEL + within / QUAD % PANEL;
}

static void check_floats(size_t rows, size_t columns) {
  Memory weights = take_floats(rows * columns, 1.0f), halves = take(rows * columns * sizeof(uint16_t));
  Memory start = take_floats(rows, 1.0f), y = take(rows * sizeof(float)),
         wide = take(rows * columns * sizeof(float));
  Input x = take_input(columns, 2.0f);
  for (size_t i = 0; i < rows * columns; i++)
    ((uint16_t *)halves.data)[i] = (uint16_t)(random_bits() % 0x4000 | (random_bits() & 0x8000));
  actn_kernels_portable.widen(halves.data, wide.data, rows * columns);
  for (Store store = STORE_F32; store <= STORE_F16; store++) {
    const float *exact = store == STORE_F32 ? weights.data : wide.data;
    Matrix matrix = {store, rows, columns, store == STORE_F32 ? weights.data : halves.data, NULL, NULL, NULL};
    tested->multiply[store](&matrix, &x.vector, start.data, y.data);
    for (size_t row = 0; row < rows; row++) {
      double wanted = ((float *)start.data)[row], all = fabs(wanted);
      for (size_t column = 0; column < columns; column++) {
        double product = (double)exact[place(rows, columns, row, column)] *
                         (double)x.vector.values[column];
        wanted += product;
        all += fabs(product);
      }
      check_near("multiply floats", ((float *)y.data)[row], wanted, all * 1e-6);
    }
    /* In place. */
    memcpy(wide.data, start.data, rows * sizeof(float));
    if (store == STORE_F32) {
      tested->multiply[store](&matrix, &x.vector, wide.data, wide.data);
      check(memcmp(wide.data, y.data, rows * sizeof(float)) == 0, "multiply in place", 0, 0);
      actn_kernels_portable.widen(halves.data, wide.data, rows * columns);
    }
  }
  free(weights.whole), free(halves.whole), free(start.whole), free(y.whole), free(wide.whole);
  give_back(&x);
}

/* Weights: any, the largest only, or of a file that does not keep to -127, whose products are any integers: of these
   is seen only that nothing else happens. */
enum { ANY, EXTREME, OUTSIDE };

static int8_t random_weight(int kind) {
  return (int8_t)(kind == ANY       ? random_from(-127, 127)
                  : kind == OUTSIDE ? -128
                                    : random_from(0, 1) * 254 - 127);
}

/* With scales that are powers of 2 nothing depends on how it is rounded: the same numbers from all. */
static void check_integers(size_t rows, size_t columns, int kind, float scale) {
  Input x = take_input(columns, 1.0f);
  Memory scales = take(rows * sizeof(float)), sums = take(rows * sizeof(int32_t)),
         weights = take(rows * columns);
  Memory halves = take(rows * padded(columns, BLOCK) / BLOCK * sizeof(uint16_t)),
         start = take(rows * sizeof(float));
  Memory y = take(rows * sizeof(float)), wanted = take(rows * sizeof(float));
  Memory nibbles = take(rows * padded(columns, BLOCK) / 2);
  actn_kernels_portable.quantise(&x.vector, x.size);
  for (size_t i = 0; i < columns; i++)
    if (kind != ANY) x.vector.quantised[i] = (int8_t)(kind == OUTSIDE ? -127 : random_from(0, 1) * 254 - 127);
  for (size_t i = 0; i < x.size; i++) {
    if (i % BLOCK == 0) x.vector.block_sums[i / BLOCK] = 0;
    x.vector.block_sums[i / BLOCK] += x.vector.quantised[i];
  }
  x.vector.scale = scale;
  memset(sums.data, 0, rows * sizeof(int32_t));
  for (size_t i = 0; i < rows * columns; i++) {
    int8_t weight = random_weight(kind);
    ((int8_t *)weights.data)[i] = weight;
    ((int32_t *)sums.data)[row_of(rows, columns, i)] += weight;
  }
  for (size_t i = 0; i < rows * padded(columns, BLOCK) / 2; i++)
    ((uint8_t *)nibbles.data)[i] = (uint8_t)(kind == ANY       ? random_bits()
                                             : kind == OUTSIDE ? 255
                                                               : random_bits() % 2 * 255);
  for (size_t i = 0; i < rows * padded(columns, BLOCK) / BLOCK; i++) ((uint16_t *)halves.data)[i] = (uint16_t)(random_from(14, 17) << 10); /* 1/2 to 4 */
  for (size_t i = 0; i < rows; i++) {
    ((float *)scales.data)[i] = ldexpf(1.0f, random_from(-3, 3));
    ((float *)start.data)[i] = (float)random_from(-9, 9);
  }
  const Matrix matrices[] = {
      {STORE_INT8, rows, columns, weights.data, scales.data, sums.data, NULL},
      {STORE_INT4, rows, padded(columns, BLOCK), nibbles.data, NULL, NULL, halves.data},
  };
  for (int m = 0; m < 2; m++) {
    const Matrix *matrix = &matrices[m];
    actn_kernels_portable.multiply[matrix->store](matrix, &x.vector, start.data, wanted.data);
    tested->multiply[matrix->store](matrix, &x.vector, start.data, y.data);
    for (size_t i = 0; i < rows && kind != OUTSIDE; i++)
      check_near(m ? "multiply int4" : "multiply int8", ((float *)y.data)[i], ((float *)wanted.data)[i], 0.0);
  }
  free(scales.whole), free(sums.whole), free(weights.whole), free(halves.whole), free(start.whole);
  free(y.whole), free(wanted.whole), free(nibbles.whole);
  give_back(&x);
}

static void check_products(void) {
  static const size_t panels[] = {1, 2, 3, 4, 5, 7, 8, 15, 24},
                      columns[] = {1, 2, 3, 4, 5, 8, 31, 64, 65, 200};
  for (size_t i = 0; i < sizeof panels / sizeof *panels; i++)
    for (size_t j = 0; j < sizeof columns / sizeof *columns; j++) {
      size_t rows = panels[i] * PANEL, octets = padded(columns[j], OCTET);
      check_floats(rows, columns[j]);
      check_integers(rows, octets, ANY, 1.0f);
      check_integers(rows, octets, EXTREME, 1.0f);
      check_integers(rows, octets, OUTSIDE, 1.0f);
    }
  check_integers(PANEL, 65536, EXTREME, 1.0f); /* the most columns that the file's reader takes */
  check_integers(PANEL, 64, ANY, NAN);
}

/* The same integers from all, whatever the values. */
static void check_quantise(void) {
  static const float specials[] = {0.0f,    -0.0f, 1e-45f, 0x1p-126f, 0x1p-119f, 0x0.fffffep-119f,
                                   3.4e38f, 1.0f,  127.0f, INFINITY,  -INFINITY, NAN};
  for (int trial = 0; trial < 300; trial++) {
    size_t size = (size_t)random_from(1, 4) * PADDING;
    Input one = take_input(size, ldexpf(1.0f, random_from(-130, 127))), two = take_input(size, 0.0f);
    float *values = one.values.data;
    if (trial % 3 == 1) /* ties: halves beside a largest of 127 */
      for (size_t i = 0; i < size; i++) values[i] = i ? (float)random_from(-253, 253) * 0.5f : -127.0f;
    if (trial % 3 == 2)
      values[random_bits() % size] = specials[random_bits() % (sizeof specials / sizeof *specials)];
    if (trial % 30 == 29) memset(values, 0, size * sizeof(float));
    memcpy(two.values.data, values, size * sizeof(float));
    actn_kernels_portable.quantise(&one.vector, size);
    tested->quantise(&two.vector, size);
    check_near("scale", two.vector.scale, one.vector.scale, 0.0);
    for (size_t i = 0; i < size; i++)
      check(one.vector.quantised[i] == two.vector.quantised[i], "quantise", two.vector.quantised[i],
            one.vector.quantised[i]);
    for (size_t i = 0; i < size / BLOCK; i++)
      check(one.vector.block_sums[i] == two.vector.block_sums[i], "block sums", two.vector.block_sums[i],
            one.vector.block_sums[i]);
    for (size_t i = 0; i < size && isfinite(one.vector.scale); i++)
      check_near("quantised", (double)two.vector.scale * two.vector.quantised[i], values[i],
                 one.vector.scale * 0.5001 + 0x1p-119);
    give_back(&one), give_back(&two);
  }
}

static void check_widen(void) {
  enum { HALVES = 1 << 16 };
  Memory halves = take(HALVES * sizeof(uint16_t)), wide = take(HALVES * sizeof(float));
  for (int i = 0; i < HALVES; i++) ((uint16_t *)halves.data)[i] = (uint16_t)i;
  tested->widen(halves.data, wide.data, HALVES);
  for (int i = 0; i < HALVES; i++) {
    double magnitude = (i >> 10 & 31) == 31  ? (i & 1023 ? NAN : INFINITY)
                       : (i >> 10 & 31) == 0 ? ldexp(i & 1023, -24)
                                             : ldexp(1024 + (i & 1023), (i >> 10 & 31) - 25);
    check_near("widen", ((float *)wide.data)[i], i >> 15 ? -magnitude : magnitude, 0.0);
  }
  free(halves.whole), free(wide.whole);
}

/* The largest errors of both functions; NaN and infinities come with the end of the floats' own order. */
static void check_functions(uint32_t step) {
  float values[PANEL], tanhs[PANEL], states[PANEL], sigmoids[PANEL], gates[4 * PANEL];
  double worst_tanh = 0.0, worst_sigmoid = 0.0;
  static const float specials[PANEL] = {0.0f,    -0.0f,    INFINITY, -INFINITY, NAN,   -NAN,
                                        3.4e38f, -3.4e38f, 1e-45f,   -1e-45f,   87.0f, -87.0f,
                                        88.5f,   -88.5f,   9.0f,     -9.0f};
  for (uint64_t first = 0; first < (uint64_t)1 << 32; first += (uint64_t)step * PANEL) {
    for (uint32_t i = 0; i < PANEL; i++) {
      uint32_t bits = (uint32_t)first + i * step;
      memcpy(&values[i], &bits, sizeof bits);
      if (first == 0) values[i] = specials[i];
      states[i] = 1.0f;
      gates[i] = gates[2 * PANEL + i] = gates[3 * PANEL + i] = 0.0f;
      gates[PANEL + i] = values[i];
    }
    tested->rnn_tanh(values, tanhs, PANEL);
    tested->lstm(gates, sigmoids, states, PANEL); /* a state of 1, forgotten */
    for (int i = 0; i < PANEL; i++) {
      check_near("tanh", tanhs[i], tanh(values[i]), 1.5e-7);
      check_near("sigmoid", states[i], 1.0 / (1.0 + exp(-values[i])), 1.2e-7);
      worst_tanh = fmax(worst_tanh, fabs(tanhs[i] - tanh(values[i])));
      worst_sigmoid = fmax(worst_sigmoid, fabs(states[i] - 1.0 / (1.0 + exp(-values[i]))));
    }
    if (first == 0) {
      check_near("sigmoid of 0", states[0], 0.5, 0.0);
      check_near("tanh of 0", tanhs[0], 0.0, 0.0);
      check_near("sigmoid of inf", states[2], 1.0, 0.0);
      check_near("sigmoid of -inf", states[3], 0.0, 1e-37);
      check_near("tanh of inf", tanhs[2], 1.0, 0.0);
      check_near("tanh of -inf", tanhs[3], -1.0, 0.0);
    }
  }
  printf("%s: largest error of sigmoid %.3g, of tanh %.3g\n", tested->name, worst_sigmoid, worst_tanh);
}

/* One ponder step of random gates, now and then not finite. */
static void check_cells(void) {
  enum { GATES = 4 };
  for (int trial = 0; trial < 200; trial++) {
    size_t units = (size_t)random_from(1, 9) * PANEL;
    Memory gates = take_floats(GATES * units, trial % 4 ? 4.0f : 120.0f), input = take_floats(units, 4.0f);
    static const float specials[] = {NAN, INFINITY, -INFINITY, 3e38f, 0.0f};
    if (trial % 2) ((float *)gates.data)[random_bits() % (GATES * units)] = specials[random_bits() % 5];
    for (int cell = 0; cell < 4; cell++) {
      Memory h = take_floats(units, 1.0f), c = take_floats(units, 8.0f);
      Memory wanted_h = take(units * sizeof(float)), wanted_c = take(units * sizeof(float));
      memcpy(wanted_h.data, h.data, units * sizeof(float));
      memcpy(wanted_c.data, c.data, units * sizeof(float));
      const Kernels *both[] = {&actn_kernels_portable, tested};
      for (int k = 0; k < 2; k++) {
        float *to_h = k ? h.data : wanted_h.data, *to_c = k ? c.data : wanted_c.data;
        if (cell == 0) both[k]->lstm(gates.data, to_h, to_c, units);
        if (cell == 1) both[k]->gru(gates.data, input.data, to_h, units);
        if (cell == 2) both[k]->rnn_tanh(gates.data, to_h, units);
        if (cell == 3) both[k]->rnn_relu(gates.data, to_h, units);
      }
      for (size_t i = 0; i < units; i++) {
        check_near("state h", ((float *)h.data)[i], ((float *)wanted_h.data)[i], 3e-6);
        check_near("state c", ((float *)c.data)[i], ((float *)wanted_c.data)[i], 3e-6);
      }
      free(h.whole), free(c.whole), free(wanted_h.whole), free(wanted_c.whole);
    }
    free(gates.whole), free(input.whole);
  }
}

static void check_sums(void) {
  for (size_t count = PANEL; count <= 20 * PANEL; count += PANEL) {
    Memory a = take_floats(count, 1.0f), b = take_floats(count, 1.0f);
    double wanted = 0.0;
    for (size_t i = 0; i < count; i++) wanted += (double)((float *)a.data)[i] * (double)((float *)b.data)[i];
    check_near("dot", tested->dot(a.data, b.data, count), wanted, 1e-6 * (double)count);
    Memory mean = take_floats(count, 1.0f), before = take(count * sizeof(float));
    memcpy(before.data, mean.data, count * sizeof(float));
    tested->accumulate(mean.data, a.data, 0.3f, count);
    for (size_t i = 0; i < count; i++)
      check_near("accumulate", ((float *)mean.data)[i],
                 ((float *)before.data)[i] + (double)0.3f * (double)((float *)a.data)[i], 2e-7);
    memcpy(mean.data, before.data, count * sizeof(float));
    tested->maximum(mean.data, a.data, count);
    for (size_t i = 0; i < count; i++)
      check_near("maximum", ((float *)mean.data)[i], fmaxf(((float *)before.data)[i], ((float *)a.data)[i]), 0.0);
    ((float *)a.data)[count - 1] = NAN;
    check_near("dot of NaN", tested->dot(a.data, b.data, count), NAN, 0.0);
    free(a.whole), free(b.whole), free(mean.whole), free(before.whole);
  }
}

int main(int count, char **arguments) {
  uint32_t step = count > 1 ? (uint32_t)strtoul(arguments[1], NULL, 10) : 509;
  for (int i = 0; i < SETS; i++) {
    tested = actn_find_kernels(names[i]);
    if (!tested) continue;
    check_products();
    check_quantise();
    check_widen();
    check_functions(step);
    check_cells();
    check_sums();
  }
  tested = actn_find_kernels(NULL);
  printf("fastest: %s\n", tested->name);
  check(!actn_find_kernels("none"), "kernels of no name", 0, 0);
  if (failures) printf("%d checks failed\n", failures);
  return failures != 0;
}
