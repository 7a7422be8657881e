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

/// A yes or no of shape arithmetic: known now, or the only element of a bool [1] tensor.
struct Flag {
  std::optional<bool> value;
  ITensor* tensor = nullptr;
  Flag(bool known) : value(known) {}  // NOLINT: a truth is a flag
  explicit Flag(ITensor& computed) : tensor(&computed) {}
};

/// Dimension `axis` of a tensor.
Extent extent_of(ImporterContext& c, ITensor& x, int axis);
Extents extents_of(ImporterContext& c, ITensor& x);
/// The elements of an input that is a list of integers (or one integer); its length must be known.
Extents extents_of_input(ImporterContext& c, int i);
/// The one number of an input.
Extent extent_of_input(ImporterContext& c, int i, std::string_view what);

Extent add(ImporterContext& c, const Extent& a, const Extent& b);
Extent subtract(ImporterContext& c, const Extent& a, const Extent& b);
Extent multiply(ImporterContext& c, const Extent& a, const Extent& b);
Extent divide_up(ImporterContext& c, const Extent& a, int64_t b);
Extent divide_down(ImporterContext& c, const Extent& a, int64_t b);
/// Rounds down; a computed b of 0 gives 0.
Extent divide_down(ImporterContext& c, const Extent& a, const Extent& b);
Extent smaller(ImporterContext& c, const Extent& a, const Extent& b);
Extent larger(ImporterContext& c, const Extent& a, const Extent& b);
Flag is_equal(ImporterContext& c, const Extent& a, const Extent& b);
Flag is_less(ImporterContext& c, const Extent& a, const Extent& b);
Flag either(ImporterContext& c, const Flag& a, const Flag& b);
/// a where the flag is set, else b.
Extent choose(ImporterContext& c, const Flag& flag, const Extent& a, const Extent& b);
/// 1 or 0.
Extent as_number(ImporterContext& c, const Flag& flag);
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
