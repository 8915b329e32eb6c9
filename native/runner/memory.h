/* Memory that is there or ends the program. */
#ifndef ACT_MEMORY_H
#define ACT_MEMORY_H

#include <stddef.h>

/* Zeroed. */
void *allocate(size_t count, size_t size);

/* An array of `count` items with room for one more: call it before each item is added. */
void *grown(void *items, size_t count, size_t size);

void *resized(void *memory, size_t bytes);

/* On a cache line, as LiteRT demands of buffers that it is to use in place; zeroed. */
void *allocate_aligned(size_t bytes);

#endif
