/* rows.bin: what each timed call took and answered (docs/profiling-formats.md). */
#ifndef ACT_ROWS_H
#define ACT_ROWS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const char *path;
  int file;
  uint8_t *bytes; /* rows not yet in the file */
  size_t used, capacity;
} Rows;

Rows open_rows(const char *path);

/* Starts a row. */
void add_row(Rows *rows, uint64_t call, uint64_t repeat, uint64_t nanoseconds, uint32_t time,
             uint32_t digest);

/* An output of the row that was started last. */
void add_output(Rows *rows, const void *data, size_t bytes);

void flush_rows(Rows *rows);
void close_rows(Rows *rows);

uint32_t crc32_of(const void *data, size_t bytes);

#endif
