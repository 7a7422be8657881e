#pragma once
#include <cstdint>

#include "backend/target.h"

namespace dvt::cpu {

/// A pooling window over up to three spatial dimensions (missing ones in front have size 1), one image at a time.
struct PoolGeometry {
  int64_t in[3], out[3], kernel[3], stride[3], dilation[3], pad[3], pad_end[3];
  int64_t channels, x_position, y_position;  ///< channels_last only: floats from one position to the next
  bool average;
  bool count_include_pad;
};

/// Output rows [begin, end) of a plane (plain) or image (channels_last): row r is (depth, height) = (r / out[1],
/// r % out[1]).
using PoolRows = void (*)(const PoolGeometry& g, const float* x, float* y, int64_t begin, int64_t end);
PoolRows pool_rows_plain(const backend::Target& t);
PoolRows pool_rows_channels_last(const backend::Target& t);

}  // namespace dvt::cpu
