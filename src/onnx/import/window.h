#pragma once
#include <vector>

#include "onnx/emit.h"

namespace dvt::onnx {

/// The attributes that convolutions and pools share, with their defaults filled in.
struct WindowAttributes {
  std::vector<int64_t> kernel, strides, dilations, pads_begin, pads_end;
  PaddingMode padding = PaddingMode::kEXPLICIT_ROUND_DOWN;
  bool ceil_mode = false;
  bool has_dilation() const;
};

/// \param kernel  One per spatial dimension: tells how many there are.
WindowAttributes read_window(ImporterContext& c, std::vector<int64_t> kernel);

/// The mode as the operators of ours call it.
const char* padding_name(PaddingMode mode);

/// Strides, padding and padding mode of a convolution or pool layer.
template <class Layer>
void set_window(Layer& layer, const WindowAttributes& w) {
  layer.setStrideNd(to_dims(w.strides));
  layer.setPrePadding(to_dims(w.pads_begin));
  layer.setPostPadding(to_dims(w.pads_end));
  layer.setPaddingMode(w.padding);
}

}  // namespace dvt::onnx
