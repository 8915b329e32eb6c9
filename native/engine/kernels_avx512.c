/* AVX-512 with its dot products of bytes (VNNI): a register is a panel. */
#include "kernels.h"

#ifdef __x86_64__
#include <immintrin.h>

#include "kernels_compiler.h"
#include "kernels_scale.h"

#define AVX512 "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"
#if defined(__clang__) && __clang_major__ >= 18 && __clang_major__ < 22
BEGIN_TARGET(AVX512 ",evex512") /* to these, registers of 512 bits are a feature of their own */
#else
BEGIN_TARGET(AVX512)
#endif

enum {
  LANES = 16,
  PARTS = PANEL / LANES,
  FLOAT_SUMS = 4,
  HALF_SUMS = 8,
  INT8_PANELS = 4,
  INT4_PANELS = 4
};
typedef __m512 Floats;
typedef __m512i Integers;
/* A panel's int32 sums. Those of type __m512i gcc copies at every step. */
typedef uint32_t Sums __attribute__((vector_size(64)));
typedef struct {
  Sums of[2]; /* quads in turn */
} Sums8;
typedef struct {
  __m512i low, high;
} Sums4;
typedef struct {
  Floats part[PARTS];
} Column;

INLINE Floats load(const float *from) { return _mm512_loadu_ps(from); }
INLINE void store(float *to, Floats value) { _mm512_storeu_ps(to, value); }
INLINE Floats spread(float value) { return _mm512_set1_ps(value); }
INLINE Floats fused(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
INLINE Floats larger(Floats a, Floats b) { return _mm512_max_ps(a, b); }
INLINE Floats smaller(Floats a, Floats b) { return _mm512_min_ps(a, b); }
INLINE Floats power(Floats a) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a), 23)); }
INLINE float sum_lanes(Floats a) { return _mm512_reduce_add_ps(a); }

#define ADVANCE(pointer, bytes) ((pointer) += (bytes))
/* Keeps gcc to the order in which weights lie, in which they come quickest. */
#define IN_ORDER __asm__ volatile("" : : : "memory")
INLINE Column load_column(const float *from) {
  Column column = {{load(from)}};
  IN_ORDER;
  return column;
}
INLINE Column load_half_column(const uint16_t *from) {
  return (Column){{_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)from))}};
}
INLINE Column from_integers(Integers integers) { return (Column){{_mm512_cvtepi32_ps(integers)}}; }

typedef const float *Inputs;
INLINE Inputs inputs(const float *x) { return x; }
/* for (int i = 0; i < LANES; i++) sum[i] += weights[i] * inputs[lane]; */
#define FUSED_INPUT(sum, weights, inputs, lane) fused(weights, spread((inputs)[lane]), sum)

INLINE __m512i spread_quad(const int8_t *q, int quad) {
  int32_t four;
  memcpy(&four, q + quad * QUAD, sizeof four);
  return _mm512_set1_epi32(four);
}

/* The dot product's first factors are unsigned: of q + 128, from which 128 times the row's sum comes off. */
typedef struct {
  __m512i of[4];
} Quads8;
INLINE Quads8 quads8(const int8_t *q) {
  Quads8 in;
  EACH(quad, 4) in.of[quad] = _mm512_xor_si512(spread_quad(q, quad), _mm512_set1_epi8(-128));
  return in;
}
INLINE Sums8 start8(const Matrix *matrix, size_t row) {
  __m512i sums = _mm512_slli_epi32(_mm512_loadu_si512(matrix->sums + row), 7);
  return (Sums8){{(Sums)_mm512_sub_epi32(_mm512_setzero_si512(), sums)}}; /* a file may hold INT32_MIN */
}
INLINE Integers end8(Sums8 sums) { return _mm512_add_epi32((__m512i)sums.of[0], (__m512i)sums.of[1]); }
INLINE Sums dot_quad(Sums sum, const int8_t *weights, __m512i quad) {
  return (Sums)_mm512_dpbusd_epi32((__m512i)sum, quad, _mm512_loadu_si512(weights));
}
/* Two quads of a panel, two sums per row. `in` is of q + 128, from 0 to 255:

     for (int i = 0; i < PANEL; i++)
       for (int k = 0; k < QUAD; k++) {
         sums.of[0][i] += in[quad * QUAD + k] * from[i * QUAD + k];
         sums.of[1][i] += in[next * QUAD + k] * from[(PANEL + i) * QUAD + k];
       }
     from += PANEL * OCTET;
*/
#define DOT_PAIR(sums, from, in, quad, next)                                     \
  do {                                                                           \
    (sums).of[0] = dot_quad((sums).of[0], from, (in).of[quad]);                  \
    IN_ORDER;                                                                    \
    (sums).of[1] = dot_quad((sums).of[1], (from) + PANEL * QUAD, (in).of[next]); \
    IN_ORDER;                                                                    \
    (from) += PANEL * OCTET;                                                     \
  } while (0)

/* The same, but `from` stays: weights that several vectors are multiplied with are loaded once. */
#define GROUP_DOT_PAIR(sums, from, in, quad, next)                               \
  do {                                                                           \
    (sums).of[0] = dot_quad((sums).of[0], from, (in).of[quad]);                  \
    (sums).of[1] = dot_quad((sums).of[1], (from) + PANEL * QUAD, (in).of[next]); \
  } while (0)
enum { GROUP_INT8_PANELS = 2 };
/* High nibbles stay where they are and count sixteenfold. */
typedef const int8_t *Quads4;
INLINE Quads4 quads4(const int8_t *q) { return q; }
INLINE Sums4 start4(int32_t offset) { return (Sums4){_mm512_set1_epi32(offset), _mm512_setzero_si512()}; }
INLINE Sums4 dot_nibbles(Sums4 sums, const uint8_t *weights, Quads4 low, Quads4 high, int quad) {
  __m512i both = _mm512_loadu_si512(weights);
  __m512i lows = _mm512_and_si512(both, _mm512_set1_epi8(15)),
          highs = _mm512_andnot_si512(_mm512_set1_epi8(15), both);
  sums.low = _mm512_dpbusd_epi32(sums.low, lows, spread_quad(low, quad));
  sums.high = _mm512_dpbusd_epi32(sums.high, highs, spread_quad(high, quad));
  return sums;
}
INLINE Integers end4(Sums4 sums, int32_t offset) {
  (void)offset;
  return _mm512_add_epi32(sums.low, _mm512_srai_epi32(sums.high, 4));
}
/* Four bytes of each row: low nibbles are columns of the block's first half, high ones of its second.
   A sum per row for each:

     for (int i = 0; i < PANEL; i++)
       for (int k = 0; k < QUAD; k++) {
         uint8_t both = from[i * QUAD + k];
         sums.low[i] += (both & 15) * low[quad * QUAD + k];
         sums.high[i] += (both & 240) * high[quad * QUAD + k];
       }
     from += PANEL * QUAD;
*/
#define DOT_NIBBLES(sums, from, low, high, quad) \
  ((sums) = dot_nibbles(sums, from, low, high, quad), (from) += PANEL * QUAD)

INLINE uint32_t largest_magnitude(const float *values, size_t count) {
  __m512i largest = _mm512_setzero_si512(), magnitude = _mm512_set1_epi32((int)MAGNITUDE);
  for (size_t i = 0; i < count; i += LANES)
    largest = _mm512_max_epu32(largest, _mm512_and_si512(magnitude, _mm512_loadu_si512(values + i)));
  return _mm512_reduce_max_epu32(largest);
}

INLINE int32_t quantise_block(const float *values, float inverse, int8_t *quantised) {
  __m512i low = _mm512_cvtps_epi32(load(values) * spread(inverse));
  __m512i high = _mm512_cvtps_epi32(load(values + LANES) * spread(inverse));
  _mm_storeu_si128((__m128i *)quantised, _mm512_cvtepi32_epi8(low));
  _mm_storeu_si128((__m128i *)(quantised + LANES), _mm512_cvtepi32_epi8(high));
  return _mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
}

#include "kernels_body.h"

END_TARGET

static int available(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vnni");
}

const Kernels actn_kernels_avx512 = KERNELS("avx512");
#endif
