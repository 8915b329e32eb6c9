/* Files: mapped, and known to be as they were written. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>
#ifndef __wasm__
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "model.h"

enum { LANES = 8 };

static const uint64_t MULTIPLIER = 0x9E3779B97F4A7C15u;

static uint64_t next(uint64_t sum, uint64_t word) { return sum * MULTIPLIER + word; }

/* Eight lanes, each in a register, keep the processor's multiplier busy: a file is summed as fast as it is
   read. The last row is half a row, as sizes of files are multiples of one. */
uint64_t actn_checksum(const uint8_t *bytes, size_t size) {
  uint64_t lanes[LANES] = {0}, row[LANES];
  size_t at = CHECKED_FROM;
  for (; size - at >= sizeof row; at += sizeof row) {
    memcpy(row, bytes + at, sizeof row);
#pragma GCC unroll 8
    for (int lane = 0; lane < LANES; lane++) lanes[lane] = next(lanes[lane], row[lane]);
  }
  memset(row, 0, sizeof row);
  memcpy(row, bytes + at, size - at);
  uint64_t sum = size;
  for (int lane = 0; lane < LANES; lane++) sum = next(sum, next(lanes[lane], row[lane]));
  return sum;
}

ActStatus actn_check_file(const uint8_t *bytes, size_t size, FileHeader *header) {
  if (size < sizeof MAGIC || memcmp(bytes, MAGIC, sizeof MAGIC) != 0) return ACT_NOT_ACTN;
  if (size < sizeof *header) return ACT_TRUNCATED;
  memcpy(header, bytes, sizeof *header);
  if (header->version != FORMAT_VERSION) return ACT_VERSION;
  if (header->file_size != size) return ACT_TRUNCATED;
  if (header->header_size != sizeof *header || size % SECTION_ALIGNMENT) return ACT_CORRUPT;
  if (header->checksum != actn_checksum(bytes, size)) return ACT_CHECKSUM;
  return ACT_OK;
}

#ifdef __wasm__ /* A web page has no files: its models come by act_open_memory(). */
static ActStatus map_file(const char *path, const uint8_t **bytes, size_t *size) {
  (void)path, (void)bytes, (void)size;
  return ACT_FILE;
}
static void unmap_file(const uint8_t *bytes, size_t size) { (void)bytes, (void)size; }
#else
static ActStatus map_file(const char *path, const uint8_t **bytes, size_t *size) {
  /* O_NONBLOCK: a pipe is refused below, not waited for. */
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return ACT_FILE;
  struct stat facts;
  ActStatus status = ACT_FILE;
  if (fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && (uintmax_t)facts.st_size <= SIZE_MAX) {
    *size = (size_t)facts.st_size;
    void *mapped = *size ? mmap(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
    *bytes = mapped == MAP_FAILED ? NULL : mapped;
    if (!*size) status = ACT_NOT_ACTN;
    if (*bytes) status = ACT_OK;
  }
  close(file);
  return status;
}
static void unmap_file(const uint8_t *bytes, size_t size) { munmap((void *)(uintptr_t)bytes, size); }
#endif

ActStatus act_open(const char *path, ActModel **model) {
  const uint8_t *bytes;
  size_t size;
  if (!path || !model) return ACT_NULL;
  ActStatus status = map_file(path, &bytes, &size);
  if (status != ACT_OK) return status;
  status = act_open_memory(bytes, size, model);
  if (status == ACT_OK)
    (*model)->mapped = true;
  else
    unmap_file(bytes, size);
  return status;
}

ActStatus act_open_memory(const void *bytes, size_t size, ActModel **model) {
  FileHeader header;
  if (!bytes || !model) return ACT_NULL;
  if ((uintptr_t)bytes % sizeof(float)) return ACT_ALIGNMENT;
  ActStatus status = actn_check_file(bytes, size, &header);
  return status == ACT_OK ? actn_read_model(bytes, &header, model) : status;
}

void act_close(ActModel *model) {
  if (model && model->mapped) unmap_file(model->bytes, model->size);
  free(model);
}
