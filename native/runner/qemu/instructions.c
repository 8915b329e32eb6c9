/* Encodings: Arm A64 instruction set, "Loads and stores", "Data processing - scalar floating-point
   and advanced SIMD". */
#include "instructions.h"

#include <stdbool.h>

static bool is(uint32_t word, uint32_t mask, uint32_t value) { return (word & mask) == value; }

static uint32_t bits(uint32_t word, int low, int count) {
  return word >> low & ((1u << count) - 1);
}

/* 1 loads, -1 stores, 0 neither; a prefetch loads nothing. */
static int memory(uint32_t word) {
  if ((bits(word, 25, 4) & 5) != 4) return 0;
  if (is(word, 0x3b000000, 0x18000000)) return bits(word, 30, 2) == 3 && !bits(word, 26, 1) ? 0 : 1;
  bool exclusive = is(word, 0x3f000000, 0x08000000), pair = is(word, 0x3a000000, 0x28000000);
  bool structure = is(word, 0xbe000000, 0x0c000000);
  if (exclusive || pair || structure) return bits(word, 22, 1) ? 1 : -1;
  uint32_t how = bits(word, 22, 2);
  if (bits(word, 26, 1)) return how & 1 ? 1 : -1; /* of a SIMD register */
  if (is(word, 0x3b200c00, 0x38200000)) return 1; /* atomic: it also stores */
  if (bits(word, 30, 2) == 3 && how == 2) return 0;
  return how ? 1 : -1;
}

/* Multiply-accumulates of 32-bit floats: lanes of FMLA and FMLS, one for FMADD and its kin. */
static uint32_t fp32_macs(uint32_t word) {
  uint32_t lanes = bits(word, 30, 1) ? 4 : 2;
  if (is(word, 0xbf60fc00, 0x0e20cc00)) return lanes; /* vector, by vector */
  if (is(word, 0xbfc0b400, 0x0f801000)) return lanes; /* vector, by element */
  if (is(word, 0xff80b400, 0x5f801000)) return 1;     /* scalar, by element */
  if (is(word, 0xffc00000, 0x1f000000)) return 1;     /* FMADD, FMSUB, FNMADD, FNMSUB */
  return 0;
}

/* Multiply-accumulates of small integers, of which int8 kernels are made. */
static uint32_t int8_macs(uint32_t word) {
  uint32_t lanes = bits(word, 30, 1) ? 4 : 2;
  if (is(word, 0x9fe0fc00, 0x0e809400)) return 4 * lanes; /* SDOT, UDOT */
  if (is(word, 0xbfe0fc00, 0x0e809c00)) return 4 * lanes; /* USDOT */
  if (is(word, 0x9fc0f400, 0x0f80e000)) return 4 * lanes; /* SDOT, UDOT by element */
  if (is(word, 0xbf40f400, 0x0f00f000)) return 4 * lanes; /* SUDOT, USDOT by element */
  if (is(word, 0xdfe0f400, 0x4e80a400)) return 32;        /* SMMLA, UMMLA, USMMLA */
  uint32_t wide = 8u >> bits(word, 22, 2); /* products of 8 bytes, of 4 halves */
  bool narrow = bits(word, 22, 2) < 2;
  bool three = is(word, 0x9f200c00, 0x0e200000), element = is(word, 0x9f000400, 0x0f000000);
  uint32_t operation = bits(word, 12, 4);
  if (three && narrow && (operation == 8 || operation == 10 || operation == 12)) return wide;
  if (element && narrow && (operation == 2 || operation == 6 || operation == 10)) return wide;
  return 0;
}

void add_instruction(Work *work, uint32_t word) {
  int access = memory(word);
  work->instructions++;
  work->loads += access > 0;
  work->stores += access < 0;
  work->fp32_macs += fp32_macs(word);
  work->int8_macs += int8_macs(word);
}
