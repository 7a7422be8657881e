#pragma once
#include "image/picture.h"
#include "ops/op.h"

namespace dvt::ops {

/// The picture in a file as u8[rows, width, channels]. Inputs: the file's bytes (u8[n]) and its height and width, as
/// image_size tells them, unless the attribute gives them. Late size 0 is the rows: height, or 0 with empty_on_failure.
struct ImageDecode {
  static constexpr OpId kId = OpId::image_decode;
  image::PixelFormat pixel_format = image::PixelFormat::rgb;
  bool empty_on_failure = false;  ///< No rows for what is no picture, or damaged; else the run fails.
  std::vector<Dim> size;          ///< Height and width, where input 1 is left out.
  friend bool operator==(const ImageDecode&, const ImageDecode&) = default;
};
DECLARE_LATE_OP(ImageDecode);

}  // namespace dvt::ops
