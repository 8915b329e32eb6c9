/* WebAssembly SIMD128: four vectors are a panel; products of bytes have 16 bits and are added in pairs. */
#include "kernels.h"

#ifdef __wasm_simd128__
#include <wasm_simd128.h>

#include "kernels_compiler.h"
#include "kernels_scale.h"

enum {
  LANES = 4,
  PARTS = PANEL / LANES,
  HALVES = 2 * PARTS,
  FLOAT_SUMS = 4,
  HALF_SUMS = 4,
  INT8_PANELS = 1,
  INT4_PANELS = 1
};
typedef float Floats __attribute__((vector_size(16)));
typedef struct {
  Floats part[PARTS];
} Column;
typedef struct {
  v128_t part[PARTS];
} Integers;

#define ADVANCE(pointer, bytes) ((pointer) += (bytes))
INLINE Floats load(const float *from) { return (Floats)wasm_v128_load(from); }
INLINE void store(float *to, Floats value) { wasm_v128_store(to, (v128_t)value); }
INLINE Floats spread(float value) { return (Floats)wasm_f32x4_splat(value); }
/* Rounded twice: SIMD128 has no fused multiply-add. */
INLINE Floats fused(Floats a, Floats b, Floats c) { return a * b + c; }
/* pmax(b, a) is b < a ? a : b, and pmin likewise: b where either is NaN. */
INLINE Floats larger(Floats a, Floats b) { return (Floats)wasm_f32x4_pmax((v128_t)b, (v128_t)a); }
INLINE Floats smaller(Floats a, Floats b) { return (Floats)wasm_f32x4_pmin((v128_t)b, (v128_t)a); }
INLINE Floats power(Floats a) { return (Floats)wasm_i32x4_shl((v128_t)a, 23); }
INLINE float sum_lanes(Floats a) { return (a[0] + a[1]) + (a[2] + a[3]); }
INLINE Column load_column(const float *from) {
  return (Column){{load(from), load(from + 4), load(from + 8), load(from + 12)}};
}
/* Half precision's exponent and fraction lie 13 bits lower than a float's, and its exponent is 112 less: the
   product with 2^112 is exact, subnormals included. Infinities and NaNs get a float's largest exponent. */
INLINE Floats to_floats(v128_t halves) {
  v128_t sign = wasm_i32x4_shl(wasm_v128_and(halves, wasm_i32x4_splat(0x8000)), 16);
  v128_t rest = wasm_v128_and(halves, wasm_i32x4_splat(0x7FFF));
  v128_t value = wasm_f32x4_mul(wasm_i32x4_shl(rest, 13), wasm_f32x4_splat(0x1p112f));
  v128_t not_finite = wasm_i32x4_gt(rest, wasm_i32x4_splat(0x7BFF));
  v128_t exponent = wasm_v128_and(not_finite, wasm_i32x4_splat(0x7F800000));
  return (Floats)wasm_v128_or(wasm_v128_or(value, exponent), sign);
}
INLINE Column load_half_column(const uint16_t *from) {
  v128_t a = wasm_v128_load(from), b = wasm_v128_load(from + 8);
  return (Column){{to_floats(wasm_u32x4_extend_low_u16x8(a)), to_floats(wasm_u32x4_extend_high_u16x8(a)),
                   to_floats(wasm_u32x4_extend_low_u16x8(b)), to_floats(wasm_u32x4_extend_high_u16x8(b))}};
}
INLINE Column from_integers(Integers integers) {
  Column column;
  EACH(q, PARTS) column.part[q] = (Floats)wasm_f32x4_convert_i32x4(integers.part[q]);
  return column;
}

typedef const float *Inputs;
INLINE Inputs inputs(const float *x) { return x; }
/* for (int i = 0; i < LANES; i++) sum[i] += weights[i] * inputs[lane]; */
#define FUSED_INPUT(sum, weights, inputs, lane) \
  fused((Floats)wasm_v128_load32_splat((inputs) + (lane)), weights, sum)

typedef const int8_t *Quads8, *Quads4;
INLINE Quads8 quads8(const int8_t *q) { return q; }
INLINE Quads4 quads4(const int8_t *q) { return q; }
INLINE v128_t spread_quad(const int8_t *in, int quad) { return wasm_v128_load32_splat(in + quad * QUAD); }

/* int32: two of each row. */
typedef struct {
  v128_t part[HALVES];
} Sums8;

INLINE Sums8 start8(const Matrix *matrix, size_t row) {
  (void)matrix, (void)row;
  Sums8 sums;
  EACH(q, HALVES) sums.part[q] = wasm_i32x4_splat(0);
  return sums;
}
/* 16 bits hold two products: 2 * 127 * 128. Bytes are multiplied as they are, not widened to 16 bits for
   i32x4.dot_i16x8, since arm64 has extmul as one instruction, and the sum in pairs with its addition as one. */
INLINE Sums8 dot_pair(Sums8 sums, const int8_t *w, v128_t x, v128_t next_x) {
  EACH(q, PARTS) {
    v128_t a = wasm_v128_load(w + 16 * q), b = wasm_v128_load(w + PANEL * QUAD + 16 * q);
    v128_t low = wasm_i16x8_add(wasm_i16x8_extmul_low_i8x16(a, x), wasm_i16x8_extmul_low_i8x16(b, next_x));
    v128_t high = wasm_i16x8_add(wasm_i16x8_extmul_high_i8x16(a, x), wasm_i16x8_extmul_high_i8x16(b, next_x));
    sums.part[2 * q] = wasm_i32x4_add(sums.part[2 * q], wasm_i32x4_extadd_pairwise_i16x8(low));
    sums.part[2 * q + 1] = wasm_i32x4_add(sums.part[2 * q + 1], wasm_i32x4_extadd_pairwise_i16x8(high));
  }
  return sums;
}
INLINE Integers end8(Sums8 sums) {
  Integers integers;
  EACH(q, PARTS) {
    v128_t a = sums.part[2 * q], b = sums.part[2 * q + 1];
    v128_t even = wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), odd = wasm_i32x4_shuffle(a, b, 1, 3, 5, 7);
    integers.part[q] = wasm_i32x4_add(even, odd);
  }
  return integers;
}
/* Two quads of a panel, two sums per row:

     for (int i = 0; i < PANEL; i++)
       for (int k = 0; k < QUAD; k++) {
         sums[i][k / 2] += in[quad * QUAD + k] * from[i * QUAD + k];
         sums[i][k / 2] += in[next * QUAD + k] * from[(PANEL + i) * QUAD + k];
       }
     from += PANEL * OCTET;
*/
#define DOT_PAIR(sums, from, in, quad, next)                                         \
  do {                                                                               \
    (sums) = dot_pair(sums, from, spread_quad(in, quad), spread_quad(in, next));     \
    ADVANCE(from, PANEL * OCTET);                                                    \
  } while (0)

/* int16: four of each row; they hold a block's eight products each: 8 * 15 * 127. */
typedef struct {
  v128_t part[HALVES];
} Sums4;

INLINE Sums4 start4(int32_t offset) {
  (void)offset;
  Sums4 sums;
  EACH(q, HALVES) sums.part[q] = wasm_i16x8_splat(0);
  return sums;
}
INLINE v128_t add_products(v128_t sum, v128_t one, v128_t other) {
  return wasm_i16x8_add(sum, wasm_i16x8_add(one, other));
}
INLINE Sums4 dot_nibbles(Sums4 sums, const uint8_t *w, v128_t low_x, v128_t high_x) {
  EACH(q, PARTS) {
    v128_t both = wasm_v128_load(w + 16 * q);
    v128_t low = wasm_v128_and(both, wasm_i8x16_splat(15)), high = wasm_u8x16_shr(both, 4);
    sums.part[2 * q] = add_products(sums.part[2 * q], wasm_i16x8_extmul_low_i8x16(low, low_x),
                                    wasm_i16x8_extmul_low_i8x16(high, high_x));
    sums.part[2 * q + 1] = add_products(sums.part[2 * q + 1], wasm_i16x8_extmul_high_i8x16(low, low_x),
                                        wasm_i16x8_extmul_high_i8x16(high, high_x));
  }
  return sums;
}
INLINE Integers end4(Sums4 sums, int32_t offset) {
  Sums8 pairs;
  EACH(q, HALVES) pairs.part[q] = wasm_i32x4_extadd_pairwise_i16x8(sums.part[q]);
  Integers integers = end8(pairs);
  EACH(q, PARTS) integers.part[q] = wasm_i32x4_add(integers.part[q], wasm_i32x4_splat(offset));
  return integers;
}
/* Four bytes of each row: low nibbles are columns of the block's first half, high ones of its second.
   Four int16 sums per row:

     for (int i = 0; i < PANEL; i++)
       for (int k = 0; k < QUAD; k++) {
         uint8_t both = from[i * QUAD + k];
         sums[i][k] += (both & 15) * low[quad * QUAD + k];
         sums[i][k] += (both >> 4) * high[quad * QUAD + k];
       }
     from += PANEL * QUAD;
*/
#define DOT_NIBBLES(sums, from, low, high, quad)                                          \
  do {                                                                                    \
    (sums) = dot_nibbles(sums, from, spread_quad(low, quad), spread_quad(high, quad));    \
    ADVANCE(from, PANEL * QUAD);                                                          \
  } while (0)

/* As integers: magnitudes are ordered as their bits, NaN last. */
INLINE uint32_t largest_magnitude(const float *values, size_t count) {
  v128_t magnitude = wasm_u32x4_splat(MAGNITUDE), largest = wasm_u32x4_splat(0);
  for (size_t i = 0; i < count; i += LANES)
    largest = wasm_u32x4_max(largest, wasm_v128_and(magnitude, wasm_v128_load(values + i)));
  largest = wasm_u32x4_max(largest, wasm_i32x4_shuffle(largest, largest, 2, 3, 0, 1));
  largest = wasm_u32x4_max(largest, wasm_i32x4_shuffle(largest, largest, 1, 0, 3, 2));
  return wasm_u32x4_extract_lane(largest, 0);
}
/* 1.5 * 2^23 leaves no bits for fractions, so that adding it rounds, ties to even: the integer is in the low
   bits. */
INLINE v128_t to_integers(const float *values, float inverse) {
  const Floats rounder = spread(0x1.8p23f);
  return wasm_i32x4_sub((v128_t)(load(values) * spread(inverse) + rounder), (v128_t)rounder);
}
INLINE v128_t to_bytes(const float *values, float inverse) {
  v128_t low = wasm_i16x8_narrow_i32x4(to_integers(values, inverse), to_integers(values + 4, inverse));
  v128_t high = wasm_i16x8_narrow_i32x4(to_integers(values + 8, inverse), to_integers(values + 12, inverse));
  return wasm_i8x16_narrow_i16x8(low, high);
}
INLINE int32_t quantise_block(const float *values, float inverse, int8_t *quantised) {
  v128_t low = to_bytes(values, inverse), high = to_bytes(values + PANEL, inverse);
  wasm_v128_store(quantised, low);
  wasm_v128_store(quantised + PANEL, high);
  v128_t pairs = wasm_i16x8_add(wasm_i16x8_extadd_pairwise_i8x16(low), wasm_i16x8_extadd_pairwise_i8x16(high));
  v128_t sums = wasm_i32x4_extadd_pairwise_i16x8(pairs);
  sums = wasm_i32x4_add(sums, wasm_i32x4_shuffle(sums, sums, 2, 3, 0, 1));
  return wasm_i32x4_extract_lane(sums, 0) + wasm_i32x4_extract_lane(sums, 1);
}

#include "kernels_body.h"

static int available(void) { return 1; }

const Kernels actn_kernels_wasm = KERNELS("wasm-simd128");
#endif
