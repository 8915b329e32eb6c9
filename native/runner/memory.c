#include "memory.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

enum { CACHE_LINE = 64 };

static void *present(void *memory) {
  if (!memory) fail(FAIL_CALL, "out of memory");
  return memory;
}

void *allocate(size_t count, size_t size) { return present(calloc(count ? count : 1, size)); }

void *grown(void *items, size_t count, size_t size) {
  if (count & (count - 1)) return items; /* room doubles when count is a power of two */
  return resized(items, (count ? 2 * count : 1) * size);
}

void *resized(void *memory, size_t bytes) { return present(realloc(memory, bytes)); }

void *allocate_aligned(size_t bytes) {
  void *memory = NULL;
  size_t whole = bytes ? (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE : CACHE_LINE;
  if (posix_memalign(&memory, CACHE_LINE, whole)) memory = NULL;
  return memset(present(memory), 0, whole);
}
