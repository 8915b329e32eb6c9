/* What a model tells of itself. */
#include "halting.h"

const char *act_message(ActStatus status) {
  switch (status) {
    case ACT_OK: return "done";
    case ACT_NULL: return "an argument is NULL that must not be";
    case ACT_FILE: return "the file cannot be opened or mapped";
    case ACT_NOT_ACTN: return "not an .actn file";
    case ACT_VERSION: return "a version of the .actn format that this engine does not read";
    case ACT_TRUNCATED: return "the file is shorter or longer than it says it is";
    case ACT_CHECKSUM: return "the file's contents are not those that were written";
    case ACT_CORRUPT: return "the file contradicts itself or exceeds a limit";
    case ACT_ALIGNMENT: return "the memory is not aligned to 4 bytes";
    case ACT_MEMORY: return "out of memory";
    case ACT_SIZE: return "a size or an index that the model does not have";
    case ACT_INPUT_KIND: return "the model reads another of these: features, tokens, images";
    case ACT_TOKEN: return "a token outside the vocabulary";
    case ACT_NOT_FINITE: return "an input or a state is NaN or infinite";
    case ACT_BUDGET: return "the threshold is not in 0..1, or max_ponder not in 1..the model's own";
    case ACT_FIXED: return "the model always takes the same number of ponder steps";
    case ACT_KERNELS: return "kernels that are unknown, or that this processor cannot run";
  }
  return "no status of the engine";
}

ActStatus act_sizes(const ActModel *model, ActSizes *sizes) {
  if (!model || !sizes) return ACT_NULL;
  *sizes = model->sizes;
  return ACT_OK;
}

ActStatus act_layer(const ActModel *model, int32_t layer, int32_t *hidden_size, int32_t *tensors) {
  if (!model || !hidden_size || !tensors) return ACT_NULL;
  if (layer < 0 || layer >= model->sizes.layers) return ACT_SIZE;
  *hidden_size = (int32_t)model->layers[layer].hidden;
  *tensors = (int32_t)model->layers[layer].tensors;
  return ACT_OK;
}

ActStatus act_halting(const ActModel *model, int32_t layer, const char **name, int32_t *floats) {
  if (!model || !name || !floats) return ACT_NULL;
  if (layer < 0 || layer >= model->sizes.layers) return ACT_SIZE;
  const Halting *halting = model->layers[layer].halting;
  *name = halting->name;
  *floats = halting->persists;
  return ACT_OK;
}

ActStatus act_metadata(const ActModel *model, const char **text, size_t *size) {
  if (!model || !text || !size) return ACT_NULL;
  *text = model->metadata_size ? model->metadata : "";
  *size = model->metadata_size;
  return ACT_OK;
}

ActStatus act_use_kernels(ActModel *model, const char *name) {
  if (!model) return ACT_NULL;
  const Kernels *kernels = actn_find_kernels(name);
  if (!kernels) return ACT_KERNELS;
  model->kernels = kernels;
  return ACT_OK;
}

const char *act_kernels(const ActModel *model) { return model ? model->kernels->name : ""; }
