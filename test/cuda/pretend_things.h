/* What pretend_driver.c keeps, and the rules for it. */
#pragma once

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int Result;
typedef unsigned long long Address;
enum {
  OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 100, INVALID_DEVICE = 101,
  INVALID_CONTEXT = 201, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_SUPPORTED = 801,
  CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901,
};
enum { MAX_THINGS = 1 << 16, MAX_DEPTH = 64 };
enum Kind { MEMORY = 1, PINNED, STREAM, EVENT, MODULE, GRAPH, READY_GRAPH };

typedef struct Work {
  struct Work *next;
  void (*kernel)(const unsigned *grid, const unsigned *block, void *arguments);
  unsigned grid[3], block[3];
  unsigned char arguments[4096];
  void *target;
  const void *source;
  size_t bytes;
  int fill;
} Work;

typedef struct { enum Kind kind; size_t bytes; unsigned flags; Work *work; } Thing;
typedef struct Stream { int capturing, broken; Work *first, **last; } Stream;

static Thing things[MAX_THINGS];
static void *places[MAX_THINGS];
static int count_of_things, retained;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread void *stack[MAX_DEPTH];
static __thread int depth;
static __thread Stream *capturing;
static char primary[1];

static void __attribute__((destructor)) report(void) {
  const char *path = getenv("PRETEND_DRIVER_REPORT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  int left[READY_GRAPH + 1] = {0};
  for (int i = 0; i < count_of_things; i++) if (places[i]) left[things[i].kind]++;
  fprintf(file, "%d %d %d %d %d %d %d %d\n", retained, left[MEMORY], left[PINNED], left[STREAM],
          left[EVENT], left[MODULE], left[GRAPH], left[READY_GRAPH]);
  fclose(file);
}

static Thing *find(const void *place, enum Kind kind) {
  for (int i = 0; i < count_of_things; i++)
    if (places[i] == place && things[i].kind == kind) return &things[i];
  return NULL;
}
static int keep(void *place, Thing thing) {
  pthread_mutex_lock(&lock);
  int i = 0;
  while (i < count_of_things && places[i]) i++;
  if (i == count_of_things) count_of_things++;
  if (i >= MAX_THINGS) abort();
  places[i] = place;
  things[i] = thing;
  pthread_mutex_unlock(&lock);
  return OK;
}
static int drop(void *place, enum Kind kind) {
  pthread_mutex_lock(&lock);
  Thing *thing = place ? find(place, kind) : NULL;
  if (thing) places[thing - things] = NULL;
  pthread_mutex_unlock(&lock);
  return thing != NULL;
}
/* Memory that is live and long enough from an address on. */
static int lies_in(Address at, size_t bytes) {
  for (int i = 0; i < count_of_things; i++) {
    if (!places[i] || (things[i].kind != MEMORY && things[i].kind != PINNED)) continue;
    Address start = (Address)(uintptr_t)places[i];
    if (at >= start && at + bytes <= start + things[i].bytes) return 1;
  }
  return 0;
}
static int is_current(void) { return depth > 0 && stack[depth - 1] == primary && retained > 0; }

#define NEED_CONTEXT if (!is_current()) return INVALID_CONTEXT
#define NOT_WHILE_CAPTURING \
  if (capturing) { capturing->broken = 1; return CAPTURE_UNSUPPORTED; }

static void perform(const Work *work) {
  if (work->kernel) work->kernel(work->grid, work->block, (void *)work->arguments);
  else if (work->source) memcpy(work->target, work->source, work->bytes);
  else memset(work->target, work->fill, work->bytes);
}
static Result put(Stream *stream, const Work *work) {
  if (!find(stream, STREAM)) return INVALID_HANDLE;
  if (!stream->capturing) { perform(work); return OK; }
  Work *copy = malloc(sizeof *copy);
  *copy = *work;
  copy->next = NULL;
  *stream->last = copy;
  stream->last = &copy->next;
  return OK;
}
static void forget(Work *work) {
  while (work) { Work *next = work->next; free(work); work = next; }
}
