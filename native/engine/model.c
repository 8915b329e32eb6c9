/* Reads a model out of a file, which may hold anything: each number is checked before it is used, and
   sizes are limited such that no sum or product of them overflows 64 bits. */
#include <stdlib.h>
#include <string.h>

#include "halting.h"

typedef struct {
  const uint8_t *bytes;
  uint64_t size;
  uint64_t first; /* where sections may begin: after header, layers and head */
  bool corrupt;   /* a section was not there; found out once it matters */
} File;

/* A section that must be there, or none where it has no bytes. */
static const void *section(File *file, uint64_t offset, uint64_t bytes) {
  if (!bytes && !offset) return NULL;
  if (bytes && offset >= file->first && offset % SECTION_ALIGNMENT == 0 && offset <= file->size &&
      bytes <= file->size - offset)
    return file->bytes + offset;
  file->corrupt = true;
  return NULL;
}

static bool all_zero(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (bytes[i]) return false;
  return true;
}

static bool is_fraction(float value) { return value >= 0 && value <= 1; }

static bool is_finite(float value) { return value - value == 0; }

static bool between(uint64_t value, uint64_t least, uint64_t most) {
  return value >= least && value <= most;
}

MapBytes actn_map_bytes(Store store, uint64_t rows, uint64_t columns) {
  MapBytes bytes = {0, 0, 0};
  switch (store) {
    case STORE_F32: bytes.weights = rows * columns * sizeof(float); break;
    case STORE_F16: bytes.weights = rows * columns * sizeof(uint16_t); break;
    case STORE_INT8:
      bytes.weights = rows * columns;
      bytes.scales = rows * sizeof(float);
      bytes.sums = rows * sizeof(int32_t);
      break;
    default:
      bytes.weights = rows * columns / 2;
      bytes.scales = rows * columns / BLOCK * sizeof(uint16_t);
  }
  return bytes;
}

static size_t padded_columns(Store store, size_t columns) {
  if (store == STORE_INT8) return round_up(columns, OCTET);
  return store == STORE_INT4 ? round_up(columns, BLOCK) : columns;
}

/* A map that must have this kind and this many rows and columns, both within limits. */
static bool read_map(File *file, const FileMap *from, MapKind kind, size_t rows, size_t columns,
                     Map *map) {
  if (from->kind != (uint32_t)kind || from->rows != rows || from->columns != columns ||
      from->store >= STORES || !all_zero(from->reserved, sizeof from->reserved))
    return false;
  Store store = (Store)from->store;
  if (kind == KIND_TABLE && (integers(store) || from->bias)) return false;
  Matrix *matrix = &map->matrix;
  matrix->store = store;
  matrix->rows = round_up(rows, PANEL);
  matrix->columns = padded_columns(store, columns);
  MapBytes bytes = actn_map_bytes(store, matrix->rows, matrix->columns);
  const void *scales = section(file, from->scales, bytes.scales);
  matrix->weights = section(file, from->weights, bytes.weights);
  matrix->scales = store == STORE_INT8 ? scales : NULL;
  matrix->halves = store == STORE_INT4 ? scales : NULL;
  matrix->sums = section(file, from->sums, bytes.sums);
  map->bias = section(file, from->bias, from->bias ? matrix->rows * sizeof(float) : 0);
  return !file->corrupt;
}

static bool read_cell(const FileLayer *from, Layer *layer) {
  static const size_t gates[CELLS] = {1, 1, 3, 4, 3};
  if (from->cell >= CELLS || !between(from->hidden, 1, MAX_HIDDEN)) return false;
  layer->cell = (Cell)from->cell;
  layer->hidden = from->hidden;
  layer->units = round_up(layer->hidden, PANEL);
  layer->width = round_up(layer->hidden, PADDING);
  layer->tensors = layer->cell == CELL_CONV_GRU ? 0 : layer->cell == CELL_LSTM ? 2 : 1;
  layer->gates = gates[layer->cell] * layer->units;
  layer->read = layer->units;
  if (layer->cell == CELL_CONV_GRU) {
    layer->gates = round_up(gates[layer->cell] * layer->hidden, PANEL);
    layer->read = 2 * layer->units;
  }
  return true;
}

static bool read_halting(File *file, const FileLayer *from, Layer *layer) {
  layer->halting = actn_find_halting(from->halting);
  if (!layer->halting || !between(from->max_ponder, 1, MAX_PONDER)) return false;
  if (!is_fraction(from->threshold) || !is_finite(from->halting_bias)) return false;
  layer->max_ponder = (int32_t)from->max_ponder;
  layer->threshold = from->threshold;
  layer->halting_bias = from->halting_bias;
  layer->halting_weights = section(file, from->halting_weights, layer->read * sizeof(float));
  return !file->corrupt;
}

/* A layer whose input map has this many columns, or rows of a table, and whose recurrent one so many. */
static bool read_layer(File *file, const FileLayer *from, MapKind kind, size_t columns,
                       size_t recurrent_columns, Layer *layer) {
  Map recurrent;
  bool conv = layer->cell == CELL_CONV_GRU, gru = conv || layer->cell == CELL_GRU;
  size_t rows = conv ? 3 * layer->hidden : layer->gates;
  if (!read_halting(file, from, layer) ||
      !read_map(file, &from->input, kind, rows, columns, &layer->input) ||
      !read_map(file, &from->recurrent, KIND_MATRIX, rows, recurrent_columns, &recurrent))
    return false;
  layer->recurrent = recurrent.matrix;
  layer->flag = section(file, from->flag, conv ? 0 : layer->gates * sizeof(float));
  layer->recurrent_bias =
      section(file, from->recurrent_bias, gru ? layer->units * sizeof(float) : 0);
  return !recurrent.bias && !file->corrupt;
}

/* What images are and are not limited by; without time, nothing persists. */
static bool check_image(const FileHeader *header, const FileImage *from, const Layer *layer) {
  if (header->layers != 1 || header->vocabulary || header->features > MAX_CHANNELS ||
      layer->hidden > MAX_CHANNELS || from->pooled > 1 || from->filled > 1 ||
      !between(from->height, 1, MAX_SIDE) || !between(from->width, 1, MAX_SIDE))
    return false;
  uint64_t channels = header->features > layer->units ? header->features : layer->units;
  return framed_places(from->height, from->width) * channels <= MAX_GRID;
}

/* The encoder and the only layer of a model of images. Their weights are multiplied with many places, so int4,
   which saves reading them, has no use. */
static bool read_image(File *file, const FileHeader *header, const FileLayer *from,
                       ActModel *model) {
  Image *image = &model->image;
  Layer *layer = &model->layers[0];
  size_t columns = patch_columns(layer->hidden);
  if (!check_image(header, &from->image, layer) ||
      !read_map(file, &header->embedding, KIND_MATRIX, layer->hidden,
                patch_columns(header->features), &image->encoder) ||
      !read_layer(file, from, KIND_MATRIX, columns, columns, layer))
    return false;
  image->channels = header->features;
  image->height = from->image.height;
  image->width = from->image.width;
  image->pooled = from->image.pooled;
  image->filled = from->image.filled;
  return !layer->halting->persists && image->encoder.matrix.store != STORE_INT4 &&
         layer->input.matrix.store != STORE_INT4 && layer->recurrent.store != STORE_INT4;
}

/* Tokens are looked up in an embedding or, where there is none, in the first layer's table. */
static bool read_input(File *file, const FileHeader *header, ActModel *model) {
  static const FileMap none;
  const FileMap *embedding = &header->embedding;
  model->features = header->features;
  if (memcmp(embedding, &none, sizeof none) == 0) return true;
  model->features = embedding->rows;
  return header->vocabulary && between(embedding->rows, 1, MAX_FEATURES) &&
         read_map(file, embedding, KIND_TABLE, embedding->rows, header->vocabulary,
                  &model->embedding);
}

/* The layers of a model of time steps. */
static bool read_sequence(File *file, const FileHeader *header, const FileLayer *from,
                          ActModel *model) {
  static const FileImage none;
  if (!read_input(file, header, model)) return false;
  MapKind kind = model->features ? KIND_MATRIX : KIND_TABLE;
  size_t columns = model->features ? model->features : header->vocabulary;
  for (size_t i = 0; i < model->layer_count; i++) {
    Layer *layer = &model->layers[i];
    if (memcmp(&from[i].image, &none, sizeof none) != 0 || !read_cell(&from[i], layer) ||
        layer->cell == CELL_CONV_GRU ||
        !read_layer(file, &from[i], kind, columns, layer->hidden, layer))
      return false;
    kind = KIND_MATRIX;
    columns = layer->hidden;
  }
  return true;
}

static bool read_network(File *file, const FileHeader *header, ActModel *model) {
  FileLayer from[MAX_LAYERS];
  FileMap head;
  size_t bytes = model->layer_count * sizeof *from;
  memcpy(from, file->bytes + sizeof *header, bytes);
  memcpy(&head, file->bytes + sizeof *header + bytes, sizeof head);
  if (!read_cell(&from[0], &model->layers[0])) return false;
  bool images = model->layers[0].cell == CELL_CONV_GRU;
  if (!(images ? read_image : read_sequence)(file, header, from, model)) return false;
  return read_map(file, &head, KIND_MATRIX, header->outputs,
                  model->layers[model->layer_count - 1].hidden, &model->head) &&
         !(images && model->head.matrix.store == STORE_INT4);
}

/* Who multiplies what with integers decides what is quantised. Images are where they are multiplied. */
static void mark_quantised(ActModel *model) {
  if (model->image.channels) return;
  const Matrix *above = &model->head.matrix;
  for (size_t i = model->layer_count; i--; above = &model->layers[i].input.matrix) {
    Layer *layer = &model->layers[i];
    layer->quantised = integers(layer->recurrent.store) || integers(above->store);
  }
  model->quantised = model->features && integers(above->store);
}

static void count_sizes(const FileHeader *header, ActModel *model) {
  ActSizes *sizes = &model->sizes;
  const Image *image = &model->image;
  sizes->input_size = image->channels ? 0 : (int32_t)header->features;
  sizes->vocab_size = (int32_t)header->vocabulary;
  sizes->output_size = (int32_t)header->outputs;
  sizes->layers = (int32_t)model->layer_count;
  sizes->halt_threshold = 1;
  sizes->channels = (int32_t)image->channels;
  sizes->height = (int32_t)image->height;
  sizes->width = (int32_t)image->width;
  sizes->pooled = image->pooled;
  for (size_t i = model->layer_count; i--;) {
    const Layer *layer = &model->layers[i];
    sizes->state_size += layer->tensors * layer->hidden + layer->halting->persists;
    if (layer->halting->adaptive) sizes->halt_threshold = layer->threshold;
    if (layer->max_ponder > sizes->max_ponder) sizes->max_ponder = layer->max_ponder;
  }
  sizes->context_bytes = actn_context_bytes(model);
}

/* What the header says, before anything is asked of the rest. */
static bool check_header(const FileHeader *header) {
  return between(header->layers, 1, MAX_LAYERS) && header->features <= MAX_FEATURES &&
         header->vocabulary <= MAX_ROWS && !header->features != !header->vocabulary &&
         between(header->outputs, 1, MAX_ROWS);
}

ActStatus actn_read_model(const uint8_t *bytes, const FileHeader *header, ActModel **model) {
  if (!check_header(header)) return ACT_CORRUPT;
  size_t layers = header->layers;
  File file = {bytes, header->file_size, 0, false};
  file.first = sizeof *header + layers * sizeof(FileLayer) + sizeof(FileMap);
  if (file.first > file.size) return ACT_CORRUPT;
  ActModel *read = calloc(1, sizeof *read + layers * sizeof *read->layers);
  if (!read) return ACT_MEMORY;
  read->bytes = bytes;
  read->size = (size_t)header->file_size;
  read->kernels = actn_find_kernels(NULL);
  read->layer_count = layers;
  read->metadata = section(&file, header->metadata, header->metadata_size);
  read->metadata_size = (size_t)header->metadata_size;
  if (file.corrupt || !read_network(&file, header, read)) {
    free(read);
    return ACT_CORRUPT;
  }
  mark_quantised(read);
  count_sizes(header, read);
  *model = read;
  return ACT_OK;
}
