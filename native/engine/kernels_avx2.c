/* AVX2 with FMA and F16C: two registers are a panel. */
#include "kernels.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#include "kernels_compiler.h"
#include "kernels_scale.h"

BEGIN_TARGET("avx2,fma,f16c")

enum { LANES = 8, PARTS = PANEL / LANES, FLOAT_SUMS = 4, HALF_SUMS = 4, INT8_PANELS = 4, INT4_PANELS = 2 };
typedef __m256 Floats;
typedef struct {
  Floats part[PARTS];
} Column;
typedef struct {
  __m256i part[PARTS];
} Integers, Sums8, Sums4;

INLINE Floats load(const float *from) { return _mm256_loadu_ps(from); }
INLINE void store(float *to, Floats value) { _mm256_storeu_ps(to, value); }
INLINE Floats spread(float value) { return _mm256_set1_ps(value); }
INLINE Floats fused(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
INLINE Floats larger(Floats a, Floats b) { return _mm256_max_ps(a, b); }
INLINE Floats smaller(Floats a, Floats b) { return _mm256_min_ps(a, b); }
INLINE Floats power(Floats a) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a), 23)); }
INLINE float sum_lanes(Floats a) {
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

INLINE __m256i load_bytes(const void *from) { return _mm256_loadu_si256((const __m256i *)from); }
#define ADVANCE(pointer, bytes) ((pointer) += (bytes))
INLINE Column load_column(const float *from) { return (Column){{load(from), load(from + LANES)}}; }
INLINE Floats load_halves(const uint16_t *from) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from));
}
INLINE Column load_half_column(const uint16_t *from) {
  return (Column){{load_halves(from), load_halves(from + LANES)}};
}
INLINE Column from_integers(Integers integers) {
  return (Column){{_mm256_cvtepi32_ps(integers.part[0]), _mm256_cvtepi32_ps(integers.part[1])}};
}

typedef const float *Inputs;
INLINE Inputs inputs(const float *x) { return x; }
/* for (int i = 0; i < LANES; i++) sum[i] += weights[i] * inputs[lane]; */
#define FUSED_INPUT(sum, weights, inputs, lane) fused(weights, spread((inputs)[lane]), sum)

typedef const int8_t *Quads8, *Quads4;
INLINE Quads8 quads8(const int8_t *q) { return q; }
INLINE Quads4 quads4(const int8_t *q) { return q; }
INLINE __m256i spread_quad(const int8_t *in, int quad) {
  int32_t four;
  memcpy(&four, in + quad * QUAD, sizeof four);
  return _mm256_set1_epi32(four);
}
INLINE __m256i add_pairs(__m256i products) { return _mm256_madd_epi16(products, _mm256_set1_epi16(1)); }

/* One factor of a product of bytes is unsigned: |q|, with the sign at the weight. Two products are at most
   2 * 127 * 128, which 16 bits hold. */
INLINE Sums8 start8(const Matrix *matrix, size_t row) {
  (void)matrix, (void)row;
  return (Sums8){{_mm256_setzero_si256(), _mm256_setzero_si256()}};
}
INLINE Sums8 dot_quad(Sums8 sums, const int8_t *weights, Quads8 in, int quad) {
  __m256i x = spread_quad(in, quad), magnitude = _mm256_abs_epi8(x);
  EACH(q, PARTS) {
    __m256i products = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(load_bytes(weights + 32 * q), x));
    sums.part[q] = _mm256_add_epi32(sums.part[q], add_pairs(products));
  }
  return sums;
}
INLINE Integers end8(Sums8 sums) { return sums; }
/* Two quads of a panel, one sum per row:

     for (int i = 0; i < PANEL; i++)
       for (int k = 0; k < QUAD; k++) {
         sums[i] += in[quad * QUAD + k] * from[i * QUAD + k];
         sums[i] += in[next * QUAD + k] * from[(PANEL + i) * QUAD + k];
       }
     from += PANEL * OCTET;
*/
#define DOT_PAIR(sums, from, in, quad, next)                                           \
  ((sums) = dot_quad(dot_quad(sums, from, in, quad), (from) + PANEL * QUAD, in, next), \
   (from) += PANEL * OCTET)

/* 16 bits hold a block's sums of pairs: 8 * 2 * 15 * 127. */
INLINE Sums4 start4(int32_t offset) {
  (void)offset;
  return (Sums4){{_mm256_setzero_si256(), _mm256_setzero_si256()}};
}
INLINE Sums4 dot_nibbles(Sums4 sums, const uint8_t *weights, Quads4 low, Quads4 high, int quad) {
  const __m256i nibble = _mm256_set1_epi8(15);
  EACH(q, PARTS) {
    __m256i both = load_bytes(weights + 32 * q);
    __m256i lows = _mm256_maddubs_epi16(_mm256_and_si256(both, nibble), spread_quad(low, quad));
    both = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
    __m256i highs = _mm256_maddubs_epi16(both, spread_quad(high, quad));
    sums.part[q] = _mm256_add_epi16(sums.part[q], _mm256_add_epi16(lows, highs));
  }
  return sums;
}
INLINE Integers end4(Sums4 sums, int32_t offset) {
  EACH(q, PARTS) sums.part[q] = _mm256_add_epi32(add_pairs(sums.part[q]), _mm256_set1_epi32(offset));
  return sums;
}
/* Four bytes of each row: low nibbles are columns of the block's first half, high ones of its second.
   Two int16 sums per row:

     for (int i = 0; i < PANEL; i++)
       for (int k = 0; k < QUAD; k++) {
         uint8_t both = from[i * QUAD + k];
         sums[i][k / 2] += (both & 15) * low[quad * QUAD + k];
         sums[i][k / 2] += (both >> 4) * high[quad * QUAD + k];
       }
     from += PANEL * QUAD;
*/
#define DOT_NIBBLES(sums, from, low, high, quad) \
  ((sums) = dot_nibbles(sums, from, low, high, quad), (from) += PANEL * QUAD)

INLINE uint32_t largest_magnitude(const float *values, size_t count) {
  const __m256i magnitude = _mm256_set1_epi32((int)MAGNITUDE);
  __m256i largest = _mm256_setzero_si256();
  for (size_t i = 0; i < count; i += LANES)
    largest = _mm256_max_epu32(largest, _mm256_and_si256(magnitude, load_bytes(values + i)));
  __m128i four = _mm_max_epu32(_mm256_castsi256_si128(largest), _mm256_extracti128_si256(largest, 1));
  __m128i two = _mm_max_epu32(four, _mm_unpackhi_epi64(four, four));
  return (uint32_t)_mm_cvtsi128_si32(_mm_max_epu32(two, _mm_srli_epi64(two, 32)));
}

INLINE __m256i to_integers(const float *values, float inverse) {
  return _mm256_cvtps_epi32(load(values) * spread(inverse));
}

INLINE int32_t quantise_block(const float *values, float inverse, int8_t *quantised) {
  __m256i a = to_integers(values, inverse), b = to_integers(values + 8, inverse);
  __m256i c = to_integers(values + 16, inverse), d = to_integers(values + 24, inverse);
  __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
  bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256((__m256i *)quantised, bytes);
  __m256i eight = add_pairs(_mm256_maddubs_epi16(_mm256_set1_epi8(1), bytes));
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  __m128i two = _mm_add_epi32(four, _mm_unpackhi_epi64(four, four));
  return _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_srli_epi64(two, 32)));
}

#include "kernels_body.h"

END_TARGET

/* F16C is not among the names that all compilers' __builtin_cpu_supports knows. */
static int available(void) {
  unsigned a, b, c, d;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __get_cpuid(1, &a, &b, &c, &d) &&
         (c & bit_F16C);
}

const Kernels actn_kernels_avx2 = KERNELS("avx2");
#endif
