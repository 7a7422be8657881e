#pragma once
#include <optional>
#include <vector>

#include "onnx/emit.h"

namespace dvt::onnx {

/// One number of shape arithmetic while a model is imported: known now, or the only element of an int64 [1] tensor.
/// Arithmetic on known numbers costs no layer.
struct Extent {
  std::optional<int64_t> value;
  ITensor* tensor = nullptr;
  Extent(int64_t known) : value(known) {}  // NOLINT: a number is an extent
  explicit Extent(ITensor& computed) : tensor(&computed) {}
};
using Extents = std::vector<Extent>;

/// Dimension `axis` of a tensor.
Extent extent_of(ImporterContext& c, ITensor& x, int axis);
Extents extents_of(ImporterContext& c, ITensor& x);
/// The elements of an input that is a list of integers (or one integer); its length must be known.
Extents extents_of_input(ImporterContext& c, int i);

Extent add(ImporterContext& c, const Extent& a, const Extent& b);
Extent subtract(ImporterContext& c, const Extent& a, const Extent& b);
Extent multiply(ImporterContext& c, const Extent& a, const Extent& b);
Extent divide_up(ImporterContext& c, const Extent& a, int64_t b);
Extent divide_down(ImporterContext& c, const Extent& a, int64_t b);
Extent smaller(ImporterContext& c, const Extent& a, const Extent& b);
Extent larger(ImporterContext& c, const Extent& a, const Extent& b);
/// a when a >= 0, else a + b: a position that may count from the end.
Extent from_start(ImporterContext& c, const Extent& a, const Extent& b);
Extent product(ImporterContext& c, const Extents& extents, int begin, int end);

std::optional<std::vector<int64_t>> known(const Extents& extents);
/// The numbers as an int64 list.
ITensor& to_tensor(ImporterContext& c, const Extents& extents, std::string_view role);
ITensor& to_tensor(ImporterContext& c, const Extent& extent);
/// x with these dimensions.
ITensor& reshape(ImporterContext& c, ITensor& x, const Extents& extents, std::string_view role = "");

}  // namespace dvt::onnx
