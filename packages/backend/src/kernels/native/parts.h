// Work in parts, on as many threads as TensorFlow's kernels have.
#pragma once

#include <stdint.h>

/** Numbers of a part where each is little work: enough to be worth waking a thread for. */
enum { GRAIN = 1 << 16 };

/** The same of products: a thread takes some ten microseconds to wake. */
enum { FLOPS_OF_PART = 1 << 22 };

/** Does the work from one number to another. */
typedef void Part(void *argument, int64_t from, int64_t to);

/**
 * Does `count` pieces of work in parts of `grain`. Which parts there are does not depend on the
 * number of threads, so sums over them have the same bits with any.
 */
void in_parts(int64_t count, int64_t grain, Part *part, void *argument);

/** How many parts that makes. */
static inline int64_t parts_of(int64_t count, int64_t grain) { return (count + grain - 1) / grain; }
