/* Time steps, sequences and images: inputs are looked through before anything is computed. */
#include <string.h>

#include "context.h"

/* Of two floats: a magnitude reaches the highest bit with its exponent raised by one if, and only if, it is
   not finite. */
static uint64_t raised(const float *two) {
  uint64_t bits;
  memcpy(&bits, two, sizeof bits);
  return (bits & 0x7fffffff7fffffff) + 0x0080000000800000;
}

bool actn_all_finite(const float *values, size_t count) {
  uint64_t found = 0;
  for (size_t i = 0; i + 2 <= count; i += 2) found |= raised(values + i);
  if (count % 2) found |= raised((float[]){values[count - 1], 0});
  return !(found & 0x8000000080000000);
}

static bool all_tokens(const int32_t *tokens, size_t count, int32_t vocab_size) {
  bool good = true;
  for (size_t i = 0; i < count; i++) good &= tokens[i] >= 0 && tokens[i] < vocab_size;
  return good;
}

/* N and R of the time step, where they are asked for. */
static void report(const ActContext *context, size_t time, int32_t *ponder_steps,
                   float *remainders) {
  size_t layers = context->model->layer_count, at = time * layers;
  for (size_t i = 0; i < layers; i++) {
    if (ponder_steps) ponder_steps[at + i] = context->layers[i].ponder_steps;
    if (remainders) remainders[at + i] = context->layers[i].remainder;
  }
}

ActStatus act_run(ActContext *context, const float *x, size_t time, float *y, int32_t *ponder_steps,
                  float *remainders) {
  if (!context || !x || !y) return ACT_NULL;
  size_t features = (size_t)context->model->sizes.input_size;
  size_t outputs = (size_t)context->model->sizes.output_size;
  if (!features) return ACT_INPUT_KIND;
  if (time > SIZE_MAX / sizeof *x / features) return ACT_SIZE;
  if (!actn_all_finite(x, time * features)) return ACT_NOT_FINITE;
  for (size_t t = 0; t < time; t++) {
    actn_step(context, x + t * features, y + t * outputs);
    report(context, t, ponder_steps, remainders);
  }
  return ACT_OK;
}

ActStatus act_run_tokens(ActContext *context, const int32_t *tokens, size_t time, float *y,
                         int32_t *ponder_steps, float *remainders) {
  if (!context || !tokens || !y) return ACT_NULL;
  size_t outputs = (size_t)context->model->sizes.output_size;
  if (!context->model->sizes.vocab_size) return ACT_INPUT_KIND;
  if (time > SIZE_MAX / sizeof *tokens) return ACT_SIZE;
  if (!all_tokens(tokens, time, context->model->sizes.vocab_size)) return ACT_TOKEN;
  for (size_t t = 0; t < time; t++) {
    actn_step_token(context, tokens[t], y + t * outputs);
    report(context, t, ponder_steps, remainders);
  }
  return ACT_OK;
}

ActStatus act_run_image(ActContext *context, const float *x, int32_t height, int32_t width,
                        float *y) {
  if (!context || !x || !y) return ACT_NULL;
  const ActSizes *sizes = &context->model->sizes;
  if (!sizes->channels) return ACT_INPUT_KIND;
  if (height < 1 || height > sizes->height || width < 1 || width > sizes->width) return ACT_SIZE;
  size_t rows = (size_t)height, columns = (size_t)width;
  if (!actn_all_finite(x, (size_t)sizes->channels * rows * columns)) return ACT_NOT_FINITE;
  actn_run_image(context, x, rows, columns, y);
  return ACT_OK;
}

ActStatus act_step(ActContext *context, const float *x, float *y) {
  return act_run(context, x, 1, y, NULL, NULL);
}

ActStatus act_step_token(ActContext *context, int32_t token, float *y) {
  return act_run_tokens(context, &token, 1, y, NULL, NULL);
}
