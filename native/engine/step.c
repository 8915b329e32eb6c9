/* A time step: each layer ponders, the head reads the last one's state. */
#include <string.h>

#include "halting.h"

/* Bytes of weights: a part of any processor's first cache. */
enum { SLICE = 16 * 1024 };

static void multiply(const ActContext *context, const Matrix *matrix, const Vector *x,
                     const float *start, float *y) {
  context->kernels->multiply[matrix->store](matrix, x, start, y);
}

/* `count` rows from a tile's first one on: whole tiles, or all that are left. `row` is what each takes. */
static Matrix rows_of(const Matrix *matrix, MapBytes row, size_t from, size_t count) {
  Matrix rows = *matrix;
  rows.rows = count;
  rows.weights = (const char *)matrix->weights + from * row.weights;
  if (rows.scales) rows.scales += from;
  if (rows.sums) rows.sums += from;
  if (rows.halves) rows.halves += from * row.scales / sizeof *rows.halves;
  return rows;
}

/* y = start + U h. Slices are taken from the first to the last and, the next time, from the last to the first:
   of a matrix that is larger than a cache the last ones are still there. */
static void multiply_recurrent(const ActContext *context, const Layer *layer, LayerState *state,
                               const float *start, float *y) {
  const Matrix *matrix = &layer->recurrent;
  MapBytes row = actn_map_bytes(matrix->store, 1, matrix->columns);
  size_t tile = (size_t)(TILE * row.weights), slice = tile < SLICE ? SLICE / tile * TILE : TILE;
  size_t slices = (matrix->rows + slice - 1) / slice;
  for (size_t i = 0; i < slices; i++) {
    size_t from = (state->backwards ? slices - 1 - i : i) * slice, left = matrix->rows - from;
    Matrix rows = rows_of(matrix, row, from, left < slice ? left : slice);
    multiply(context, &rows, &state->h, start + from, y + from);
  }
  state->backwards = !state->backwards;
}

/* y = W x + bias. */
static void apply(const ActContext *context, const Map *map, const Vector *x, float *y) {
  const float *start = map->bias;
  if (!start) start = memset(y, 0, map->matrix.rows * sizeof *y);
  multiply(context, &map->matrix, x, start, y);
}

static void look_up(const ActContext *context, const Map *table, size_t token, float *row) {
  size_t count = table->matrix.rows, from = token * count;
  if (table->matrix.store == STORE_F16)
    context->kernels->widen((const uint16_t *)table->matrix.weights + from, row, count);
  else
    memcpy(row, (const float *)table->matrix.weights + from, count * sizeof *row);
}

void actn_quantise_h(const ActContext *context, const Layer *layer, LayerState *state) {
  if (layer->quantised) context->kernels->quantise(&state->h, layer->width);
}

/* Moves the n gate's part out of a projection, and in its place what is added to U_n h. */
static void split_n(const Layer *layer, float *projection, float *input_n) {
  for (size_t unit = 0; unit < layer->units; unit += PANEL) {
    float *n = projection + 3 * unit + 2 * PANEL;
    memcpy(input_n + unit, n, PANEL * sizeof *n);
    memcpy(n, layer->recurrent_bias + unit, PANEL * sizeof *n);
  }
}

/* A layer's W x + bias: of what it reads in this time step. */
static void project(ActContext *context, size_t index) {
  const ActModel *model = context->model;
  const Map *input = &model->layers[index].input;
  if (index) {
    apply(context, input, &context->layers[index - 1].h, context->projection);
  } else if (!model->features) {
    look_up(context, input, context->token, context->projection);
  } else {
    if (model->quantised)
      context->kernels->quantise(&context->input, round_up(model->features, PADDING));
    apply(context, input, &context->input, context->projection);
  }
}

/* All that ponder steps add but U h. */
static void prepare(ActContext *context, size_t index) {
  const Layer *layer = &context->model->layers[index];
  project(context, index);
  memcpy(context->first, context->projection, layer->gates * sizeof(float));
  context->kernels->accumulate(context->first, layer->flag, 1, layer->gates);
  if (layer->cell != CELL_GRU) return;
  split_n(layer, context->projection, context->input_n);
  split_n(layer, context->first, context->first_n);
}

/* One ponder step: h, and c, of the layer become the next ones. */
static void update(ActContext *context, const Layer *layer, LayerState *state, bool first) {
  const Kernels *kernels = context->kernels;
  const float *gates = context->gates;
  multiply_recurrent(context, layer, state, first ? context->first : context->projection,
                     context->gates);
  switch (layer->cell) {
    case CELL_RNN_TANH: kernels->rnn_tanh(gates, state->state, layer->units); break;
    case CELL_RNN_RELU: kernels->rnn_relu(gates, state->state, layer->units); break;
    case CELL_GRU:
      kernels->gru(gates, first ? context->first_n : context->input_n, state->state, layer->units);
      break;
    default: kernels->lstm(gates, state->state, state->state + layer->width, layer->units);
  }
}

/* A layer's time step, as halting.h has it: where no ponder step is due, x is not projected either. */
static void ponder(ActContext *context, size_t index) {
  const Layer *layer = &context->model->layers[index];
  const Halting *halting = layer->halting;
  LayerState *state = &context->layers[index];
  state->ponder_steps = 0;
  if (halting->begin(context, layer, state)) {
    prepare(context, index);
    for (int32_t n = 1;; n++) {
      update(context, layer, state, n == 1);
      state->ponder_steps = n;
      if (halting->advance(context, layer, state, n)) break;
      actn_quantise_h(context, layer, state);
    }
  }
  halting->finish(context, layer, state);
  if (state->ponder_steps) actn_quantise_h(context, layer, state);
}

/* What the first layer reads is in its place. */
static void step(ActContext *context, float *y) {
  const ActModel *model = context->model;
  for (size_t i = 0; i < model->layer_count; i++) ponder(context, i);
  apply(context, &model->head, &context->layers[model->layer_count - 1].h, context->output);
  memcpy(y, context->output, (size_t)model->sizes.output_size * sizeof *y);
}

void actn_step(ActContext *context, const float *x, float *y) {
  memcpy(context->features, x, context->model->features * sizeof *x);
  step(context, y);
}

void actn_step_token(ActContext *context, int32_t token, float *y) {
  const ActModel *model = context->model;
  context->token = (size_t)token;
  if (model->features) look_up(context, &model->embedding, context->token, context->features);
  step(context, y);
}
