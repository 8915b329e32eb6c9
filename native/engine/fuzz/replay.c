/* Runs exercise.c without a fuzzer: on inputs as they are, or on what becomes of the file in each of them
   when it is cut short at every length, or when any one of its bits is wrong.

   usage: replay [--cut | --flip | --flip-mended] INPUT... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STATUSES = ACT_KERNELS + 1 };

/* Opens exactly these bytes and counts what it was told. */
static void open_exactly(const uint8_t *bytes, size_t size, size_t *counts) {
  ActModel *model = NULL;
  uint8_t *copy = malloc(size ? size : 1);
  if (!copy) abort();
  memcpy(copy, bytes, size);
  counts[act_open_memory(copy, size, &model)]++;
  act_close(model);
  free(copy);
}

static uint8_t *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  uint8_t *bytes = NULL;
  if (file && fseek(file, 0, SEEK_END) == 0 && ftell(file) >= 0) {
    *size = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(*size + 1);
    if (bytes && fread(bytes, 1, *size, file) != *size) {
      free(bytes);
      bytes = NULL;
    }
  }
  if (file) fclose(file);
  if (bytes) return bytes;
  fprintf(stderr, "replay: %s: cannot be read\n", path);
  exit(2);
}

int main(int count, char **words) {
  const char *how = count > 1 && words[1][0] == '-' ? words[1] : "";
  size_t counts[STATUSES] = {0};
  for (int i = *how ? 2 : 1; i < count; i++) {
    size_t size;
    uint8_t *bytes = read_file(words[i], &size);
    size_t whole = size / SECTION_ALIGNMENT * SECTION_ALIGNMENT;
    if (!*how) LLVMFuzzerTestOneInput(bytes, size);
    if (strcmp(how, "--cut") == 0)
      for (size_t kept = 0; kept < whole; kept++) open_exactly(bytes, kept, counts);
    for (size_t bit = 0; strncmp(how, "--flip", 6) == 0 && bit < 8 * whole; bit++) {
      bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
      if (strcmp(how, "--flip") == 0)
        open_exactly(bytes, whole, counts);
      else
        LLVMFuzzerTestOneInput(bytes, size);
      bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    free(bytes);
  }
  for (int status = 0; status < STATUSES; status++)
    if (counts[status]) printf("%zu %s\n", counts[status], act_message((ActStatus)status));
  return 0;
}
