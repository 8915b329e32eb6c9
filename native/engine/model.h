/* A model as contexts read it: pointers into the file, all of them checked. */
#ifndef ACT_MODEL_H
#define ACT_MODEL_H

#include <stdbool.h>

#include "act.h"
#include "format.h"
#include "kernels.h"

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "-ffast-math takes NaN for a number: a halting sum that is one would never end a time step"
#endif

#ifdef __GNUC__
#pragma GCC visibility push(hidden)
#endif

/* y = W x + bias, or a row of a table for each token. */
typedef struct {
  Matrix matrix;     /* of a table: its rows are as wide as `rows`, and it has `columns` of them */
  const float *bias; /* or NULL */
} Map;

/* A halting policy: halting.h. */
typedef struct Halting Halting;

typedef struct {
  Cell cell;
  size_t hidden;
  size_t units;      /* hidden rounded up to PANEL */
  size_t width;      /* of one tensor of the state: hidden rounded up to PADDING */
  size_t tensors;    /* of the state that goes from time step to time step: h, and c for LSTM */
  size_t gates;      /* units of all gates; of a conv_gru hidden ones, rounded up to PANEL together */
  size_t read;       /* floats that the halting unit reads: h or, of an image, its mean and its maximum */
  Map input;
  Matrix recurrent;
  const float *flag;
  const float *recurrent_bias; /* of the n gate, for GRU and conv_gru */
  const Halting *halting;
  const float *halting_weights; /* `read` of them */
  float halting_bias;
  float threshold;
  int32_t max_ponder;
  bool quantised;    /* h is multiplied with integers, here, above or by the head */
} Layer;

/* The frame of a model that iterates on images. */
typedef struct {
  size_t channels;      /* 0 where the model reads time steps */
  size_t height, width; /* the largest */
  bool pooled, filled;
  Map encoder;
} Image;

struct ActModel {
  const uint8_t *bytes;
  size_t size;
  bool mapped;
  const Kernels *kernels;
  const char *metadata;
  size_t metadata_size;
  ActSizes sizes;
  size_t features;  /* that the first layer's matrix reads: the network's own, or of an embedded token */
  bool quantised;   /* they are multiplied with integers */
  Map embedding;    /* without rows where there is none */
  Image image;
  Map head;
  size_t layer_count;
  Layer layers[];
};

static inline size_t round_up(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

/* Of an image's patch: 3 x 3 places. */
static inline size_t patch_columns(size_t channels) { return 9 * channels; }

/* Of a grid with a frame of one place around it. */
static inline size_t framed_places(size_t height, size_t width) { return (height + 2) * (width + 2); }

static inline bool integers(Store store) { return store == STORE_INT8 || store == STORE_INT4; }

/* Bytes of the sections of a map's matrix; as many for each of its rows. */
typedef struct {
  uint64_t weights, scales, sums;
} MapBytes;

MapBytes actn_map_bytes(Store store, uint64_t rows, uint64_t columns);

/* Of the bytes of a file of `size`, a multiple of SECTION_ALIGNMENT. */
uint64_t actn_checksum(const uint8_t *bytes, size_t size);

/* Whether the bytes, aligned to 4, are a whole file as it was written; its header. */
ActStatus actn_check_file(const uint8_t *bytes, size_t size, FileHeader *header);

/* The model of a file that has been checked so; ACT_CORRUPT or ACT_MEMORY. */
ActStatus actn_read_model(const uint8_t *bytes, const FileHeader *header, ActModel **model);

/* The policy of that number in a file; NULL if there is none. */
const Halting *actn_find_halting(uint32_t number);

/* Memory of a context of the model. */
size_t actn_context_bytes(const ActModel *model);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#endif
