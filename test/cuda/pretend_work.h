/* Modules, kernels and graphs of pretend_driver.c. */
#pragma once

#include "pretend_things.h"

/*
 * The kernel of gpu_kernel.py: each thread multiplies one number. Those of the package come
 * from a library in which they are compiled for the processor.
 */
struct Scale { float *values; int count; float factor; };
void kernel_scale(const unsigned *grid, const unsigned *block, void *arguments) {
  struct Scale *scale = arguments;
  for (unsigned i = 0; i < grid[0] * block[0]; i++)
    if ((int)i < scale->count) scale->values[i] *= scale->factor;
}
typedef struct { void (*run)(const unsigned *, const unsigned *, void *); size_t bytes; } Kernel;
static Kernel scale = {kernel_scale, sizeof(struct Scale)};

static Result find_kernel(Kernel **kernel, const char *name) {
  const char *path = getenv("PRETEND_DRIVER_KERNELS");
  void *library = path ? dlopen(path, RTLD_NOW) : NULL;
  char symbol[128];
  *kernel = strcmp(name, "scale") ? NULL : &scale;
  if (*kernel || !library) return *kernel ? OK : NOT_FOUND;
  *kernel = malloc(sizeof **kernel);
  snprintf(symbol, sizeof symbol, "host_%s", name);
  *(void **)&(*kernel)->run = dlsym(library, symbol);
  snprintf(symbol, sizeof symbol, "size_of_%s", name);
  const size_t *bytes = dlsym(library, symbol);
  (*kernel)->bytes = bytes ? *bytes : 0;
  return bytes && (*kernel)->run ? OK : NOT_FOUND;
}
Result cuModuleLoadData(void **module, const void *image) {
  NEED_CONTEXT;
  NOT_WHILE_CAPTURING;
  if (memcmp(image, "\x7f" "ELF", 4) && !strstr(image, ".visible .entry")) return INVALID_VALUE;
  *module = malloc(1);
  return keep(*module, (Thing){.kind = MODULE});
}
Result cuModuleLoadDataEx(
    void **module, const void *image, unsigned count, int *options, void **values) {
  for (unsigned i = 0; i < count; i++) {
    /* Sizes of the logs (4: info, 6: errors) are how much was written. */
    if (options[i] == 4 || options[i] == 6) values[i] = NULL;
  }
  return cuModuleLoadData(module, image);
}
Result cuModuleUnload(void *module) {
  NEED_CONTEXT;
  return drop(module, MODULE) ? OK : INVALID_HANDLE;
}
Result cuModuleGetFunction(Kernel **kernel, void *module, const char *name) {
  NEED_CONTEXT;
  if (!find(module, MODULE)) return INVALID_HANDLE;
  return find_kernel(kernel, name);
}
Result cuLaunchKernel(
    Kernel *kernel, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
    unsigned shared, Stream *stream, void **parameters, void **extra) {
  NEED_CONTEXT;
  if (!kernel || !gx || !gy || !gz || !bx || !by || !bz || bx * by * bz > 1024)
    return INVALID_VALUE;
  Work work = {.kernel = kernel->run, .grid = {gx, gy, gz}, .block = {bx, by, bz}};
  const void *buffer = parameters ? parameters[0] : NULL;
  size_t bytes = kernel->bytes;
  /* The end, a buffer's address and its size are 0, 1 and 2. */
  for (; extra && *extra; extra += 2) {
    if ((uintptr_t)*extra == 1) buffer = extra[1];
    if ((uintptr_t)*extra == 2) bytes = *(size_t *)extra[1];
  }
  if (!buffer || bytes != kernel->bytes || bytes > sizeof work.arguments) return INVALID_VALUE;
  memcpy(work.arguments, buffer, bytes);
  return put(stream, &work);
}

Result cuStreamBeginCapture_v2(Stream *stream, int mode) {
  if (!find(stream, STREAM) || mode != 1 || capturing) return INVALID_VALUE;
  *stream = (Stream){.capturing = 1, .last = &stream->first};
  capturing = stream;
  return OK;
}
Result cuStreamEndCapture(Stream *stream, void **graph) {
  *graph = NULL;
  if (!find(stream, STREAM) || stream != capturing) return INVALID_VALUE;
  Work *work = stream->first;
  int broken = stream->broken;
  *stream = (Stream){0};
  capturing = NULL;
  if (broken) { forget(work); return CAPTURE_INVALIDATED; }
  *graph = malloc(1);
  return keep(*graph, (Thing){.kind = GRAPH, .work = work});
}
Result cuGraphInstantiateWithFlags(void **ready, void *graph, unsigned long long flags) {
  NEED_CONTEXT;
  Thing *thing = find(graph, GRAPH);
  if (!thing || flags) return INVALID_VALUE;
  Thing copy = *thing;
  copy.kind = READY_GRAPH;
  thing->work = NULL;
  *ready = malloc(1);
  return keep(*ready, copy);
}
Result cuGraphDestroy(void *graph) {
  Thing *thing = find(graph, GRAPH);
  if (!thing) return INVALID_VALUE;
  forget(thing->work);
  drop(graph, GRAPH);
  return OK;
}
Result cuGraphLaunch(void *ready, Stream *stream) {
  NEED_CONTEXT;
  Thing *thing = find(ready, READY_GRAPH);
  if (!thing || !find(stream, STREAM)) return INVALID_VALUE;
  for (const Work *work = thing->work; work; work = work->next) put(stream, work);
  return OK;
}
Result cuGraphExecDestroy(void *ready) {
  Thing *thing = find(ready, READY_GRAPH);
  if (!thing) return INVALID_VALUE;
  forget(thing->work);
  drop(ready, READY_GRAPH);
  return OK;
}
