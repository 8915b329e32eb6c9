/* The engine for the Java virtual machine and Android's: what the `external` functions of Act.kt call.

   Arrays are pinned for the time of a call, not copied: a time step takes microseconds. Their lengths are
   checked by Act.kt, which alone calls these functions; a status other than ACT_OK becomes its exception
   there. */
#include <jni.h>

#include "../../act.h"

#define NATIVE(type, name) JNIEXPORT type JNICALL Java_io_actmobile_Native_##name

enum { SIZES = 11 }; /* of what sizes() finds, in the order of ActSizes, without the threshold */

static ActModel *model_of(jlong handle) { return (ActModel *)(intptr_t)handle; }

static ActContext *context_of(jlong handle) { return (ActContext *)(intptr_t)handle; }

static void *pin(JNIEnv *env, jarray array) {
  return array ? (*env)->GetPrimitiveArrayCritical(env, array, NULL) : NULL;
}

/* JNI_ABORT where the engine only read. */
static void unpin(JNIEnv *env, jarray array, void *values, jint mode) {
  if (values) (*env)->ReleasePrimitiveArrayCritical(env, array, values, mode);
}

static ActStatus keep_handle(JNIEnv *env, ActStatus status, void *opened, jlongArray handle) {
  jlong value = (jlong)(intptr_t)opened;
  if (status == ACT_OK) (*env)->SetLongArrayRegion(env, handle, 0, 1, &value);
  return status;
}

NATIVE(jstring, message)(JNIEnv *env, jclass type, jint status) {
  (void)type;
  return (*env)->NewStringUTF(env, act_message((ActStatus)status));
}

NATIVE(jint, open)(JNIEnv *env, jclass type, jstring path, jlongArray handle) {
  (void)type;
  const char *text = (*env)->GetStringUTFChars(env, path, NULL);
  if (!text) return ACT_MEMORY;
  ActModel *model = NULL;
  ActStatus status = act_open(text, &model);
  (*env)->ReleaseStringUTFChars(env, path, text);
  return (jint)keep_handle(env, status, model, handle);
}

NATIVE(jint, openMemory)(JNIEnv *env, jclass type, jobject buffer, jlongArray handle) {
  (void)type;
  void *bytes = (*env)->GetDirectBufferAddress(env, buffer);
  jlong size = (*env)->GetDirectBufferCapacity(env, buffer);
  if (!bytes || size < 0) return ACT_NULL;
  ActModel *model = NULL;
  ActStatus status = act_open_memory(bytes, (size_t)size, &model);
  return (jint)keep_handle(env, status, model, handle);
}

NATIVE(void, close)(JNIEnv *env, jclass type, jlong model) {
  (void)env, (void)type;
  act_close(model_of(model));
}

NATIVE(jint, sizes)(JNIEnv *env, jclass type, jlong model, jintArray found, jfloatArray threshold) {
  (void)type;
  ActSizes sizes;
  ActStatus status = act_sizes(model_of(model), &sizes);
  if (status != ACT_OK) return (jint)status;
  jint values[SIZES] = {sizes.input_size, sizes.vocab_size, sizes.output_size,
                                  sizes.layers, sizes.max_ponder, (jint)sizes.state_size,
                                  (jint)sizes.context_bytes, sizes.channels, sizes.height,
                                  sizes.width, sizes.pooled};
  (*env)->SetIntArrayRegion(env, found, 0, SIZES, values);
  (*env)->SetFloatArrayRegion(env, threshold, 0, 1, &sizes.halt_threshold);
  return ACT_OK;
}

NATIVE(jbyteArray, metadata)(JNIEnv *env, jclass type, jlong model) {
  (void)type;
  const char *text = NULL;
  size_t size = 0;
  if (act_metadata(model_of(model), &text, &size) != ACT_OK) return NULL;
  jbyteArray copy = (*env)->NewByteArray(env, (jsize)size);
  if (copy) (*env)->SetByteArrayRegion(env, copy, 0, (jsize)size, (const jbyte *)text);
  return copy;
}

NATIVE(jstring, kernels)(JNIEnv *env, jclass type, jlong model) {
  (void)type;
  return (*env)->NewStringUTF(env, act_kernels(model_of(model)));
}

NATIVE(jint, contextNew)(JNIEnv *env, jclass type, jlong model, jlongArray handle) {
  (void)type;
  ActContext *context = NULL;
  ActStatus status = act_context_new(model_of(model), &context);
  return (jint)keep_handle(env, status, context, handle);
}

NATIVE(void, contextFree)(JNIEnv *env, jclass type, jlong context) {
  (void)env, (void)type;
  act_context_free(context_of(context));
}

NATIVE(jint, reset)(JNIEnv *env, jclass type, jlong context) {
  (void)env, (void)type;
  return (jint)act_reset(context_of(context));
}

NATIVE(jint, setBudget)(JNIEnv *env, jclass type, jlong context, jfloat threshold, jint limit) {
  (void)env, (void)type;
  return (jint)act_set_budget(context_of(context), threshold, limit);
}

NATIVE(jint, step)(JNIEnv *env, jclass type, jlong context, jfloatArray x, jfloatArray y) {
  (void)type;
  float *in = pin(env, x), *out = pin(env, y);
  ActStatus status = act_step(context_of(context), in, out);
  unpin(env, y, out, 0);
  unpin(env, x, in, JNI_ABORT);
  return (jint)status;
}

NATIVE(jint, stepToken)(JNIEnv *env, jclass type, jlong context, jint token, jfloatArray y) {
  (void)type;
  float *out = pin(env, y);
  ActStatus status = act_step_token(context_of(context), token, out);
  unpin(env, y, out, 0);
  return (jint)status;
}

NATIVE(jint, run)(JNIEnv *env, jclass type, jlong context, jfloatArray x, jint time, jfloatArray y,
                  jintArray steps, jfloatArray remainders) {
  (void)type;
  float *in = pin(env, x), *out = pin(env, y), *rest = pin(env, remainders);
  int32_t *counts = pin(env, steps);
  ActStatus status = act_run(context_of(context), in, (size_t)time, out, counts, rest);
  unpin(env, steps, counts, 0);
  unpin(env, remainders, rest, 0);
  unpin(env, y, out, 0);
  unpin(env, x, in, JNI_ABORT);
  return (jint)status;
}

NATIVE(jint, runTokens)(JNIEnv *env, jclass type, jlong context, jintArray tokens, jint time,
                        jfloatArray y, jintArray steps, jfloatArray remainders) {
  (void)type;
  int32_t *in = pin(env, tokens), *counts = pin(env, steps);
  float *out = pin(env, y), *rest = pin(env, remainders);
  ActStatus status = act_run_tokens(context_of(context), in, (size_t)time, out, counts, rest);
  unpin(env, remainders, rest, 0);
  unpin(env, y, out, 0);
  unpin(env, steps, counts, 0);
  unpin(env, tokens, in, JNI_ABORT);
  return (jint)status;
}

NATIVE(jint, runImage)(JNIEnv *env, jclass type, jlong context, jfloatArray x, jint height,
                       jint width, jfloatArray y) {
  (void)type;
  float *in = pin(env, x), *out = pin(env, y);
  ActStatus status = act_run_image(context_of(context), in, height, width, out);
  unpin(env, y, out, 0);
  unpin(env, x, in, JNI_ABORT);
  return (jint)status;
}

NATIVE(jint, ponderSteps)(JNIEnv *env, jclass type, jlong context, jint layer) {
  (void)env, (void)type;
  return act_ponder_steps(context_of(context), layer);
}

NATIVE(jfloat, remainder)(JNIEnv *env, jclass type, jlong context, jint layer) {
  (void)env, (void)type;
  return act_remainder(context_of(context), layer);
}

NATIVE(jint, stateGet)(JNIEnv *env, jclass type, jlong context, jfloatArray state) {
  (void)type;
  float *values = pin(env, state);
  ActStatus status = act_state_get(context_of(context), values);
  unpin(env, state, values, 0);
  return (jint)status;
}

NATIVE(jint, stateSet)(JNIEnv *env, jclass type, jlong context, jfloatArray state) {
  (void)type;
  float *values = pin(env, state);
  ActStatus status = act_state_set(context_of(context), values);
  unpin(env, state, values, JNI_ABORT);
  return (jint)status;
}
