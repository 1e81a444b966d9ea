/*
 * A libcuda.so.1 for machines without a GPU: the calls that this package makes, in the memory of
 * the host, done at once. It keeps the rules that a real driver has and answers a broken one with
 * an error: no current context, memory that is not there or not long enough, things given back
 * twice, allocating or waiting while this thread captures. Both Python bindings run on it.
 */
#include "pretend_things.h"
#include "pretend_work.h"

Result cuInit(unsigned flags) { return getenv("PRETEND_DRIVER_EMPTY") ? NO_DEVICE : OK; }
Result cuDriverGetVersion(int *version) { *version = 13000; return OK; }
Result cuDeviceGetCount(int *count) { *count = 1; return OK; }
Result cuDeviceGet(int *device, int index) { *device = index; return index ? INVALID_DEVICE : OK; }
Result cuDeviceGetName(char *name, int length, int device) {
  snprintf(name, length, "Pretend");
  return OK;
}
Result cuDeviceComputeCapability(int *major, int *minor, int device) {
  *major = 9, *minor = 0;
  return OK;
}
Result cuDeviceGetAttribute(int *value, int attribute, int device) {
  int integrated = getenv("PRETEND_DRIVER_INTEGRATED") != NULL;
  *value = attribute == 75 ? 9 : attribute == 18 ? integrated : attribute == 19 ? 1 : 0;
  return OK;
}
Result cuDevicePrimaryCtxRetain(void **context, int device) {
  retained++;
  *context = primary;
  return OK;
}
Result cuDevicePrimaryCtxRelease_v2(int device) { return retained-- > 0 ? OK : INVALID_CONTEXT; }
Result cuCtxPushCurrent_v2(void *context) {
  if (context != primary || retained < 1) return INVALID_CONTEXT;
  if (depth == MAX_DEPTH) abort();
  stack[depth++] = context;
  return OK;
}
Result cuCtxPopCurrent_v2(void **context) {
  if (depth < 1) return INVALID_CONTEXT;
  void *popped = stack[--depth];
  if (context) *context = popped;
  return OK;
}
Result cuCtxGetCurrent(void **context) { *context = depth ? stack[depth - 1] : NULL; return OK; }
Result cuMemGetInfo_v2(size_t *available, size_t *total) {
  NEED_CONTEXT;
  size_t used = 0;
  for (int i = 0; i < count_of_things; i++)
    if (places[i] && things[i].kind == MEMORY) used += things[i].bytes;
  *total = (size_t)1 << 30;
  *available = *total - used;
  return OK;
}

static Result allocate(void **place, size_t bytes, enum Kind kind, unsigned flags) {
  NEED_CONTEXT;
  NOT_WHILE_CAPTURING;
  if (!bytes) return INVALID_VALUE;
  if (bytes > (size_t)1 << 30) return OUT_OF_MEMORY;
  *place = aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(*place, 0xcd, bytes);
  return keep(*place, (Thing){.kind = kind, .bytes = bytes, .flags = flags});
}
static Result give_back(void *place, enum Kind kind) {
  NEED_CONTEXT;
  NOT_WHILE_CAPTURING;
  Thing *thing = find(place, kind);
  if (!thing) return INVALID_VALUE;
  /* Poisoned, and never used again: a stale pointer shows itself. */
  memset(place, 0xdd, thing->bytes);
  drop(place, kind);
  return OK;
}
Result cuMemAlloc_v2(Address *address, size_t bytes) {
  return allocate((void **)address, bytes, MEMORY, 0);
}
Result cuMemFree_v2(Address address) { return give_back((void *)(uintptr_t)address, MEMORY); }
Result cuMemHostAlloc(void **place, size_t bytes, unsigned flags) {
  return allocate(place, bytes, PINNED, flags);
}
Result cuMemFreeHost(void *place) { return give_back(place, PINNED); }
Result cuMemHostGetDevicePointer_v2(Address *address, void *place, unsigned flags) {
  NEED_CONTEXT;
  Thing *thing = find(place, PINNED);
  if (!thing || !(thing->flags & 2)) return INVALID_VALUE;
  *address = (Address)(uintptr_t)place;
  return OK;
}

Result cuStreamCreate(Stream **stream, unsigned flags) {
  NEED_CONTEXT;
  if (flags != 1) return INVALID_VALUE;
  *stream = calloc(1, sizeof **stream);
  return keep(*stream, (Thing){.kind = STREAM});
}
Result cuStreamDestroy_v2(Stream *stream) {
  NEED_CONTEXT;
  return drop(stream, STREAM) ? OK : INVALID_HANDLE;
}
Result cuStreamSynchronize(Stream *stream) {
  NEED_CONTEXT;
  if (!find(stream, STREAM)) return INVALID_HANDLE;
  NOT_WHILE_CAPTURING;
  return OK;
}
Result cuEventCreate(void **event, unsigned flags) {
  NEED_CONTEXT;
  *event = malloc(1);
  return keep(*event, (Thing){.kind = EVENT, .flags = flags});
}
Result cuEventDestroy_v2(void *event) {
  NEED_CONTEXT;
  return drop(event, EVENT) ? OK : INVALID_HANDLE;
}
Result cuEventRecord(void *event, Stream *stream) {
  NEED_CONTEXT;
  return find(event, EVENT) && find(stream, STREAM) ? OK : INVALID_HANDLE;
}
Result cuStreamWaitEvent(Stream *stream, void *event, unsigned flags) {
  return cuEventRecord(event, stream);
}
Result cuEventSynchronize(void *event) {
  NEED_CONTEXT;
  NOT_WHILE_CAPTURING;
  return find(event, EVENT) ? OK : INVALID_HANDLE;
}
Result cuEventQuery(void *event) { return cuEventSynchronize(event); }
Result cuEventElapsedTime_v2(float *ms, void *start, void *end) {
  NEED_CONTEXT;
  Thing *first = find(start, EVENT), *second = find(end, EVENT);
  if (!first || !second || (first->flags | second->flags) & 2) return INVALID_HANDLE;
  *ms = 0.5f;
  return OK;
}

Result cuMemcpyHtoDAsync_v2(Address target, const void *source, size_t bytes, Stream *stream) {
  NEED_CONTEXT;
  if (!lies_in(target, bytes)) return INVALID_VALUE;
  Work work = {.target = (void *)(uintptr_t)target, .source = source, .bytes = bytes};
  return put(stream, &work);
}
Result cuMemcpyDtoHAsync_v2(void *target, Address source, size_t bytes, Stream *stream) {
  NEED_CONTEXT;
  if (!lies_in(source, bytes)) return INVALID_VALUE;
  Work work = {.target = target, .source = (void *)(uintptr_t)source, .bytes = bytes};
  return put(stream, &work);
}
Result cuMemcpyDtoDAsync_v2(Address target, Address source, size_t bytes, Stream *stream) {
  if (!lies_in(target, bytes)) return INVALID_VALUE;
  return cuMemcpyDtoHAsync_v2((void *)(uintptr_t)target, source, bytes, stream);
}
Result cuMemsetD8Async(Address target, unsigned char value, size_t bytes, Stream *stream) {
  NEED_CONTEXT;
  if (!lies_in(target, bytes)) return INVALID_VALUE;
  Work work = {.target = (void *)(uintptr_t)target, .bytes = bytes, .fill = value};
  return put(stream, &work);
}

Result cuGetErrorName(int error, const char **text) {
  *text = error == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR_PRETEND";
  return OK;
}
Result cuGetErrorString(int error, const char **text) {
  *text = error == OUT_OF_MEMORY ? "out of memory" : "a rule of the pretend driver was broken";
  return OK;
}
Result cuGetProcAddress_v2(
    const char *symbol, void **function, int version, unsigned long long flags, int *status) {
  char name[128];
  if (!strcmp(symbol, "cuGraphInstantiate")) symbol = "cuGraphInstantiateWithFlags";
  snprintf(name, sizeof name, "%s_v2", symbol);
  void *self = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
  *function = dlsym(self, name);
  if (!*function) *function = dlsym(self, symbol);
  if (status) *status = *function ? 0 : 1;
  return OK;
}
