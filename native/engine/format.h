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
  MAX_ROWS = 1 << 24,   /* of the vocabulary, and of outputs */
  MAX_CHANNELS = 4096,  /* of images and of their state: a patch has nine times as many columns */
  MAX_SIDE = 4096,      /* height and width of an image */
  MAX_GRID = 1 << 24    /* floats of a grid with its frame: bounds what a file makes of a context */
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
  FileMap embedding; /* of images: the encoder */
} FileHeader;

typedef enum { CELL_RNN_TANH, CELL_RNN_RELU, CELL_GRU, CELL_LSTM, CELL_CONV_GRU, CELLS } Cell;

/* Of a model of images, whose only layer has CELL_CONV_GRU; zero in all others. */
typedef struct {
  uint32_t height; /* the largest */
  uint32_t width;
  uint32_t pooled; /* 1: one answer to an image, else one to each of its places */
  uint32_t filled; /* 1: a place whose channels are all 0 is outside the image */
} FileImage;

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
  FileImage image;
  FileMap input;
  FileMap recurrent;
} FileLayer;

/* They are read as they lie. */
typedef char header_has_its_size[sizeof(FileHeader) == 128 ? 1 : -1];
typedef char map_has_its_size[sizeof(FileMap) == 64 ? 1 : -1];
typedef char layer_has_its_size[sizeof(FileLayer) == 192 ? 1 : -1];

#endif
