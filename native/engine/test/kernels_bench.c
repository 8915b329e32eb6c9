/* How near the kernels are to what this processor can do.

   kernels_bench: for every set of kernels, store and H, the time of y = U h of an LSTM, (4 H, H), beside the
   larger of two: to read as many bytes from the same memory, and to do as many multiply-accumulates in
   registers. The least times of one run, taken in turns. What unpacks float16 and int4 is not in the limit.

   kernels_bench KERNELS H STORE: one LSTM ponder step between the marks that native/runner/qemu counts between;
   STORE as in the file, 0 to 3. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "../kernels.h"
#include "../kernels_compiler.h"

static const char *const stores[STORES] = {"float32", "float16", "int8", "int4"};

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* What a set of instructions can do at most, by the instructions themselves: twelve at once that wait for
   none but their own last, so that the time each takes is hidden. */
typedef struct {
  const char *name; /* of the kernels */
  void (*read)(const char *from, size_t bytes);
  void (*multiply_floats)(size_t rounds), (*multiply_bytes)(size_t rounds);
  double floats, bytes; /* multiply-accumulates of a round */
} Processor;

enum { AT_ONCE = 12, READ = 256, LINE = 64, ARENA = 20 << 20 };
#define TWELVE(a, z) \
  a "0" z a "1" z a "2" z a "3" z a "4" z a "5" z a "6" z a "7" z a "8" z a "9" z a "10" z a "11" z
#define ROUNDS(name, instructions, ...)                                                          \
  static void name(size_t rounds) {                                                              \
    for (size_t i = 0; i < rounds; i++) __asm__ volatile(TWELVE instructions : : : __VA_ARGS__); \
  }
#define READER(name, instructions, ...)                            \
  static void name(const char *from, size_t bytes) {               \
    for (const char *end = from + bytes; from < end; from += READ) \
      __asm__ volatile(instructions : : "r"(from) : __VA_ARGS__);  \
  }

#if defined(__x86_64__)
#define CHANGED \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12"
ROUNDS(floats_512, ("vfmadd231ps %%zmm15, %%zmm15, %%zmm", "\n"), CHANGED)
ROUNDS(bytes_512, ("vpdpbusd %%zmm15, %%zmm15, %%zmm", "\n"), CHANGED)
ROUNDS(floats_256, ("vfmadd231ps %%ymm15, %%ymm15, %%ymm", "\n"), CHANGED)
ROUNDS(bytes_256,
       ("vpmaddubsw %%ymm15, %%ymm15, %%ymm12\nvpmaddwd %%ymm15, %%ymm12, %%ymm12\nvpaddd %%ymm12, %%ymm15, "
        "%%ymm",
        "\n"),
       CHANGED)
READER(read_512,
       "vmovups (%0), %%zmm0\nvmovups 64(%0), %%zmm1\nvmovups 128(%0), %%zmm2\nvmovups 192(%0), %%zmm3",
       CHANGED)
READER(read_256,
       "vmovups (%0), %%ymm0\nvmovups 32(%0), %%ymm1\nvmovups 64(%0), %%ymm2\nvmovups 96(%0), %%ymm3\n"
       "vmovups 128(%0), %%ymm0\nvmovups 160(%0), %%ymm1\nvmovups 192(%0), %%ymm2\nvmovups 224(%0), %%ymm3",
       CHANGED)
static const Processor processors[] = {
    {"avx512", read_512, floats_512, bytes_512, AT_ONCE * 16, AT_ONCE * 64},
    {"avx2", read_256, floats_256, bytes_256, AT_ONCE * 8, AT_ONCE * 32},
};
#elif defined(__aarch64__)
#define CHANGED "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12"
ROUNDS(floats_neon, ("fmla v", ".4s, v15.4s, v15.4s\n"), CHANGED)
ROUNDS(bytes_neon, ("smull v12.8h, v15.8b, v15.8b\nsadalp v", ".4s, v12.8h\n"), CHANGED)
BEGIN_TARGET(DOTPROD)
ROUNDS(bytes_neon_dot, ("sdot v", ".4s, v15.16b, v15.16b\n"), CHANGED)
END_TARGET
READER(read_neon,
       "ldp q0, q1, [%0]\nldp q2, q3, [%0, #32]\nldp q0, q1, [%0, #64]\nldp q2, q3, [%0, #96]\n"
       "ldp q0, q1, [%0, #128]\nldp q2, q3, [%0, #160]\nldp q0, q1, [%0, #192]\nldp q2, q3, [%0, #224]",
       CHANGED)
static const Processor processors[] = {
    {"neon-dot", read_neon, floats_neon, bytes_neon_dot, AT_ONCE * 4, AT_ONCE * 16},
    {"neon", read_neon, floats_neon, bytes_neon, AT_ONCE * 4, AT_ONCE * 8},
};
#else
#error "no instructions to compare with"
#endif

/* A recurrent matrix, and all that one ponder step of an LSTM of H units reads and writes. Zeros are as quick as
   other values. */
typedef struct {
  Matrix matrix;
  Vector h;
  float *c, *projection, *gates, *mean, *halting;
  size_t units, bytes;
} Step;

static char *arena; /* of the largest step, at a cache line's start */
static size_t used;

static void *zeros(size_t bytes) {
  void *memory = arena + used;
  used += (bytes + LINE - 1) / LINE * LINE;
  if (used > ARENA) abort();
  return memset(memory, 0, bytes);
}

static float *floats(size_t count) { return zeros(count * sizeof(float)); }

static Step make_step(size_t units, Store store) {
  static const size_t bits[STORES] = {4 * 32, 4 * 16, 4 * 8,
                                      4 * 4 + 2}; /* of four weights, with their scales */
  size_t rows = 4 * units, bytes = rows * units * bits[store] / 32;
  Step step = {.units = units, .bytes = bytes};
  used = 0;
  step.matrix = (Matrix){store,
                         rows,
                         units,
                         zeros(bytes),
                         floats(rows),
                         zeros(rows * sizeof(int32_t)),
                         zeros(rows * units / BLOCK * sizeof(uint16_t))};
  step.h = (Vector){floats(units), zeros(units), zeros(units / BLOCK * sizeof(int32_t)), 0.0f};
  step.c = floats(units), step.mean = floats(2 * units), step.halting = floats(units);
  step.projection = floats(rows), step.gates = floats(rows);
  return step;
}

/* One ponder step but for the halting unit's logistic function: the products, the cell, both means, the halting
   unit's sum, and of integers the next step's input. */
static float ponder(const Kernels *kernels, Step *step) {
  float *h = (float *)step->h.values;
  kernels->multiply[step->matrix.store](&step->matrix, &step->h, step->projection, step->gates);
  kernels->lstm(step->gates, h, step->c, step->units);
  kernels->accumulate(step->mean, h, 0.5f, step->units);
  kernels->accumulate(step->mean + step->units, step->c, 0.5f, step->units);
  if (step->matrix.store >= STORE_INT8) kernels->quantise(&step->h, step->units);
  return kernels->dot(step->halting, h, step->units);
}

static int count_step(const char *name, size_t units, Store store) {
  enum { MARK_BEGIN = 0x41435401, MARK_END = 0x41435402 };
  const Kernels *kernels = actn_find_kernels(name);
  if (!kernels) return 1;
  Step step = make_step(units, store);
  float sum = ponder(kernels, &step);
#ifdef __linux__
  prctl(MARK_BEGIN, 0, 0, 0, 0);
  sum += ponder(kernels, &step);
  prctl(MARK_END, 0, 0, 0, 0);
#endif
  return sum != 0.0f;
}

/* The least time of what is called many times, in turns with others: `least` is kept from turn to turn. */
#define KEEP_LEAST(least, times, call)                   \
  do {                                                   \
    double begin = seconds();                            \
    for (size_t n_ = 0; n_ < (times); n_++) call;        \
    double each = (seconds() - begin) / (double)(times); \
    if (each < (least)) (least) = each;                  \
  } while (0)

static void measure(const Processor *processor, const Kernels *kernels, Store store, size_t units) {
  Step step = make_step(units, store);
  size_t rounds = 20000, times = 1 + (size_t)30e6 / step.bytes;
  double macs = 4.0 * (double)units * (double)units, multiply = 1.0, read = 1.0, peak = 1.0;
  if (store >= STORE_INT8) kernels->quantise(&step.h, units);
  step.h.scale = 1.0f;
  for (int turn = 0; turn < 40; turn++) {
    KEEP_LEAST(multiply, times, kernels->multiply[store](&step.matrix, &step.h, step.projection, step.gates));
    KEEP_LEAST(read, times, processor->read(step.matrix.weights, step.bytes));
    if (store < STORE_INT8)
      KEEP_LEAST(peak, 1, processor->multiply_floats(rounds));
    else
      KEEP_LEAST(peak, 1, processor->multiply_bytes(rounds));
  }
  double round = store < STORE_INT8 ? processor->floats : processor->bytes;
  double compute = macs * peak / ((double)rounds * round), limit = read > compute ? read : compute;
  printf("%-8s %-7s %4zu %8.2f us %6.1f of %6.1f GB/s %7.1f of %7.1f GMAC/s limit %8.2f us ratio %.2f\n",
         kernels->name, stores[store], units, multiply * 1e6, (double)step.bytes / multiply * 1e-9,
         (double)step.bytes / read * 1e-9, macs / multiply * 1e-9, macs / compute * 1e-9, limit * 1e6,
         multiply / limit);
}

int main(int count, char **arguments) {
  char *memory = malloc(ARENA + LINE);
  if (!memory) return 1;
  arena = memory + LINE - (uintptr_t)memory % LINE;
  if (count == 4)
    return count_step(arguments[1], strtoul(arguments[2], NULL, 10), (Store)strtoul(arguments[3], NULL, 10));
  static const size_t sizes[] = {128, 512, 1024};
  for (size_t i = 0; i < sizeof processors / sizeof *processors; i++) {
    const Kernels *kernels = actn_find_kernels(processors[i].name);
    for (Store store = STORE_F32; kernels && store < STORES; store++)
      for (size_t j = 0; j < sizeof sizes / sizeof *sizes; j++)
        measure(&processors[i], kernels, store, sizes[j]);
  }
  return 0;
}
