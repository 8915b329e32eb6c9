/* Of ONNX Runtime's C API, what act-runner calls.

   OrtApi is a table that only ever grows at its end: a function's place is part of the ABI
   (onnxruntime_c_api.h). The gaps are functions that are not called here. */
#ifndef ACT_ORT_API_H
#define ACT_ORT_API_H

#include <stddef.h>
#include <stdint.h>

/* Of ONNX Runtime 1.16, which runs what act-export writes. */
enum { ORT_API_VERSION = 16 };
#define ORT_OLDEST "1.16"

typedef struct OrtAllocator OrtAllocator;
typedef struct OrtEnv OrtEnv;
typedef struct OrtIoBinding OrtIoBinding;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtStatus OrtStatus;
typedef struct OrtTensorInfo OrtTensorInfo; /* OrtTensorTypeAndShapeInfo */
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtValue OrtValue;

enum { ORT_LOGGING_LEVEL_FATAL = 4 };
enum { ORT_ARENA_ALLOCATOR = 1, ORT_MEM_TYPE_DEFAULT = 0 };
enum { /* ONNXTensorElementDataType */
  ORT_FLOAT = 1,
  ORT_UINT8 = 2,
  ORT_INT8 = 3,
  ORT_INT32 = 6,
  ORT_INT64 = 7,
  ORT_BOOL = 9,
  ORT_FLOAT16 = 10,
};

typedef void (*OrtUnused)(void);

typedef struct {
  OrtUnused gap0[2];
  const char *(*GetErrorMessage)(const OrtStatus *);
  OrtStatus *(*CreateEnv)(int level, const char *name, OrtEnv **);
  OrtUnused gap4[3];
  OrtStatus *(*CreateSession)(const OrtEnv *, const char *path, const OrtSessionOptions *,
                              OrtSession **);
  OrtUnused gap8[2];
  OrtStatus *(*CreateSessionOptions)(OrtSessionOptions **);
  OrtUnused gap11[3];
  OrtStatus *(*EnableProfiling)(OrtSessionOptions *, const char *prefix);
  OrtUnused gap15[9];
  OrtStatus *(*SetIntraOpNumThreads)(OrtSessionOptions *, int);
  OrtStatus *(*SetInterOpNumThreads)(OrtSessionOptions *, int);
  OrtUnused gap26[4];
  OrtStatus *(*SessionGetInputCount)(const OrtSession *, size_t *);
  OrtStatus *(*SessionGetOutputCount)(const OrtSession *, size_t *);
  OrtStatus *(*SessionGetOverridableInitializerCount)(const OrtSession *, size_t *);
  OrtStatus *(*SessionGetInputTypeInfo)(const OrtSession *, size_t, OrtTypeInfo **);
  OrtStatus *(*SessionGetOutputTypeInfo)(const OrtSession *, size_t, OrtTypeInfo **);
  OrtStatus *(*SessionGetOverridableInitializerTypeInfo)(const OrtSession *, size_t,
                                                         OrtTypeInfo **);
  OrtStatus *(*SessionGetInputName)(const OrtSession *, size_t, OrtAllocator *, char **);
  OrtStatus *(*SessionGetOutputName)(const OrtSession *, size_t, OrtAllocator *, char **);
  OrtStatus *(*SessionGetOverridableInitializerName)(const OrtSession *, size_t, OrtAllocator *,
                                                     char **);
  OrtUnused gap39[10];
  OrtStatus *(*CreateTensorWithDataAsOrtValue)(const OrtMemoryInfo *, void *data, size_t bytes,
                                               const int64_t *sizes, size_t rank, int type,
                                               OrtValue **);
  OrtUnused gap50[5];
  OrtStatus *(*CastTypeInfoToTensorInfo)(const OrtTypeInfo *, const OrtTensorInfo **);
  OrtUnused gap56[4];
  OrtStatus *(*GetTensorElementType)(const OrtTensorInfo *, int *);
  OrtStatus *(*GetDimensionsCount)(const OrtTensorInfo *, size_t *);
  OrtStatus *(*GetDimensions)(const OrtTensorInfo *, int64_t *, size_t);
  OrtUnused gap63[6];
  OrtStatus *(*CreateCpuMemoryInfo)(int allocator, int memory, OrtMemoryInfo **);
  OrtUnused gap70[6];
  OrtStatus *(*AllocatorFree)(OrtAllocator *, void *);
  OrtUnused gap77;
  OrtStatus *(*GetAllocatorWithDefaultOptions)(OrtAllocator **);
  OrtUnused gap79[14];
  void (*ReleaseStatus)(OrtStatus *);
  OrtUnused gap94[2];
  void (*ReleaseValue)(OrtValue *);
  OrtUnused gap97;
  void (*ReleaseTypeInfo)(OrtTypeInfo *);
  OrtUnused gap99[11];
  OrtStatus *(*SessionEndProfiling)(OrtSession *, OrtAllocator *, char **path);
  OrtUnused gap111[22];
  OrtStatus *(*RunWithBinding)(OrtSession *, const OrtRunOptions *, const OrtIoBinding *);
  OrtStatus *(*CreateIoBinding)(OrtSession *, OrtIoBinding **);
  OrtUnused gap135;
  OrtStatus *(*BindInput)(OrtIoBinding *, const char *name, const OrtValue *);
  OrtStatus *(*BindOutput)(OrtIoBinding *, const char *name, const OrtValue *);
} OrtApi;

_Static_assert(offsetof(OrtApi, CreateSession) == 7 * sizeof(OrtUnused), "OrtApi's table");
_Static_assert(offsetof(OrtApi, SetIntraOpNumThreads) == 24 * sizeof(OrtUnused), "OrtApi's table");
_Static_assert(offsetof(OrtApi, SessionGetInputName) == 36 * sizeof(OrtUnused), "OrtApi's table");
_Static_assert(offsetof(OrtApi, CreateCpuMemoryInfo) == 69 * sizeof(OrtUnused), "OrtApi's table");
_Static_assert(offsetof(OrtApi, ReleaseTypeInfo) == 98 * sizeof(OrtUnused), "OrtApi's table");
_Static_assert(offsetof(OrtApi, BindOutput) == 137 * sizeof(OrtUnused), "OrtApi's table");

typedef struct {
  const OrtApi *(*GetApi)(uint32_t version);
  const char *(*GetVersionString)(void);
} OrtApiBase;

#endif
