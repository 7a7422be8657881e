#include "backend/cpu/conv/to_channels_last.h"

#include <algorithm>
#include <cstring>

#include "backend/cpu/matmul/pack.h"

namespace dvt::cpu {

ConvShape with_padding(const ConvShape& s) noexcept {
  ConvShape padded = s;
  for (size_t a = 0; a < 3; ++a) {
    const int64_t reach = (s.out[a] - 1) * s.stride[a] + s.dilation[a] * (s.kernel[a] - 1) + 1;
    padded.in[a] = std::max(reach, s.in[a] + s.pad[a]);
    padded.pad[a] = 0;
  }
  padded.x = {padded.in_pixels() * padded.channels, padded.channels};
  return padded;
}

void to_channels_last(const ConvShape& s, const ConvShape& padded, const float* x, float* out,
                      ThreadPool& pool) noexcept {
  const int64_t row_floats = padded.in[2] * s.channels, rows = padded.in[0] * padded.in[1];
  pool.parallel_for(s.images * rows, [&](int64_t index, int) {
    const int64_t image = index / rows, z = index % rows / padded.in[1] - s.pad[0], y = index % padded.in[1] - s.pad[1];
    float* row = out + index * row_floats;
    if (z < 0 || z >= s.in[0] || y < 0 || y >= s.in[1]) {
      std::memset(row, 0, static_cast<size_t>(row_floats) * 4);
      return;
    }
    const int64_t begin = s.pad[2] * s.channels, end = (s.pad[2] + s.in[2]) * s.channels;
    std::memset(row, 0, static_cast<size_t>(begin) * 4);
    std::memset(row + end, 0, static_cast<size_t>(row_floats - end) * 4);
    const float* from = x + image * s.x.image + (z * s.in[1] + y) * s.in[2];
    transpose(from, s.in_pixels(), s.channels, s.in[2], row + begin, s.channels);
  });
}

}  // namespace dvt::cpu
