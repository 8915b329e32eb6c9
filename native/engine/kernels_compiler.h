/* How a file of kernels asks its compiler for more than plain C: no flags are needed. */
#ifndef ACT_KERNELS_COMPILER_H
#define ACT_KERNELS_COMPILER_H

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the file's weights are little-endian"
#endif

/* All arrays of vectors are to become registers: their loops must disappear. */
#define INLINE static inline __attribute__((always_inline))

#define AS_PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define UNROLLED AS_PRAGMA(clang loop unroll(full))
#define DOTPROD "dotprod"
#define BEGIN_TARGET(features) \
  AS_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define END_TARGET AS_PRAGMA(clang attribute pop)
#else
#define UNROLLED AS_PRAGMA(GCC unroll 16)
#define DOTPROD "arch=armv8.2-a+dotprod"
#define BEGIN_TARGET(features) AS_PRAGMA(GCC push_options) AS_PRAGMA(GCC target(features))
#define END_TARGET AS_PRAGMA(GCC pop_options)
#endif

/* for (int index = 0; index < count; index++), unrolled: registers need constant indices. */
#define EACH(index, count) UNROLLED for (int index = 0; index < (count); index++)

/* What kernels_body.h has made, as a table. */
#define KERNELS(its_name)                                                                         \
  {                                                                                               \
    .name = its_name, .available = available,                                                     \
    .multiply = {multiply_f32, multiply_f16, multiply_int8, multiply_int4}, .quantise = quantise, \
    .multiply_group = {group_f32, group_f16, group_int8, group_int4},                             \
    .widen = widen, .lstm = lstm, .gru = gru, .rnn_tanh = rnn_tanh, .rnn_relu = rnn_relu,         \
    .accumulate = accumulate, .maximum = maximum, .dot = dot,                                     \
  }

#endif
