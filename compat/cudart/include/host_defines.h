#pragma once
/// \file
/// The qualifiers of CUDA C++. Host compilers see plain functions and variables.

#ifndef __host__
#define __host__
#define __device__
#define __global__
#define __constant__
#define __shared__
#define __managed__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#endif
#ifndef __align__
#define __align__(n) __attribute__((aligned(n)))
#endif

#define CUDARTAPI
#define CUDART_CB
