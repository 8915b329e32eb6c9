#include "rows.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "memory.h"

static const char MAGIC[8] = {'A', 'C', 'T', 'R', 'O', 'W', 'S', '1'};

static _Noreturn void refuse(const Rows *rows) {
  fail(FAIL_ROWS, "%s: %s", rows->path, strerror(errno));
}

static void append(Rows *rows, const void *data, size_t bytes) {
  if (rows->capacity - rows->used < bytes)
    rows->bytes = resized(rows->bytes, rows->capacity = 2 * (rows->used + bytes));
  memcpy(rows->bytes + rows->used, data, bytes);
  rows->used += bytes;
}

static void append_number(Rows *rows, uint64_t value, size_t bytes) {
  uint8_t digits[8];
  for (size_t i = 0; i < bytes; i++, value >>= 8) digits[i] = (uint8_t)value;
  append(rows, digits, bytes);
}

Rows open_rows(const char *path) {
  Rows rows = {.path = path, .file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (rows.file < 0) refuse(&rows);
  append(&rows, MAGIC, sizeof MAGIC);
  flush_rows(&rows);
  return rows;
}

void add_row(Rows *rows, uint64_t call, uint64_t repeat, uint64_t nanoseconds, uint32_t time,
             uint32_t digest) {
  append_number(rows, call, 8);
  append_number(rows, repeat, 8);
  append_number(rows, nanoseconds, 8);
  append_number(rows, time, 4);
  append_number(rows, digest, 4);
}

void add_output(Rows *rows, const void *data, size_t bytes) { append(rows, data, bytes); }

void flush_rows(Rows *rows) {
  for (size_t done = 0; done < rows->used;) {
    ssize_t wrote = write(rows->file, rows->bytes + done, rows->used - done);
    if (wrote < 0 && errno != EINTR) refuse(rows);
    if (wrote > 0) done += (size_t)wrote;
  }
  rows->used = 0;
}

void close_rows(Rows *rows) {
  flush_rows(rows);
  if (close(rows->file)) refuse(rows);
}

/* zlib's polynomial. */
uint32_t crc32_of(const void *data, size_t bytes) {
  static uint32_t table[256];
  if (!table[1])
    for (uint32_t i = 0; i < 256; i++) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0);
      table[i] = value;
    }
  uint32_t crc = ~0u;
  for (const uint8_t *at = data, *end = at + bytes; at < end; at++)
    crc = crc >> 8 ^ table[(crc ^ *at) & 255];
  return ~crc;
}
