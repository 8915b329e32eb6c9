/* Contexts: one allocation each, laid out the same for all contexts of a model. */
#include <stdlib.h>
#include <string.h>

#include "halting.h"

/* Vectors follow each other, each at a multiple of so many bytes. */
enum { LINE = 64 };

/* Without a base, it counts bytes alone. */
typedef struct {
  uint8_t *base;
  size_t used;
} Layout;

static void *place(Layout *layout, size_t bytes) {
  void *at = layout->base ? layout->base + layout->used : NULL;
  layout->used += round_up(bytes, LINE);
  return at;
}

static float *place_floats(Layout *layout, size_t count) {
  return place(layout, count * sizeof(float));
}

static Vector place_vector(Layout *layout, const float *values, size_t count, bool quantised) {
  Vector vector = {values, NULL, NULL, 0};
  if (quantised) {
    vector.quantised = place(layout, count);
    vector.block_sums = place(layout, count / BLOCK * sizeof(int32_t));
  }
  return vector;
}

/* What time steps need whatever the layer: the most of any. */
typedef struct {
  size_t state, gates, units;
} Room;

static Room most(const ActModel *model) {
  Room room = {0, 0, 0};
  for (size_t i = 0; i < model->layer_count; i++) {
    const Layer *layer = &model->layers[i];
    size_t state = layer->tensors * layer->width;
    if (state > room.state) room.state = state;
    if (layer->gates > room.gates) room.gates = layer->gates;
    if (layer->cell == CELL_GRU && layer->units > room.units) room.units = layer->units;
  }
  return room;
}

/* Room for the largest image, whose last place may be read in whole panels. */
static Grid place_grid(const ActModel *model, Layout *layout, size_t channels, bool quantised) {
  size_t places = framed_places(model->image.height, model->image.width);
  size_t floats = round_up(places * channels + PANEL, PADDING);
  Grid grid = {.values = place_floats(layout, floats), .channels = channels};
  grid.vector = place_vector(layout, grid.values, floats, quantised);
  return grid;
}

static void place_patches(const ActModel *model, Layout *layout, ImageState *image) {
  const Layer *layer = &model->layers[0];
  size_t most = model->image.channels > layer->hidden ? model->image.channels : layer->hidden;
  size_t columns = image->patch_columns = round_up(patch_columns(most), PADDING);
  image->patch_values = place_floats(layout, GROUP * columns);
  for (size_t i = 0; i < GROUP; i++) {
    const float *values = layout->base ? image->patch_values + i * columns : NULL;
    image->patches[i] = place_vector(layout, values, columns, true);
  }
}

/* The last group of places is a whole one, whatever it holds. */
static void place_image(const ActModel *model, Layout *layout, ActContext *placed) {
  const Layer *layer = &model->layers[0];
  const Matrix *head = &model->head.matrix;
  size_t places = round_up(model->image.height * model->image.width, GROUP);
  size_t rows = head->rows > layer->gates ? head->rows : layer->gates;
  /* `next` is the features first, and h in turn. */
  bool quantised = integers(layer->input.matrix.store) || integers(layer->recurrent.store) ||
                   integers(head->store);
  ImageState *at = place(layout, sizeof *at), image = {0};
  image.x = place_grid(model, layout, model->image.channels,
                       integers(model->image.encoder.matrix.store));
  image.h = place_grid(model, layout, layer->hidden, quantised);
  image.next = place_grid(model, layout, layer->hidden, quantised);
  placed->mean = place_grid(model, layout, layer->hidden, false).values;
  image.places = place(layout, places * sizeof *image.places);
  place_patches(model, layout, &image);
  image.projection = place_floats(layout, places * layer->gates);
  image.input_n = place_floats(layout, places * layer->units);
  image.blocks = place_floats(layout, GROUP * 3 * layer->units);
  image.group = place_floats(layout, GROUP * layer->units);
  image.summary = place_floats(layout, layer->read);
  image.sum = place_floats(layout, layer->width);
  image.mean = place_vector(layout, image.sum, layer->width, true);
  placed->gates = place_floats(layout, GROUP * rows + PANEL); /* blocks are copied whole */
  placed->image = at;
  if (at) *at = image;
}

/* The weights of a time step are read in the order of the layers, and so is what lies here. */
static void place_sequence(const ActModel *model, Layout *layout, ActContext *placed) {
  Room room = most(model);
  size_t width = round_up(model->features, PADDING);
  placed->features = place_floats(layout, width);
  placed->input = place_vector(layout, placed->features, width, model->quantised);
  placed->projection = place_floats(layout, room.gates);
  placed->first = place_floats(layout, room.gates);
  placed->input_n = place_floats(layout, room.units);
  placed->first_n = place_floats(layout, room.units);
  placed->gates = place_floats(layout, room.gates);
  placed->mean = place_floats(layout, room.state);
  placed->output = place_floats(layout, model->head.matrix.rows);
}

static LayerState place_layer(const Layer *layer, Layout *layout) {
  size_t floats = layer->tensors * layer->width;
  float *state = place_floats(layout, floats);
  return (LayerState){.state = state,
                      .floats = floats,
                      .read = state,
                      .h = place_vector(layout, state, layer->width, layer->quantised)};
}

static void place_all(const ActModel *model, Layout *layout, ActContext *context) {
  bool images = model->image.channels;
  ActContext placed = {.model = model, .kernels = model->kernels};
  if (images)
    place_image(model, layout, &placed);
  else
    place_sequence(model, layout, &placed);
  if (context) *context = placed;
  for (size_t i = 0; i < model->layer_count; i++) {
    const Layer *layer = &model->layers[i];
    LayerState state = images ? (LayerState){0} : place_layer(layer, layout);
    state.threshold = layer->threshold;
    state.limit = layer->max_ponder;
    state.persistent = layer->halting->initial;
    if (context && images) state.state = placed.image->h.values;
    if (context) context->layers[i] = state;
  }
}

static size_t own_bytes(const ActModel *model) {
  return sizeof(ActContext) + model->layer_count * sizeof(LayerState);
}

size_t actn_context_bytes(const ActModel *model) {
  Layout layout = {NULL, 0};
  place_all(model, &layout, NULL);
  return own_bytes(model) + LINE - 1 + layout.used;
}

ActStatus act_context_new(const ActModel *model, ActContext **context) {
  if (!model || !context) return ACT_NULL;
  ActContext *made = calloc(1, model->sizes.context_bytes);
  if (!made) return ACT_MEMORY;
  uint8_t *after = (uint8_t *)made + own_bytes(model);
  Layout layout = {after + (LINE - (uintptr_t)after % LINE) % LINE, 0};
  place_all(model, &layout, made);
  *context = made;
  return ACT_OK;
}

void act_context_free(ActContext *context) { free(context); }

ActStatus act_reset(ActContext *context) {
  if (!context) return ACT_NULL;
  for (size_t i = 0; i < context->model->layer_count; i++) {
    const Layer *layer = &context->model->layers[i];
    LayerState *state = &context->layers[i];
    memset(state->state, 0, layer->tensors * layer->width * sizeof(float));
    actn_quantise_h(context, layer, state);
    state->ponder_steps = 0;
    state->remainder = 0;
    state->persistent = layer->halting->initial;
  }
  return ACT_OK;
}

ActStatus act_set_budget(ActContext *context, float threshold, int32_t max_ponder) {
  if (!context) return ACT_NULL;
  const ActModel *model = context->model;
  bool adaptive = false;
  for (size_t i = 0; i < model->layer_count; i++) adaptive |= model->layers[i].halting->adaptive;
  if (!adaptive) return ACT_FIXED;
  if (!(threshold >= 0 && threshold <= 1)) return ACT_BUDGET;
  if (max_ponder < 1 || max_ponder > model->sizes.max_ponder) return ACT_BUDGET;
  for (size_t i = 0; i < model->layer_count; i++) {
    int32_t own = model->layers[i].max_ponder;
    if (!model->layers[i].halting->adaptive) continue;
    context->layers[i].threshold = threshold;
    context->layers[i].limit = max_ponder < own ? max_ponder : own;
  }
  return ACT_OK;
}

static const LayerState *find_layer(const ActContext *context, int32_t layer) {
  if (!context || layer < 0 || layer >= context->model->sizes.layers) return NULL;
  return &context->layers[layer];
}

int32_t act_ponder_steps(const ActContext *context, int32_t layer) {
  const LayerState *state = find_layer(context, layer);
  return state ? state->ponder_steps : 0;
}

float act_remainder(const ActContext *context, int32_t layer) {
  const LayerState *state = find_layer(context, layer);
  return state ? state->remainder : 0;
}

ActStatus act_state_get(const ActContext *context, float *state) {
  if (!context || !state) return ACT_NULL;
  for (size_t i = 0; i < context->model->layer_count; i++) {
    const Layer *layer = &context->model->layers[i];
    const LayerState *from = &context->layers[i];
    for (size_t tensor = 0; tensor < layer->tensors; tensor++, state += layer->hidden)
      memcpy(state, from->state + tensor * layer->width, layer->hidden * sizeof(float));
    if (layer->halting->persists) *state++ = from->persistent;
  }
  return ACT_OK;
}

ActStatus act_state_set(ActContext *context, const float *state) {
  if (!context || !state) return ACT_NULL;
  if (!actn_all_finite(state, context->model->sizes.state_size)) return ACT_NOT_FINITE;
  for (size_t i = 0; i < context->model->layer_count; i++) {
    const Layer *layer = &context->model->layers[i];
    LayerState *to = &context->layers[i];
    for (size_t tensor = 0; tensor < layer->tensors; tensor++, state += layer->hidden)
      memcpy(to->state + tensor * layer->width, state, layer->hidden * sizeof(float));
    if (layer->halting->persists) to->persistent = *state++;
    actn_quantise_h(context, layer, to);
  }
  return ACT_OK;
}
