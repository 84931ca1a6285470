// How the kernels that WASM shares with native are declared here.
#pragma once

#include "simd.h"
