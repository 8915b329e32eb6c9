#include "tensor.h"

#include <stdlib.h>

#include "fail.h"
#include "memory.h"

static const size_t MAX_BYTES = (size_t)1 << 30;

const char *dtype_name(Dtype dtype) {
  static const char *const names[] = {"float32", "int32", "int64", "bool",
                                      "float16", "int8",  "uint8"};
  return names[dtype];
}

static size_t dtype_bytes(Dtype dtype) {
  static const size_t bytes[] = {4, 4, 8, 1, 2, 1, 1};
  return bytes[dtype];
}

size_t shape_bytes(const Shape *shape, int64_t time) {
  size_t bytes = dtype_bytes(shape->dtype);
  for (size_t axis = 0; axis < shape->rank; axis++) {
    int64_t size = shape->sizes[axis] == ANY_SIZE ? time : shape->sizes[axis];
    if (size < 1 || (uint64_t)size > MAX_BYTES / bytes) return 0;
    bytes *= (size_t)size;
  }
  return bytes;
}

bool shape_fits(const Shape *shape, const Shape *other) {
  if (shape->rank != other->rank) return false;
  for (size_t axis = 0; axis < shape->rank; axis++) {
    int64_t size = shape->sizes[axis], others = other->sizes[axis];
    if (size != others && size != ANY_SIZE && others != ANY_SIZE) return false;
  }
  return true;
}

void hold_buffer(Slot *slot) {
  slot->bytes = shape_bytes(&slot->shape, ANY_SIZE);
  if (!slot->bytes) fail(FAIL_ARTEFACT, "%s: of unknown size", slot->shape.name);
  if (slot->bytes <= slot->capacity) return;
  free(slot->data);
  slot->data = allocate_aligned(slot->bytes);
  slot->capacity = slot->bytes;
}
