/* Of LiteRT's C API from 2.1.6 on, what act-runner calls (litert/c/ of LiteRT).

   The library does not tell its version. Before 2.1.6 LiteRtCreateModelFromFile took no
   environment; LiteRtCreateModelFromFd, which came with it, tells the two apart. */
#ifndef ACT_LITERT_API_H
#define ACT_LITERT_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LITERT_OLDEST "2.1.6"
#define LITERT_OLDEST_HAS "LiteRtCreateModelFromFd"

typedef struct LiteRtEnvironmentT *LiteRtEnvironment;
typedef struct LiteRtModelT *LiteRtModel;
typedef struct LiteRtOptionsT *LiteRtOptions;
typedef struct LiteRtOpaqueOptionsT *LiteRtOpaqueOptions;
typedef struct LiteRtCompiledModelT *LiteRtCompiledModel;
typedef struct LiteRtSignatureT *LiteRtSignature;
typedef struct LiteRtTensorT *LiteRtTensor;
typedef struct LiteRtTensorBufferT *LiteRtTensorBuffer;
typedef struct LiteRtProfilerT *LiteRtProfiler;

typedef int LiteRtStatus; /* 0 is success */

enum { LITERT_CPU = 1 };
enum { LITERT_LOG_ERROR = 3, LITERT_OPTION_LOG_SEVERITY = 25, LITERT_ANY_INT = 2 };
enum { LITERT_MAX_RANK = 8 };
enum { /* LiteRtElementType */
  LITERT_FLOAT32 = 1,
  LITERT_INT32 = 2,
  LITERT_UINT8 = 3,
  LITERT_INT64 = 4,
  LITERT_BOOL = 6,
  LITERT_INT8 = 9,
  LITERT_FLOAT16 = 10,
};

typedef struct {
  int tag;
  struct {
    int type;
    int64_t value; /* a union in LiteRT */
  } value;
} LiteRtEnvOption;

typedef struct {
  uint32_t rank : 7, has_strides : 1;
  int32_t sizes[LITERT_MAX_RANK];
  uint32_t strides[LITERT_MAX_RANK];
} LiteRtLayout;

typedef struct {
  int type;
  LiteRtLayout layout;
} LiteRtTensorType; /* LiteRtRankedTensorType */

_Static_assert(sizeof(LiteRtEnvOption) == 24, "LiteRtEnvOption");
_Static_assert(sizeof(LiteRtTensorType) == 72, "LiteRtRankedTensorType");

typedef struct {
  LiteRtStatus (*CreateEnvironment)(int count, const LiteRtEnvOption *, LiteRtEnvironment *);
  LiteRtStatus (*CreateModelFromFile)(LiteRtEnvironment, const char *path, LiteRtModel *);
  LiteRtStatus (*CreateOptions)(LiteRtOptions *);
  LiteRtStatus (*SetOptionsHardwareAccelerators)(LiteRtOptions, int);
  LiteRtStatus (*CreateOpaqueOptions)(const char *name, void *text, void (*release)(void *),
                                      LiteRtOpaqueOptions *);
  LiteRtStatus (*AddOpaqueOptions)(LiteRtOptions, LiteRtOpaqueOptions);
  LiteRtStatus (*CreateCompiledModel)(LiteRtEnvironment, LiteRtModel, LiteRtOptions,
                                      LiteRtCompiledModel *);
  LiteRtStatus (*GetNumModelSignatures)(LiteRtModel, size_t *);
  LiteRtStatus (*GetModelSignature)(LiteRtModel, size_t, LiteRtSignature *);
  LiteRtStatus (*GetSignatureKey)(LiteRtSignature, const char **);
  LiteRtStatus (*GetNumSignatureInputs)(LiteRtSignature, size_t *);
  LiteRtStatus (*GetNumSignatureOutputs)(LiteRtSignature, size_t *);
  LiteRtStatus (*GetSignatureInputName)(LiteRtSignature, size_t, const char **);
  LiteRtStatus (*GetSignatureOutputName)(LiteRtSignature, size_t, const char **);
  LiteRtStatus (*GetSignatureInputTensorByIndex)(LiteRtSignature, size_t, LiteRtTensor *);
  LiteRtStatus (*GetSignatureOutputTensorByIndex)(LiteRtSignature, size_t, LiteRtTensor *);
  LiteRtStatus (*GetRankedTensorType)(LiteRtTensor, LiteRtTensorType *);
  LiteRtStatus (*CreateTensorBufferFromHostMemory)(const LiteRtTensorType *, void *, size_t,
                                                   void (*release)(void *), LiteRtTensorBuffer *);
  void (*DestroyTensorBuffer)(LiteRtTensorBuffer);
  LiteRtStatus (*RunCompiledModel)(LiteRtCompiledModel, size_t signature, size_t input_count,
                                   LiteRtTensorBuffer *, size_t output_count,
                                   LiteRtTensorBuffer *);
  LiteRtStatus (*CompiledModelResizeInputTensor)(LiteRtCompiledModel, size_t signature,
                                                 size_t input, const int *sizes, size_t rank);
  LiteRtStatus (*GetCompiledModelOutputTensorLayouts)(LiteRtCompiledModel, size_t signature,
                                                      size_t count, LiteRtLayout *, bool allocate);
  LiteRtStatus (*CompiledModelGetErrorMessages)(LiteRtCompiledModel, char **);
  LiteRtStatus (*CompiledModelGetProfiler)(LiteRtCompiledModel, LiteRtProfiler *);
  LiteRtStatus (*StartProfiler)(LiteRtProfiler);
  LiteRtStatus (*StopProfiler)(LiteRtProfiler);
  LiteRtStatus (*GetProfileSummary)(LiteRtProfiler, LiteRtCompiledModel, const char **);
} LiteRtApi;

#endif
