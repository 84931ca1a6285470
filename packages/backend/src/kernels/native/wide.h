// Vectors as wide as the processor has them, chosen when the library is loaded.
#pragma once

#include <stdint.h>

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__has_attribute)
#if __has_attribute(target_clones)
#define WIDE __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#endif
#endif
#ifndef WIDE
#define WIDE
#endif

#define INLINE static inline __attribute__((always_inline))

/** Sixteen numbers, of which the compiler makes what registers there are. */
typedef float Lanes __attribute__((vector_size(64), aligned(4)));
typedef int32_t Mask __attribute__((vector_size(64), aligned(4)));
enum { LANES = 16 };

/** `x` where a comparison does not hold, else 0. */
INLINE Lanes where_not(Mask compared, Lanes x) { return (Lanes)((Mask)x & ~compared); }

/** `x` where numbers are above 0, else 0. */
INLINE Lanes where_positive(const float *numbers, Lanes x) {
  return (Lanes)((Mask)x & (*(const Lanes *)numbers > (Lanes){0}));
}
