/* NEON of every 64-bit arm processor: four registers are a panel. What kernels_body.h is written in, but for
   products of bytes. */
#include <arm_neon.h>

#include "kernels_compiler.h"
#include "kernels_scale.h"

enum { LANES = 4, PARTS = PANEL / LANES, FLOAT_SUMS = 4, HALF_SUMS = 4 };
typedef float32x4_t Floats;
typedef struct {
  Floats part[PARTS];
} Column;
typedef struct {
  int32x4_t part[PARTS];
} Integers;

INLINE Floats load(const float *from) { return vld1q_f32(from); }
INLINE void store(float *to, Floats value) { vst1q_f32(to, value); }
INLINE Floats spread(float value) { return vdupq_n_f32(value); }
INLINE Floats fused(Floats a, Floats b, Floats c) { return vfmaq_f32(c, a, b); }
INLINE Floats larger(Floats a, Floats b) { return vmaxq_f32(a, b); }
INLINE Floats smaller(Floats a, Floats b) { return vminq_f32(a, b); }
INLINE Floats power(Floats a) { return vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(a), 23)); }
INLINE float sum_lanes(Floats a) { return vaddvq_f32(a); }

/* Sixty-four bytes. For gcc in one instruction that also moves its pointer on, which it does only if it cannot
   see that the pointer's values differ by constants; nor may it load ahead until no register is left. For clang
   in pairs: beside sums it finds no four registers in a row. */
#ifdef __clang__
#define ADVANCE(pointer, bytes) ((pointer) += (bytes))
INLINE Column load_column(const float *from) {
  return (Column){{load(from), load(from + 4), load(from + 8), load(from + 12)}};
}
INLINE int8x16x4_t load_bytes(const int8_t *from) {
  return (int8x16x4_t){{vld1q_s8(from), vld1q_s8(from + 16), vld1q_s8(from + 32), vld1q_s8(from + 48)}};
}
#else
#define ADVANCE(pointer, bytes)                        \
  do {                                                 \
    (pointer) += (bytes);                              \
    __asm__ volatile("" : "+r"(pointer) : : "memory"); \
  } while (0)
INLINE Column load_column(const float *from) {
  float32x4x4_t all = vld1q_f32_x4(from);
  return (Column){{all.val[0], all.val[1], all.val[2], all.val[3]}};
}
INLINE int8x16x4_t load_bytes(const int8_t *from) { return vld1q_s8_x4(from); }
#endif
INLINE Column load_half_column(const uint16_t *from) {
  uint16x8x2_t all = vld1q_u16_x2(from);
  float16x8_t low = vreinterpretq_f16_u16(all.val[0]), high = vreinterpretq_f16_u16(all.val[1]);
  return (Column){{vcvt_f32_f16(vget_low_f16(low)), vcvt_high_f32_f16(low), vcvt_f32_f16(vget_low_f16(high)),
                   vcvt_high_f32_f16(high)}};
}
INLINE Column from_integers(Integers integers) {
  Column column;
  EACH(q, PARTS) column.part[q] = vcvtq_f32_s32(integers.part[q]);
  return column;
}

typedef float32x4_t Inputs;
INLINE Inputs inputs(const float *x) { return vld1q_f32(x); }
/* for (int i = 0; i < LANES; i++) sum[i] += weights[i] * inputs[lane]; */
#define FUSED_INPUT(sum, weights, inputs, lane) vfmaq_laneq_f32(sum, weights, inputs, lane)

typedef int8x16_t Quads8, Quads4;
INLINE Quads8 quads8(const int8_t *q) { return vld1q_s8(q); }
INLINE Quads4 quads4(const int8_t *q) { return vld1q_s8(q); }

/* The largest of floats is NaN where one is. */
INLINE uint32_t largest_magnitude(const float *values, size_t count) {
  Column largest;
  EACH(q, PARTS) largest.part[q] = spread(0.0f);
  for (size_t i = 0; i < count; i += PANEL) {
    Column next = load_column(values + i);
    EACH(q, PARTS) largest.part[q] = vmaxq_f32(largest.part[q], vabsq_f32(next.part[q]));
  }
  EACH(q, PARTS - 1) largest.part[0] = vmaxq_f32(largest.part[0], largest.part[q + 1]);
  uint32x4_t bits = vreinterpretq_u32_f32(largest.part[0]);
  return vmaxvq_u32(bits) & MAGNITUDE;
}

INLINE int8x16_t to_bytes(const float *values, float inverse) {
  Column column = load_column(values);
  int32x4_t whole[PARTS];
  EACH(q, PARTS) whole[q] = vcvtnq_s32_f32(vmulq_n_f32(column.part[q], inverse));
  int16x8_t low = vuzp1q_s16(vreinterpretq_s16_s32(whole[0]), vreinterpretq_s16_s32(whole[1]));
  int16x8_t high = vuzp1q_s16(vreinterpretq_s16_s32(whole[2]), vreinterpretq_s16_s32(whole[3]));
  return vuzp1q_s8(vreinterpretq_s8_s16(low), vreinterpretq_s8_s16(high));
}

INLINE int32_t quantise_block(const float *values, float inverse, int8_t *quantised) {
  int8x16_t low = to_bytes(values, inverse), high = to_bytes(values + PANEL, inverse);
  vst1q_s8(quantised, low);
  vst1q_s8(quantised + PANEL, high);
  return vaddlvq_s16(vpadalq_s8(vpaddlq_s8(low), high));
}
