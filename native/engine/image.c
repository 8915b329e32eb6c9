/* An image: an encoder, a convolutional GRU (Ballas 2016) that is repeated until it halts, and a head:

       features = max(0, E * x)    projection = W * features    h = 0
       r, z = sigmoid(projection_r + U_r * h), sigmoid(projection_z + U_z * h)
       n    = tanh(projection_n + r (U_n * h)),    h' = n + z (h - n)

   with 3 x 3 convolutions, `*`, and biases. At one place a convolution is a product with the place's patch: 3 x 3
   places in the order in which they lie in a grid, whose frame of zeros spares patches their tests. Places
   outside the image are left out and stay 0, so an image that is filled up with zeros is answered as it
   is by itself. Halting reads the mean of h over the places inside, and its maximum.

   Grids that are multiplied with integers have one scale for all of their places. */
#include <string.h>

#include "halting.h"

static size_t row_of_places(const ImageState *image) { return image->width + 2; }

static size_t grid_floats(const ImageState *image, const Grid *grid) {
  return round_up(framed_places(image->height, image->width) * grid->channels, PADDING);
}

/* One of `places` in a grid: in the middle of its patch. */
static float *vector_at(const ImageState *image, const Grid *grid, size_t index) {
  return grid->values + (image->places[index] + row_of_places(image) + 1) * grid->channels;
}

/* A matrix, and what it is multiplied with: at each place its patch, or in the head the place alone. */
typedef struct {
  const Matrix *matrix;
  Grid *grid;
  size_t side; /* 3, or 1 */
} Product;

/* Copies a patch row by row, as it is multiplied. */
static void gather(const ImageState *image, const Product *product, size_t index, size_t patch) {
  const Grid *grid = product->grid;
  size_t run = product->side * grid->channels, row = row_of_places(image) * grid->channels;
  size_t from = image->places[index] * grid->channels + (product->side == 1 ? row + run : 0);
  float *values = image->patch_values + patch * image->patch_columns;
  bool whole = integers(product->matrix->store);
  for (size_t to = 0; to < product->side * run; to += run, from += row) {
    if (whole)
      memcpy(image->patches[patch].quantised + to, grid->vector.quantised + from, run);
    else
      memcpy(values + to, grid->values + from, run * sizeof *values);
  }
}

/* y + i rows = start + i stride + W patch, of GROUP places from `first` on; those past the last are none. */
static void multiply(const ActContext *context, const Product *product, size_t first,
                     const float *start, size_t stride, float *y) {
  ImageState *image = context->image;
  const Matrix *matrix = product->matrix;
  for (size_t i = 0; i < GROUP && first + i < image->count; i++) {
    gather(image, product, first + i, i);
    image->patches[i].scale = product->grid->vector.scale;
  }
  if (!start) {
    start = memset(y, 0, GROUP * matrix->rows * sizeof *y);
    stride = matrix->rows;
  }
  context->kernels->multiply_group[matrix->store](matrix, image->patches, start, stride, y);
}

static void quantise(const ActContext *context, const Product *product) {
  if (integers(product->matrix->store))
    context->kernels->quantise(&product->grid->vector,
                               grid_floats(context->image, product->grid));
}

static bool is_inside(const Image *model, const float *vector) {
  bool inside = !model->filled;
  for (size_t channel = 0; channel < model->channels; channel++) inside |= vector[channel] != 0;
  return inside;
}

/* x, channel after channel, becomes a grid, all others are zero, and the places inside are found. */
static void begin(ActContext *context, const float *x, size_t height, size_t width) {
  const Image *model = &context->model->image;
  ImageState *image = context->image;
  size_t channels = model->channels;
  image->height = height;
  image->width = width;
  image->count = 0;
  Grid *const grids[] = {&image->x, &image->h, &image->next};
  for (size_t i = 0; i < 3; i++)
    memset(grids[i]->values, 0, grid_floats(image, grids[i]) * sizeof(float));
  for (size_t row = 0; row < height; row++)
    for (size_t column = 0; column < width; column++) {
      image->places[image->count] = (uint32_t)(row * row_of_places(image) + column);
      float *vector = vector_at(image, &image->x, image->count);
      for (size_t channel = 0; channel < channels; channel++)
        vector[channel] = x[(channel * height + row) * width + column];
      image->count += is_inside(model, vector);
    }
}

/* The features, in `next`. */
static void encode(ActContext *context) {
  const Layer *layer = &context->model->layers[0];
  ImageState *image = context->image;
  const Map *encoder = &context->model->image.encoder;
  Product product = {&encoder->matrix, &image->x, 3};
  size_t rows = encoder->matrix.rows;
  quantise(context, &product);
  for (size_t first = 0; first < image->count; first += GROUP) {
    multiply(context, &product, first, encoder->bias, 0, context->gates);
    for (size_t i = 0; i < GROUP && first + i < image->count; i++) {
      float *features = context->gates + i * rows;
      context->kernels->rnn_relu(features, features, rows);
      memcpy(vector_at(image, &image->next, first + i), features,
             layer->hidden * sizeof(float));
    }
  }
}

/* Of the features, what every ponder step adds to U * h. */
static void project(ActContext *context) {
  const Layer *layer = &context->model->layers[0];
  ImageState *image = context->image;
  Product product = {&layer->input.matrix, &image->next, 3};
  quantise(context, &product);
  for (size_t first = 0; first < image->count; first += GROUP)
    multiply(context, &product, first, layer->input.bias, 0,
             image->projection + first * layer->gates);
  for (size_t i = 0; i < image->count; i++) {
    float *n = image->projection + i * layer->gates + 2 * layer->hidden;
    memcpy(image->input_n + i * layer->units, n, layer->hidden * sizeof *n);
    memcpy(n, layer->recurrent_bias, layer->hidden * sizeof *n);
  }
}

/* Gate after gate -> blocks of PANEL units, gate after gate. What a block has beyond the hidden units is never
   kept. */
static void in_blocks(const Layer *layer, const float *gates, float *blocks) {
  for (size_t unit = 0; unit < layer->units; unit += PANEL)
    for (size_t gate = 0; gate < 3; gate++)
      memcpy(blocks + 3 * unit + gate * PANEL, gates + gate * layer->hidden + unit,
             PANEL * sizeof *blocks);
}

/* One ponder step: from h to `next`, which then change names. */
static void update(ActContext *context) {
  const Layer *layer = &context->model->layers[0];
  ImageState *image = context->image;
  Product product = {&layer->recurrent, &image->h, 3};
  size_t units = layer->units, bytes = layer->hidden * sizeof(float);
  quantise(context, &product);
  for (size_t first = 0; first < image->count; first += GROUP) {
    multiply(context, &product, first, image->projection + first * layer->gates, layer->gates,
             context->gates);
    size_t left = image->count - first, count = left < GROUP ? left : GROUP;
    for (size_t i = 0; i < count; i++) {
      in_blocks(layer, context->gates + i * layer->gates, image->blocks + i * 3 * units);
      memcpy(image->group + i * units, vector_at(image, &image->h, first + i), bytes);
    }
    context->kernels->gru(image->blocks, image->input_n + first * units, image->group,
                          count * units);
    for (size_t i = 0; i < count; i++)
      memcpy(vector_at(image, &image->next, first + i), image->group + i * units, bytes);
  }
  Grid before = image->h;
  image->h = image->next;
  image->next = before;
}

/* Places that are summed by themselves: images may be large. The same whatever the image is filled up to. */
enum { SUMMED = 256 };

/* The mean of h over the places inside and, -1 where there are none, its maximum. A panel may
   reach into the next place: what is beyond the hidden units is cleared. */
static void summarise(ActContext *context) {
  const Kernels *kernels = context->kernels;
  const Layer *layer = &context->model->layers[0];
  ImageState *image = context->image;
  size_t units = layer->units;
  float *mean = image->summary, *most = mean + units, *sum = image->sum;
  memset(mean, 0, units * sizeof *mean);
  memset(sum, 0, units * sizeof *sum);
  for (size_t unit = 0; unit < units; unit++) most[unit] = -1;
  for (size_t i = 0; i < image->count; i++) {
    const float *h = vector_at(image, &image->h, i);
    kernels->accumulate(sum, h, 1, units);
    kernels->maximum(most, h, units);
    if ((i + 1) % SUMMED && i + 1 < image->count) continue;
    kernels->accumulate(mean, sum, 1, units);
    memset(sum, 0, units * sizeof *sum);
  }
  float count = (float)(image->count ? image->count : 1);
  for (size_t unit = 0; unit < units; unit++)
    mean[unit] = unit < layer->hidden ? mean[unit] / count : 0;
  memset(most + layer->hidden, 0, (units - layer->hidden) * sizeof *most);
}

/* As halting.h has it. */
static void ponder(ActContext *context) {
  const Layer *layer = &context->model->layers[0];
  const Halting *halting = layer->halting;
  LayerState *state = &context->layers[0];
  state->floats = grid_floats(context->image, &context->image->h);
  state->read = context->image->summary;
  state->ponder_steps = 0;
  bool due = halting->begin(context, layer, state);
  while (due) {
    update(context);
    state->state = context->image->h.values;
    if (halting->adaptive) summarise(context);
    due = !halting->advance(context, layer, state, ++state->ponder_steps);
  }
  halting->finish(context, layer, state);
}

/* The mean answer is the answer to the mean; of no place it is 0. */
static void answer_pooled(ActContext *context, float *y) {
  const ActModel *model = context->model;
  const Layer *layer = &model->layers[0];
  const Map *head = &model->head;
  ImageState *image = context->image;
  size_t bytes = (size_t)model->sizes.output_size * sizeof *y;
  memset(y, 0, bytes);
  if (!image->count) return;
  summarise(context);
  memcpy(image->sum, image->summary, layer->units * sizeof(float));
  if (integers(head->matrix.store)) context->kernels->quantise(&image->mean, layer->width);
  const float *start = head->bias;
  if (!start) start = memset(context->gates, 0, head->matrix.rows * sizeof *start);
  context->kernels->multiply[head->matrix.store](&head->matrix, &image->mean, start,
                                                 context->gates);
  memcpy(y, context->gates, bytes);
}

/* Outside the image, where h is 0, the answer is the head's bias. */
static void answer(ActContext *context, float *y) {
  ImageState *image = context->image;
  const Map *head = &context->model->head;
  Product product = {&head->matrix, &image->h, 1};
  size_t outputs = (size_t)context->model->sizes.output_size, rows = head->matrix.rows;
  quantise(context, &product);
  for (size_t i = 0; i < image->height * image->width; i++) {
    if (head->bias)
      memcpy(y + i * outputs, head->bias, outputs * sizeof *y);
    else
      memset(y + i * outputs, 0, outputs * sizeof *y);
  }
  for (size_t first = 0; first < image->count; first += GROUP) {
    multiply(context, &product, first, head->bias, 0, context->gates);
    for (size_t i = 0; i < GROUP && first + i < image->count; i++) {
      size_t place = image->places[first + i], row = place / row_of_places(image);
      memcpy(y + (place - 2 * row) * outputs, context->gates + i * rows, outputs * sizeof *y);
    }
  }
}

void actn_run_image(ActContext *context, const float *x, size_t height, size_t width, float *y) {
  begin(context, x, height, width);
  encode(context);
  project(context);
  ponder(context);
  if (context->model->image.pooled)
    answer_pooled(context, y);
  else
    answer(context, y);
}
