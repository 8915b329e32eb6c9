/* What any bytes must survive: opened as a file and, where that succeeds, run by calls in any order.

   The input is a file, its size rounded down to a multiple of 64, and what is left over, up to 63 bytes,
   are the calls. The file's own size and checksum are mended first, unless the first call says
   otherwise: what they guard is what is to be reached. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../halting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
  MOST_CALLS = 16,
  MOST_TIME = 3,
  MOST_PRODUCTS = 1 << 20, /* of a time step: a file may ask for 64 layers of 10,000 ponder steps */
  MOST_FLOATS = 1 << 20
};

/* Ends the program as a sanitizer does. */
static void expect(int holds) {
  if (!holds) abort();
}

typedef struct {
  const uint8_t *at, *end;
} Calls;

static uint8_t next(Calls *calls) { return calls->at < calls->end ? *calls->at++ : 0; }

static size_t image_products(const ActModel *model) {
  const Image *image = &model->image;
  const Layer *layer = &model->layers[0];
  size_t columns = patch_columns(image->channels > layer->hidden ? image->channels : layer->hidden);
  size_t place = columns * (layer->gates + layer->units) + layer->hidden * model->head.matrix.rows;
  size_t places = (image->height + 2) * (image->width + 2);
  if (place > MOST_PRODUCTS || places > MOST_PRODUCTS) return MOST_PRODUCTS + 1;
  return place * places * ((size_t)layer->max_ponder + 2);
}

static size_t products(const ActModel *model) {
  if (model->image.channels) return image_products(model);
  size_t count = model->head.matrix.rows * model->head.matrix.columns;
  for (size_t i = 0; i < model->layer_count; i++) {
    const Layer *layer = &model->layers[i];
    size_t step = (layer->hidden + 32) * layer->gates;
    if (step > MOST_PRODUCTS) return step;
    count += step * (size_t)layer->max_ponder + (i ? step : model->features * layer->gates);
  }
  return count;
}

/* Buffers of exactly the sizes that the API asks for: a sanitizer sees what is beyond. */
typedef struct {
  ActSizes sizes;
  size_t inputs; /* of x */
  float *x, *y, *state, *remainders;
  int32_t *tokens, *steps;
} Buffers;

static void *zeros(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  expect(memory != NULL);
  return memory;
}

static Buffers allocate(const ActSizes *sizes) {
  size_t layers = (size_t)sizes->layers, places = (size_t)sizes->height * (size_t)sizes->width;
  size_t inputs = sizes->channels ? places * (size_t)sizes->channels
                                  : MOST_TIME * (size_t)sizes->input_size;
  size_t answers = !sizes->channels ? MOST_TIME : sizes->pooled ? 1 : places;
  return (Buffers){.sizes = *sizes,
                   .inputs = inputs,
                   .x = zeros(inputs, sizeof(float)),
                   .y = zeros(answers * (size_t)sizes->output_size, sizeof(float)),
                   .state = zeros(sizes->state_size, sizeof(float)),
                   .remainders = zeros(MOST_TIME * layers, sizeof(float)),
                   .tokens = zeros(MOST_TIME, sizeof(int32_t)),
                   .steps = zeros(MOST_TIME * layers, sizeof(int32_t))};
}

static void release(Buffers *buffers) {
  free(buffers->x), free(buffers->y), free(buffers->state), free(buffers->remainders);
  free(buffers->tokens), free(buffers->steps);
}

/* Small, large, infinite and NaN values. */
static void fill(float *values, size_t count, uint8_t kind) {
  static const float units[] = {0.0f, 0.01f, 1.0f, -3.0f, 1e-40f, 3e38f, INFINITY, NAN};
  for (size_t i = 0; i < count; i++) values[i] = units[(kind + i * (kind >> 3)) % 8] * (float)(i % 7);
}

static void check_run(const ActContext *context, const Buffers *buffers, ActStatus status) {
  if (status != ACT_OK) return;
  for (int32_t i = 0; i < buffers->sizes.layers; i++) {
    expect(act_ponder_steps(context, i) >= (context->model->layers[i].halting->persists ? 0 : 1));
    expect(act_ponder_steps(context, i) <= buffers->sizes.max_ponder);
  }
}

/* Of any size from 0 to one more than the largest. */
static ActStatus run_image(ActContext *context, Buffers *b, uint8_t how) {
  int32_t height = how % (b->sizes.height + 2), width = how / 3 % (b->sizes.width + 2);
  fill(b->x, b->inputs, how);
  return act_run_image(context, b->x, height, width, b->y);
}

static ActStatus call(ActContext *context, Buffers *b, uint8_t what, uint8_t how) {
  size_t time = how % (MOST_TIME + 1);
  fill(b->x, time * (size_t)b->sizes.input_size, how);
  for (size_t t = 0; t < MOST_TIME; t++)
    b->tokens[t] = how < 250 ? (how * ((int32_t)t + 1)) % (b->sizes.vocab_size + 1) : -(int32_t)how;
  if (what % 8 == 0 && b->sizes.channels) return run_image(context, b, how);
  switch (what % 8) {
    case 0: return act_run(context, b->x, time, b->y, b->steps, b->remainders);
    case 1: return act_run_tokens(context, b->tokens, time, b->y, b->steps, b->remainders);
    case 2: return act_step(context, b->x, b->y);
    case 3: return act_step_token(context, b->tokens[0], b->y);
    case 4: return act_set_budget(context, (float)how / 250.0f, how % 12);
    case 5: return act_state_get(context, b->state);
    case 6: fill(b->state, b->sizes.state_size, how); return act_state_set(context, b->state);
    default: return act_reset(context);
  }
}

static void run(ActModel *model, Calls *calls) {
  static const char *const kernels[] = {NULL, "portable", "avx2", "avx512", "neon", "neon-dot"};
  ActContext *context;
  ActSizes sizes;
  expect(act_sizes(model, &sizes) == ACT_OK);
  if (act_use_kernels(model, kernels[next(calls) % 6]) != ACT_OK) return;
  if (products(model) > MOST_PRODUCTS || sizes.state_size > MOST_FLOATS) return;
  expect(act_context_new(model, &context) == ACT_OK);
  Buffers buffers = allocate(&sizes);
  for (int i = 0; i < MOST_CALLS && calls->at < calls->end; i++) {
    uint8_t what = next(calls), how = next(calls);
    bool runs = what % 8 < 4;
    ActStatus status = call(context, &buffers, what, how);
    expect(status == ACT_OK || *act_message(status));
    if (runs && how % (MOST_TIME + 1)) check_run(context, &buffers, status);
  }
  release(&buffers);
  act_context_free(context);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t whole = size / SECTION_ALIGNMENT * SECTION_ALIGNMENT;
  Calls calls = {data + whole, data + size};
  uint8_t *bytes = zeros(whole, 1);
  memcpy(bytes, data, whole);
  if (next(&calls) != 255 && whole >= sizeof(FileHeader)) {
    uint64_t file_size = whole;
    memcpy(bytes + offsetof(FileHeader, file_size), &file_size, sizeof file_size);
    uint64_t sum = actn_checksum(bytes, whole);
    memcpy(bytes + offsetof(FileHeader, checksum), &sum, sizeof sum);
  }
  ActModel *model = NULL;
  ActStatus status = act_open_memory(bytes, whole, &model);
  expect((status == ACT_OK) == (model != NULL));
  if (model) run(model, &calls);
  act_close(model);
  free(bytes);
  return 0;
}
