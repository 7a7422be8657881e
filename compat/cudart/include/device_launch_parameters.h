#pragma once
/// \file
/// Kept for programs that include it by name: kernels are not compiled here, so there is no index of a thread.

#include "vector_types.h"
