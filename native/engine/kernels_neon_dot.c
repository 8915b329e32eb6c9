/* NEON with dot products of bytes, of arm processors since about 2018. */
#include "kernels.h"

#ifdef __aarch64__
#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#include "kernels_neon.h"

BEGIN_TARGET(DOTPROD)

enum { INT8_PANELS = 4, INT4_PANELS = 4 };
typedef Integers Sums8, Sums4;

/* The instruction itself: compilers before clang 16 know its intrinsic only by a flag for the whole file. */
/* Each lane of `sum` is a row:

     for (int i = 0; i < LANES; i++)
       for (int k = 0; k < QUAD; k++) sum[i] += in[quad * QUAD + k] * weights[i * QUAD + k];
*/
#define SDOT(sum, weights, in, quad) \
  __asm__("sdot %0.4s, %1.16b, %2.4b[" #quad "]" : "+w"(sum) : "w"(weights), "w"(in))

INLINE Integers all(int32_t value) {
  Integers values;
  EACH(q, PARTS) values.part[q] = vdupq_n_s32(value);
  return values;
}

INLINE Sums8 start8(const Matrix *matrix, size_t row) {
  (void)matrix, (void)row;
  return all(0);
}
/* A quad of a panel, one sum per row:

     for (int i = 0; i < PANEL; i++)
       for (int k = 0; k < QUAD; k++) sums[i] += in[quad * QUAD + k] * from[i * QUAD + k];
     from += PANEL * QUAD;
*/
#define DOT_ONE(sums, from, in, quad)                        \
  do {                                                       \
    int8x16x4_t w = load_bytes(from);                        \
    ADVANCE(from, PANEL * QUAD);                             \
    EACH(q, PARTS) SDOT((sums).part[q], w.val[q], in, quad); \
  } while (0)
/* Two quads of a panel: DOT_ONE has moved `from` on to the weights of `next`. */
#define DOT_PAIR(sums, from, in, quad, next) \
  do {                                       \
    DOT_ONE(sums, from, in, quad);           \
    DOT_ONE(sums, from, in, next);           \
  } while (0)
/* The same, but `from` stays: weights that several vectors are multiplied with are loaded once. */
#define GROUP_DOT_PAIR(sums, from, in, quad, next)                               \
  do {                                                                           \
    int8x16x4_t w = load_bytes(from), others = load_bytes((from) + PANEL * QUAD); \
    EACH(q, PARTS) SDOT((sums).part[q], w.val[q], in, quad);                     \
    EACH(q, PARTS) SDOT((sums).part[q], others.val[q], in, next);                \
  } while (0)
enum { GROUP_INT8_PANELS = 1 };
INLINE Integers end8(Sums8 sums) { return sums; }

INLINE Sums4 start4(int32_t offset) { return all(offset); }
/* Four bytes of each row: low nibbles are columns of the block's first half, high ones of its second.
   One sum per row:

     for (int i = 0; i < PANEL; i++)
       for (int k = 0; k < QUAD; k++) {
         uint8_t both = from[i * QUAD + k];
         sums[i] += (both & 15) * low[quad * QUAD + k];
         sums[i] += (both >> 4) * high[quad * QUAD + k];
       }
     from += PANEL * QUAD;
*/
#define DOT_NIBBLES(sums, from, low, high, quad)                                     \
  do {                                                                               \
    int8x16x4_t w = load_bytes((const int8_t *)(from));                              \
    ADVANCE(from, PANEL * QUAD);                                                     \
    EACH(q, PARTS) {                                                                 \
      uint8x16_t both = vreinterpretq_u8_s8(w.val[q]);                               \
      uint8x16_t lows = vandq_u8(both, vdupq_n_u8(15)), highs = vshrq_n_u8(both, 4); \
      SDOT((sums).part[q], lows, low, quad);                                         \
      SDOT((sums).part[q], highs, high, quad);                                       \
    }                                                                                \
  } while (0)
INLINE Integers end4(Sums4 sums, int32_t offset) {
  (void)offset;
  return sums;
}

#include "kernels_body.h"

END_TARGET

static int available(void) {
#if defined(__linux__)
  enum { ASIMDDP = 1 << 20 };
  return (getauxval(AT_HWCAP) & ASIMDDP) != 0;
#elif defined(__APPLE__)
  int has = 0;
  size_t size = sizeof has;
  return sysctlbyname("hw.optional.arm.FEAT_DotProd", &has, &size, NULL, 0) == 0 && has;
#else
  return 0;
#endif
}

const Kernels actn_kernels_neon_dot = KERNELS("neon-dot");
#endif
