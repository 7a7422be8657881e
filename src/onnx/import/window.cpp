#include "onnx/import/window.h"

#include <algorithm>

namespace dvt::onnx {
namespace {

std::vector<int64_t> per_dimension(ImporterContext& c, const char* name, size_t count, int64_t fallback) {
  std::vector<int64_t> values = c.attribute_ints(name);
  if (values.empty()) values.assign(count, fallback);
  if (values.size() != count)
    refuse(ParserCode::kINVALID_NODE)("the attribute '", name, "' has ", values.size(), " values for ", count,
                                      " spatial dimensions");
  return values;
}

PaddingMode padding_mode(ImporterContext& c, bool ceil_mode) {
  const std::string auto_pad = c.attribute_string("auto_pad", "NOTSET");
  if (auto_pad == "SAME_UPPER") return PaddingMode::kSAME_UPPER;
  if (auto_pad == "SAME_LOWER") return PaddingMode::kSAME_LOWER;
  if (auto_pad != "NOTSET" && auto_pad != "VALID" && !auto_pad.empty())
    refuse(ParserCode::kINVALID_NODE)("the attribute 'auto_pad' must be NOTSET, VALID, SAME_UPPER or SAME_LOWER, got '",
                                      auto_pad, "'");
  return ceil_mode ? PaddingMode::kEXPLICIT_ROUND_UP : PaddingMode::kEXPLICIT_ROUND_DOWN;
}

}  // namespace

const char* padding_name(PaddingMode mode) {
  if (mode == PaddingMode::kSAME_UPPER) return "same_upper";
  return mode == PaddingMode::kSAME_LOWER ? "same_lower" : "explicit";
}

bool WindowAttributes::has_dilation() const {
  return std::any_of(dilations.begin(), dilations.end(), [](int64_t d) { return d != 1; });
}

WindowAttributes read_window(ImporterContext& c, std::vector<int64_t> kernel) {
  WindowAttributes w;
  const size_t n = kernel.size();
  w.kernel = std::move(kernel);
  w.ceil_mode = c.attribute_bool("ceil_mode", false);
  w.strides = per_dimension(c, "strides", n, 1);
  w.dilations = per_dimension(c, "dilations", n, 1);
  w.padding = padding_mode(c, w.ceil_mode);
  std::vector<int64_t> pads = per_dimension(c, "pads", 2 * n, 0);
  if (c.attribute_string("auto_pad", "NOTSET") == "VALID") pads.assign(2 * n, 0);
  w.pads_begin.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(n));
  w.pads_end.assign(pads.begin() + static_cast<std::ptrdiff_t>(n), pads.end());
  return w;
}

}  // namespace dvt::onnx
