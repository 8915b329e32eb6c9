/* NEON without dot products of bytes: products of 16 bits, added in pairs. */
#include "kernels.h"

#ifdef __aarch64__
#include "kernels_neon.h"

enum { INT8_PANELS = 2, INT4_PANELS = 1, HALVES = 2 * PARTS };

/* int32: two of each row. */
typedef struct {
  int32x4_t part[HALVES];
} Sums8;

INLINE int8x16_t spread_quad(int32x4_t four) { return vreinterpretq_s8_s32(four); }
#define SPREAD_QUAD(in, quad) spread_quad(vdupq_laneq_s32(vreinterpretq_s32_s8(in), quad))

INLINE Sums8 start8(const Matrix *matrix, size_t row) {
  (void)matrix, (void)row;
  Sums8 sums;
  EACH(q, HALVES) sums.part[q] = vdupq_n_s32(0);
  return sums;
}
/* 16 bits hold two products: 2 * 127 * 128. */
INLINE Sums8 dot_pair(Sums8 sums, int8x16x4_t w, int8x16x4_t next, int8x16_t x, int8x16_t next_x) {
  EACH(q, PARTS) {
    int16x8_t low = vmull_s8(vget_low_s8(w.val[q]), vget_low_s8(x)), high = vmull_high_s8(w.val[q], x);
    low = vmlal_s8(low, vget_low_s8(next.val[q]), vget_low_s8(next_x));
    high = vmlal_high_s8(high, next.val[q], next_x);
    sums.part[2 * q] = vpadalq_s16(sums.part[2 * q], low);
    sums.part[2 * q + 1] = vpadalq_s16(sums.part[2 * q + 1], high);
  }
  return sums;
}
INLINE Integers end8(Sums8 sums) {
  Integers integers;
  EACH(q, PARTS) integers.part[q] = vpaddq_s32(sums.part[2 * q], sums.part[2 * q + 1]);
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
#define DOT_PAIR(sums, from, in, quad, next)                                          \
  do {                                                                                \
    int8x16x4_t w = load_bytes(from), next_w = load_bytes((from) + PANEL * QUAD);     \
    (sums) = dot_pair(sums, w, next_w, SPREAD_QUAD(in, quad), SPREAD_QUAD(in, next)); \
    ADVANCE(from, PANEL * OCTET);                                                     \
  } while (0)

/* int16: four of each row; they hold a block's eight products each: 8 * 15 * 127. */
typedef struct {
  int16x8_t part[HALVES];
} Sums4;

INLINE Sums4 start4(int32_t offset) {
  (void)offset;
  Sums4 sums;
  EACH(q, HALVES) sums.part[q] = vdupq_n_s16(0);
  return sums;
}
INLINE Sums4 dot_nibbles(Sums4 sums, int8x16x4_t w, int8x16_t low_x, int8x16_t high_x) {
  EACH(q, PARTS) {
    uint8x16_t both = vreinterpretq_u8_s8(w.val[q]);
    int8x16_t low = vreinterpretq_s8_u8(vandq_u8(both, vdupq_n_u8(15)));
    int8x16_t high = vreinterpretq_s8_u8(vshrq_n_u8(both, 4));
    int16x8_t first = vmlal_s8(sums.part[2 * q], vget_low_s8(low), vget_low_s8(low_x));
    int16x8_t second = vmlal_high_s8(sums.part[2 * q + 1], low, low_x);
    sums.part[2 * q] = vmlal_s8(first, vget_low_s8(high), vget_low_s8(high_x));
    sums.part[2 * q + 1] = vmlal_high_s8(second, high, high_x);
  }
  return sums;
}
INLINE Integers end4(Sums4 sums, int32_t offset) {
  Integers integers;
  EACH(q, PARTS) {
    int32x4_t first = vpaddlq_s16(sums.part[2 * q]), second = vpaddlq_s16(sums.part[2 * q + 1]);
    integers.part[q] = vaddq_s32(vpaddq_s32(first, second), vdupq_n_s32(offset));
  }
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
#define DOT_NIBBLES(sums, from, low, high, quad)                                    \
  do {                                                                              \
    int8x16x4_t w = load_bytes((const int8_t *)(from));                             \
    (sums) = dot_nibbles(sums, w, SPREAD_QUAD(low, quad), SPREAD_QUAD(high, quad)); \
    ADVANCE(from, PANEL * QUAD);                                                    \
  } while (0)

#include "kernels_body.h"

static int available(void) { return 1; }

const Kernels actn_kernels_neon = KERNELS("neon");
#endif
