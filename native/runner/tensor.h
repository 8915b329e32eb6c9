/* Tensors as plan.txt describes them and as runtimes hold them. */
#ifndef ACT_TENSOR_H
#define ACT_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAME_SIZE = 128, MAX_RANK = 8 };

typedef enum { FLOAT32, INT32, INT64, BOOL8, FLOAT16, INT8, UINT8 } Dtype;
/* A model's own tensors are float32 or int32; the others pass from part to part in host form. */

static const int64_t ANY_SIZE = -1; /* time, which a call chooses */

typedef struct {
  char name[NAME_SIZE];
  Dtype dtype;
  size_t rank;
  int64_t sizes[MAX_RANK];
} Shape;

/* A tensor of a graph, with its buffer. */
typedef struct {
  Shape shape;
  void *data;
  size_t bytes;
  size_t capacity; /* of a buffer that is the slot's own */
} Slot;

const char *dtype_name(Dtype dtype);

/* Of the shape in a call of `time` time steps; 0 where it is larger than a file may ask for. */
size_t shape_bytes(const Shape *shape, int64_t time);

/* Whether sizes agree, ANY_SIZE with all. */
bool shape_fits(const Shape *shape, const Shape *other);

/* Gives the slot, whose sizes are all known, a buffer of its own that is large enough. */
void hold_buffer(Slot *slot);

#endif
