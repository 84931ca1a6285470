// How the kernels that native shares with WASM are declared here.
#pragma once

#include "wide.h"

#define KERNEL(name) WIDE static void name
