#pragma once
#include <cuda_runtime_api.h>

#include <cstddef>

namespace dvt::cudart {

/// Rows of bytes to copy.
struct Region {
  void* to;
  const void* from;
  size_t to_pitch, from_pitch;  ///< Bytes from one row to the next.
  size_t width, height;         ///< Bytes a row; rows.
};

/// Whether the copy is one that CUDA would do.
cudaError_t check_copy(const Region& region, cudaMemcpyKind kind);
void copy(const Region& region);

cudaError_t check_fill(const cudaMemsetParams& p);
void fill(const cudaMemsetParams& p);

}  // namespace dvt::cudart
