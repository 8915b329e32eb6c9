#include "data.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fail.h"
#include "memory.h"

static const char MAGIC[8] = {'A', 'C', 'T', 'D', 'A', 'T', 'A', '1'};

enum { EXPLICIT_STATE = 1, MAX_TIME = 1 << 20 };

typedef struct {
  const char *path;
  const uint8_t *at, *end;
} Cursor;

static uint8_t *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(FAIL_INPUT, "%s: %s", path, strerror(errno));
  size_t capacity = 1 << 16;
  uint8_t *bytes = resized(NULL, capacity);
  *length = 0;
  for (size_t got; (got = fread(bytes + *length, 1, capacity - *length, file)); *length += got)
    if (*length + got == capacity) bytes = resized(bytes, capacity *= 2);
  if (ferror(file)) fail(FAIL_INPUT, "%s: %s", path, strerror(errno));
  fclose(file);
  return bytes;
}

/* The next bytes, which the file must hold. */
static const uint8_t *take(Cursor *cursor, size_t bytes) {
  if ((size_t)(cursor->end - cursor->at) < bytes) fail(FAIL_INPUT, "%s: cut short", cursor->path);
  const uint8_t *taken = cursor->at;
  cursor->at += bytes;
  return taken;
}

static uint64_t take_number(Cursor *cursor, size_t bytes) {
  const uint8_t *digits = take(cursor, bytes);
  uint64_t value = 0;
  for (size_t i = bytes; i--;) value = value << 8 | digits[i];
  return value;
}

static bool all_set(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!bytes[i]) return false;
  return true;
}

static Call take_call(Cursor *cursor, const Plan *plan, size_t state_bytes) {
  Call call = {.time = (uint32_t)take_number(cursor, 4)};
  uint64_t flags = take_number(cursor, 4);
  if (call.time < 1 || call.time > MAX_TIME || flags > EXPLICIT_STATE)
    fail(FAIL_INPUT, "%s: not a call", cursor->path);
  call.fresh = take(cursor, (plan->batch + 3) / 4 * 4);
  call.inputs = cursor->at;
  for (size_t i = 0; i < data_inputs(plan); i++) {
    size_t bytes = shape_bytes(&plan->inputs[i], call.time);
    if (!bytes) fail(FAIL_INPUT, "%s: a call of more than a gigabyte", cursor->path);
    take(cursor, bytes);
  }
  if (flags & EXPLICIT_STATE) call.state = take(cursor, state_bytes);
  call.first = call.state || all_set(call.fresh, plan->batch);
  return call;
}

Data read_data(const char *path, const Plan *plan) {
  size_t length;
  const uint8_t *bytes = read_file(path, &length);
  Cursor cursor = {path, bytes, bytes + length};
  if (memcmp(take(&cursor, sizeof MAGIC), MAGIC, sizeof MAGIC) != 0)
    fail(FAIL_INPUT, "%s: not a data file of this format", path);
  uint64_t count = take_number(&cursor, 8);
  if (!count) fail(FAIL_INPUT, "%s: no calls", path);
  if (count > length / 8) fail(FAIL_INPUT, "%s: cut short", path);
  size_t state_bytes = 0;
  for (size_t i = 0; i < plan->state_count; i++)
    state_bytes += shape_bytes(&plan->inputs[plan->states[i].input], 1);
  Data data = {allocate((size_t)count, sizeof(Call)), (size_t)count};
  for (size_t i = 0; i < data.count; i++) data.calls[i] = take_call(&cursor, plan, state_bytes);
  if (cursor.at != cursor.end) fail(FAIL_INPUT, "%s: goes on after the last call", path);
  if (!data.calls[0].first) fail(FAIL_INPUT, "%s: the first call has no state to start from", path);
  return data;
}
