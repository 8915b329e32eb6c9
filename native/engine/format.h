/* The structures of an `.actn` file, field by field as docs/native-format.md has them. They are copied out
   of the file, which need not be aligned to more than 4 bytes. */
#ifndef ACT_FORMAT_H
#define ACT_FORMAT_H

#include <stdint.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the engine reads weights where they lie, and they are little-endian"
#endif

enum {
  FORMAT_VERSION = 1,
  SECTION_ALIGNMENT = 64,
  CHECKED_FROM = 32, /* the checksum is of all bytes from here on */
  MAX_LAYERS = 64,
  MAX_HIDDEN = 16384,
  MAX_PONDER = 10000,
  MAX_FEATURES = 65536, /* of a time step, or of an embedded token: sums of 255 x 128 stay below 2^31 */
  MAX_ROWS = 1 << 24    /* of the vocabulary, and of outputs */
};

static const uint8_t MAGIC[8] = {0x89, 'A', 'C', 'T', 'N', '\r', '\n', 0x1a};

typedef enum { KIND_MATRIX, KIND_TABLE } MapKind;

typedef struct {
  uint32_t store;
  uint32_t kind;
  uint32_t rows;
  uint32_t columns;
  uint64_t weights;
  uint64_t scales;
  uint64_t sums;
  uint64_t bias;
  uint8_t reserved[16];
} FileMap;

typedef struct {
  uint8_t magic[8];
  uint32_t version;
  uint32_t header_size;
  uint64_t file_size;
  uint64_t checksum;
  uint32_t layers;
  uint32_t features;
  uint32_t vocabulary;
  uint32_t outputs;
  uint64_t metadata;
  uint64_t metadata_size;
  FileMap embedding;
} FileHeader;

typedef enum { CELL_RNN_TANH, CELL_RNN_RELU, CELL_GRU, CELL_LSTM, CELLS } Cell;

typedef struct {
  uint32_t cell;
  uint32_t hidden;
  uint32_t max_ponder;
  uint32_t halting; /* a policy's number: halting.c */
  float threshold;
  float halting_bias;
  uint64_t halting_weights;
  uint64_t flag;
  uint64_t recurrent_bias;
  uint8_t reserved[16];
  FileMap input;
  FileMap recurrent;
} FileLayer;

/* They are read as they lie. */
typedef char header_has_its_size[sizeof(FileHeader) == 128 ? 1 : -1];
typedef char map_has_its_size[sizeof(FileMap) == 64 ? 1 : -1];
typedef char layer_has_its_size[sizeof(FileLayer) == 192 ? 1 : -1];

#endif
