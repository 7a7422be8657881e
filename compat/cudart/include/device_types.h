#pragma once
/// \file
/// Kept for programs that include it by name.

#include "driver_types.h"
#include "vector_types.h"
