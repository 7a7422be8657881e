#include "backend/cpu/conv/row_table.h"

#include <algorithm>
#include <cstring>

namespace dvt::cpu {
namespace {

// Below this many channels a tap's share of the depth loop is shorter than the work of switching taps.
constexpr int64_t kFewChannels = 16;

}  // namespace

bool RowTable::merges(const ConvShape& s) {
  return s.groups == 1 && s.channels < kFewChannels && s.kernel[2] > 1 && s.dilation[2] == 1;
}

RowTable::RowTable(const ConvShape& s, bool merged, const float* x, const float* zeros, int64_t* offsets) noexcept
    : s_(s), merged_(merged), x_(x), zeros_(zeros), segments_(segments(s, merged)), offsets_(offsets) {
  const int64_t columns = merged ? 1 : s.kernel[2];
  for (int64_t z = 0, i = 0; z < s.kernel[0]; ++z)
    for (int64_t y = 0; y < s.kernel[1]; ++y)
      for (int64_t c = 0; c < columns; ++c)
        offsets[i++] = ((z * s.dilation[0] * s.in[1] + y * s.dilation[1]) * s.in[2] + c * s.dilation[2]) * s.x.position;
}

void RowTable::fill(const TileLoop& loop, int64_t t0, int64_t t1, int64_t first_image, const float** table,
                    float* copies) const noexcept {
  std::array<int64_t, 3> limit;  // window origins in [0, limit] touch no padding
  for (size_t a = 0; a < 3; ++a) limit[a] = s_.in[a] - 1 - s_.dilation[a] * (s_.kernel[a] - 1);
  int64_t index = loop.row_of(t0);
  int64_t ox = index % s_.out[2], oy = index / s_.out[2] % s_.out[1];
  int64_t oz = index / (s_.out[2] * s_.out[1]) % s_.out[0], image = first_image + index / s_.out_pixels();
  for (int64_t t = t0; t < t1; ++t) {
    const int64_t rows = loop.row_of(t + 1) - loop.row_of(t);
    for (int64_t i = 0; i < rows; ++i) {
      Pixel p;
      p.at = {oz * s_.stride[0] - s_.pad[0], oy * s_.stride[1] - s_.pad[1], ox * s_.stride[2] - s_.pad[2]};
      p.origin = x_ + (((image * s_.in[0] + p.at[0]) * s_.in[1] + p.at[1]) * s_.in[2] + p.at[2]) * s_.x.position;
      bool inside = true;
      for (size_t a = 0; a < 3; ++a) inside = inside && p.at[a] >= 0 && p.at[a] <= limit[a];
      const float** column = table + i;
      if (inside)
        for (int64_t s = 0; s < segments_; ++s) column[s * rows] = p.origin + offsets_[s];
      else
        fill_edge(p, rows, column, copies);
      if (++ox < s_.out[2]) continue;
      ox = 0;
      if (++oy < s_.out[1]) continue;
      oy = 0;
      if (++oz < s_.out[0]) continue;
      oz = 0;
      ++image;
    }
    table += rows * segments_;
  }
}

void RowTable::fill_edge(const Pixel& pixel, int64_t rows, const float** column, float*& copies) const noexcept {
  const auto inside = [&](size_t axis, int64_t tap) {
    const int64_t at = pixel.at[axis] + tap * s_.dilation[axis];
    return at >= 0 && at < s_.in[axis];
  };
  int64_t segment = 0;
  for (int64_t z = 0; z < s_.kernel[0]; ++z)
    for (int64_t y = 0; y < s_.kernel[1]; ++y) {
      const bool on_row = inside(0, z) && inside(1, y);
      if (!merged_) {
        for (int64_t c = 0; c < s_.kernel[2]; ++c, ++segment)
          column[segment * rows] = on_row && inside(2, c) ? pixel.origin + offsets_[segment] : zeros_;
        continue;
      }
      const float* row = pixel.origin + offsets_[segment];
      const int64_t begin = std::clamp<int64_t>(-pixel.at[2], 0, s_.kernel[2]);
      const int64_t end = std::clamp<int64_t>(s_.in[2] - pixel.at[2], begin, s_.kernel[2]);
      if (!on_row || begin == end) {
        row = zeros_;
      } else if (begin > 0 || end < s_.kernel[2]) {
        float* copy = copies;
        copies += s_.kernel[2] * s_.channels;
        std::memset(copy, 0, static_cast<size_t>(s_.kernel[2] * s_.channels) * 4);
        std::memcpy(copy + begin * s_.channels, row + begin * s_.channels,
                    static_cast<size_t>((end - begin) * s_.channels) * 4);
        row = copy;
      }
      column[segment++ * rows] = row;
    }
}

}  // namespace dvt::cpu
