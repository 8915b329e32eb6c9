/* act-engine: runs recurrent networks with Adaptive Computation Time (Graves 2016), over time steps or
   iterated on an image, from `.actn` files.

   A model is open once and may be shared by threads; a context holds the state of one sequence and
   belongs to one thread at a time. Nothing is allocated after act_context_new(), and there is no
   global state. Every function that can fail returns an ActStatus and then has changed nothing. */
#ifndef ACT_H
#define ACT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

#define ACT_ENGINE_VERSION "0.1.0"

typedef struct ActModel ActModel;
typedef struct ActContext ActContext;

typedef enum {
  ACT_OK = 0,
  ACT_NULL,       /* an argument is NULL that must not be */
  ACT_FILE,       /* the file cannot be opened or mapped */
  ACT_NOT_ACTN,   /* the bytes are not an .actn file */
  ACT_VERSION,    /* a format version that this engine does not read */
  ACT_TRUNCATED,  /* shorter or longer than the file says it is */
  ACT_CHECKSUM,   /* the contents are not those that were written */
  ACT_CORRUPT,    /* the contents contradict each other or exceed a limit */
  ACT_ALIGNMENT,  /* memory given to act_open_memory() is not aligned to 4 bytes */
  ACT_MEMORY,     /* out of memory */
  ACT_SIZE,       /* a size or an index that the model does not have */
  ACT_INPUT_KIND, /* the model reads another of these: features, tokens, images */
  ACT_TOKEN,      /* a token outside the vocabulary */
  ACT_NOT_FINITE, /* an input or a state is NaN or infinite */
  ACT_BUDGET,     /* threshold not in 0..1, or max_ponder not in 1..the model's own */
  ACT_FIXED,      /* the model always takes the same number of ponder steps */
  ACT_KERNELS     /* kernels of that name are unknown, or this processor lacks what they need */
} ActStatus;

/* One line of text, never NULL. */
const char *act_message(ActStatus status);

/* -- Models ---------------------------------------------------------------------------------- */

/* Map a file. */
ActStatus act_open(const char *path, ActModel **model);

/* The same from memory, which must stay as it is until act_close(); aligned to 4 bytes at least, 64 is
   best. */
ActStatus act_open_memory(const void *bytes, size_t size, ActModel **model);

/* After the last of its contexts is freed. NULL is allowed. */
void act_close(ActModel *model);

/* Sizes of a model: all constant. */
typedef struct {
  int32_t input_size;   /* features of a time step; 0 where the model reads tokens or images */
  int32_t vocab_size;   /* tokens are below it; 0 where the model reads features or images */
  int32_t output_size;
  int32_t layers;
  int32_t max_ponder;   /* the most of any layer */
  float halt_threshold; /* of the first layer whose halting is adaptive; 1 where none is */
  size_t state_size;    /* floats of act_state_get() and act_state_set() */
  size_t context_bytes; /* memory of a context */
  int32_t channels;     /* of an image; 0 where the model reads time steps, and so are those below */
  int32_t height;       /* the largest */
  int32_t width;        /* the largest */
  int32_t pooled;       /* 1: one answer to an image, 0: one to each of its places */
} ActSizes;

ActStatus act_sizes(const ActModel *model, ActSizes *sizes);

/* Of one layer: its hidden size and how many tensors of it its cell's state has: 1, or h and c, or 0 where
   an image leaves none. */
ActStatus act_layer(const ActModel *model, int32_t layer, int32_t *hidden_size, int32_t *tensors);

/* Of one layer: the name of its halting policy, "fixed", "act", "pondernet" or "skip", and how many floats
   of its own that keeps from time step to time step: for skip 1, the update probability u, else 0. */
ActStatus act_halting(const ActModel *model, int32_t layer, const char **name, int32_t *floats);

/* The manifest's facts that the exporter wrote: JSON, not terminated by a zero. */
ActStatus act_metadata(const ActModel *model, const char **text, size_t *size);

/* The kernels that contexts made from now on use: "portable", "avx2", "avx512", "neon", "neon-dot"
   or "wasm-simd128"; NULL for the fastest that this processor has, which is the default. */
ActStatus act_use_kernels(ActModel *model, const char *name);

/* The name of the kernels in use. */
const char *act_kernels(const ActModel *model);

/* -- Contexts -------------------------------------------------------------------------------- */

/* A sequence that begins: its state is zero, but for the u of skip, which is 1; the model's own budget. */
ActStatus act_context_new(const ActModel *model, ActContext **context);

/* NULL is allowed. */
void act_context_free(ActContext *context);

/* Begin a new sequence; the budget stays. */
ActStatus act_reset(ActContext *context);

/* End time steps where halting reaches this threshold (0 to 1) or after so many ponder steps (1 to the
   model's own), whichever is first; a layer whose own limit is lower keeps it. What is compared is the
   halting sum for act, the CDF of halting for pondernet, and 1 - u, below which skip updates, for skip. */
ActStatus act_set_budget(ActContext *context, float threshold, int32_t max_ponder);

/* One time step: x (input_size) -> y (output_size). */
ActStatus act_step(ActContext *context, const float *x, float *y);
ActStatus act_step_token(ActContext *context, int32_t token, float *y);

/* A sequence: x (time, input_size) or tokens (time) -> y (time, output_size), and where they are not
   NULL N and R (time, layers); no two of them overlap. An error says that nothing was computed. */
ActStatus act_run(ActContext *context, const float *x, size_t time, float *y, int32_t *ponder_steps,
                  float *remainders);
ActStatus act_run_tokens(ActContext *context, const int32_t *tokens, size_t time, float *y,
                         int32_t *ponder_steps, float *remainders);

/* An image: x (channels, height, width) -> y (height, width, output_size) or, where answers are pooled,
   (output_size). Height and width are from 1 to the model's largest. Nothing is kept from image to image. */
ActStatus act_run_image(ActContext *context, const float *x, int32_t height, int32_t width, float *y);

/* N and R of a layer in the last time step, or image; 0 before the first. N is 0, too, where skip does not update.
   R is for act the remainder, for pondernet 1 - CDF before the last step, for skip u, for fixed 1. */
int32_t act_ponder_steps(const ActContext *context, int32_t layer);
float act_remainder(const ActContext *context, int32_t layer);

/* The state, layer by layer h, for LSTM c, and what its halting keeps: state_size floats. */
ActStatus act_state_get(const ActContext *context, float *state);
ActStatus act_state_set(ActContext *context, const float *state);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
