// Affinity of threads.
#define _GNU_SOURCE

#include "parts.h"

#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_HELPERS = 63 };

// One piece of work at a time is shared: a thread that finds the helpers taken does its own alone.
static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;

static struct {
  Part *part;
  void *argument;
  int64_t count, grain;
  /** Of the thread whose work it is: TensorFlow has it flush subnormals. */
  fenv_t environment;
  _Atomic int64_t next;
  uint64_t turn;
  bool is_open;
  int active;
} work;

static void take_parts(void) {
  for (;;) {
    const int64_t from = atomic_fetch_add(&work.next, work.grain);
    if (from >= work.count) return;
    const int64_t to = from + work.grain;
    work.part(work.argument, from, to < work.count ? to : work.count);
  }
}

static void *help(void *nothing) {
  uint64_t seen = 0;
  pthread_mutex_lock(&lock);
  for (;;) {
    // Who wakes up when all is done goes back to sleep: nobody waits for it.
    while (!work.is_open || work.turn == seen) pthread_cond_wait(&wake, &lock);
    seen = work.turn;
    work.active++;
    pthread_mutex_unlock(&lock);
    fesetenv(&work.environment);
    take_parts();
    pthread_mutex_lock(&lock);
    if (--work.active == 0) pthread_cond_signal(&idle);
  }
  return nothing;
}

/** Cores that this process may use. */
static long usable_cores(void) {
#ifdef __linux__
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return CPU_COUNT(&cores);
#endif
  return sysconf(_SC_NPROCESSORS_ONLN);
}

/** As TensorFlow has them, up to 64: TF_NUM_INTRAOP_THREADS, else one for each core. */
static int wanted_threads(void) {
  const char *text = getenv("TF_NUM_INTRAOP_THREADS");
  char *rest = NULL;
  const long set = text == NULL ? 0 : strtol(text, &rest, 10);
  const long threads = set > 0 && *rest == 0 ? set : usable_cores();
  return threads < 1 ? 1 : threads > MOST_HELPERS + 1 ? MOST_HELPERS + 1 : (int)threads;
}

static int helpers;

static void start_helpers(void) {
  for (int wanted = wanted_threads() - 1; helpers < wanted; helpers++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, help, NULL) != 0) return;
    pthread_detach(thread);
  }
}

void in_parts(int64_t count, int64_t grain, Part *part, void *argument) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  if (count > grain) pthread_once(&once, start_helpers);
  if (count <= grain || helpers == 0 || pthread_mutex_trylock(&owner) != 0) {
    for (int64_t from = 0; from < count; from += grain)
      part(argument, from, from + grain < count ? from + grain : count);
    return;
  }
  pthread_mutex_lock(&lock);
  work.part = part;
  work.argument = argument;
  work.count = count;
  work.grain = grain;
  fegetenv(&work.environment);
  atomic_store(&work.next, 0);
  work.turn++;
  work.is_open = true;
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&lock);
  take_parts();
  pthread_mutex_lock(&lock);
  work.is_open = false;
  while (work.active > 0) pthread_cond_wait(&idle, &lock);
  pthread_mutex_unlock(&lock);
  pthread_mutex_unlock(&owner);
}
