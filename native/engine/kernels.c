#include "kernels.h"

#include <math.h>
#include <string.h>

/* Fastest first. */
static const Kernels *const all_kernels[] = {
#if defined(__x86_64__)
    &actn_kernels_avx512,
    &actn_kernels_avx2,
#elif defined(__aarch64__)
    &actn_kernels_neon_dot,
    &actn_kernels_neon,
#elif defined(__wasm_simd128__)
    &actn_kernels_wasm,
#endif
    &actn_kernels_portable,
};

const Kernels *actn_find_kernels(const char *name) {
  for (size_t i = 0; i < sizeof all_kernels / sizeof *all_kernels; i++) {
    const Kernels *kernels = all_kernels[i];
    if ((!name || strcmp(name, kernels->name) == 0) && kernels->available()) return kernels;
  }
  return NULL;
}

float actn_logistic(float x) { return 1.0f / (1.0f + expf(-x)); }
