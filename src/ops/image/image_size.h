#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Height and width (i64[2]) of the picture in a file, as its header says; late sizes 0 and 1 are the two. Input: the
/// file's bytes (u8[n]) in one of the formats of image/picture.h.
struct ImageSize {
  static constexpr OpId kId = OpId::image_size;
  bool empty_on_failure = false;  ///< 0, 0 for what is no picture, or damaged; else the run fails.
  friend bool operator==(const ImageSize&, const ImageSize&) = default;
};
DECLARE_LATE_OP(ImageSize);
std::optional<std::vector<Dim>> fold_value(const ImageSize& op, std::span<const ValueInfo> inputs);

}  // namespace dvt::ops
