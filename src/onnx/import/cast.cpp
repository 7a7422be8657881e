// Changes of type. Casts of the network saturate and round to nearest; what else the attributes ask for is made of
// comparisons beside them.
#include <cmath>
#include <limits>

#include "onnx/emit.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

ITensor& selected(ImporterContext& c, ITensor& condition, ITensor& yes, ITensor& no, std::string_view role) {
  return first_output(c.added(c.network().addSelect(condition, yes, no), role));
}

/// What a value becomes that does not fit when nothing saturates.
struct Overflow {
  DataType type;
  double largest_kept;  ///< Magnitudes up to here round to a finite value.
  bool to_infinity;     ///< Else to NaN.
};
// Halfway between the largest value and the one that would follow it: 464 still rounds down to the even 448, 248 and
// 61440 do not round down; the float below them does.
constexpr Overflow kOverflows[] = {
    {DataType::kFP8, 464, false},
    {DataType::kFP8E4M3FNUZ, 0x1.effffep7, false},
    {DataType::kFP8E5M2, 0x1.dffffep15, true},
    {DataType::kFP8E5M2FNUZ, 0x1.dffffep15, false},
};

ITensor& cast_without_saturation(ImporterContext& c, ITensor& x, const Overflow& to) {
  ITensor& wide = cast(c, x, DataType::kFLOAT, "wide");
  ITensor& y = cast(c, x, to.type, "rounded");
  const int rank = rank_of(x);
  constexpr double kInfinity = std::numeric_limits<double>::infinity(), kNan = std::numeric_limits<double>::quiet_NaN();
  ITensor& above =
      elementwise(c, wide, scalar(c, to.largest_kept, DataType::kFLOAT), ElementWiseOperation::kGREATER, "too_large");
  ITensor& below =
      elementwise(c, wide, scalar(c, -to.largest_kept, DataType::kFLOAT), ElementWiseOperation::kLESS, "too_small");
  ITensor& bounded = selected(c, above, scalar(c, to.to_infinity ? kInfinity : kNan, to.type, rank), y, "bounded");
  return selected(c, below, scalar(c, to.to_infinity ? -kInfinity : kNan, to.type, rank), bounded, "overflowed");
}

/// Powers of two: the nearest one is what a cast gives; the one above or below it is a comparison away.
ITensor& cast_to_power_of_two(ImporterContext& c, ITensor& x, bool saturate, const std::string& mode) {
  constexpr DataType kWide = DataType::kFLOAT;
  constexpr double kLargest = 0x1p127;
  ITensor& size = unary(c, cast(c, x, kWide, "wide"), UnaryOperation::kABS, "size");
  ITensor* power = &cast(c, cast(c, size, DataType::kE8M0, "nearest"), kWide, "power");
  if (mode == "up" || mode == "down") {
    const auto wrong = mode == "up" ? ElementWiseOperation::kLESS : ElementWiseOperation::kGREATER;
    ITensor& step =
        elementwise(c, *power, scalar(c, mode == "up" ? 2 : 0.5, kWide), ElementWiseOperation::kPROD, "step");
    power = &selected(c, elementwise(c, *power, size, wrong, "passed"), step, *power, "stepped");
  } else if (mode != "nearest") {
    refuse(ParserCode::kINVALID_NODE)("the attribute 'round_mode' must be up, down or nearest, got '", mode, "'");
  }
  // Infinity and NaN are NaN either way; a finite value is too large where doubling went past the largest power.
  if (saturate) {
    power = &elementwise(c, *power, scalar(c, kLargest, kWide), ElementWiseOperation::kMIN, "bounded");
  } else if (mode == "nearest") {
    ITensor& large = elementwise(c, size, scalar(c, 0x1.7ffffep127, kWide), ElementWiseOperation::kGREATER, "large");
    power = &selected(c, large, scalar(c, std::numeric_limits<double>::infinity(), kWide, rank_of(x)), *power, "kept");
  }
  return cast(c, *power, DataType::kE8M0, "exact");
}

void convert(ImporterContext& c, DataType to) {
  if (c.type(0) == to && c.is_text(0))
    return c.set_output(0, first_output(c.added(c.network().addIdentity(c.tensor(0)))));
  if (c.is_text(0) || to == DataType::kTEXT) return c.set_output(0, cast(c, c.tensor(0), to, ""));
  const bool saturate = c.attribute_bool("saturate", true);
  if (to == DataType::kE8M0 && is_floating(c.type(0)) && c.type(0) != to)
    return c.set_output(0, cast_to_power_of_two(c, c.tensor(0), saturate, c.attribute_string("round_mode", "up")));
  for (const Overflow& o : kOverflows)
    if (o.type == to && !saturate && c.type(0) != to)
      return c.set_output(0, cast_without_saturation(c, c.tensor(0), o));
  c.set_output(0, first_output(c.added(c.network().addCast(c.tensor(0), to))));
}

}  // namespace

void import_cast(ImporterContext& c) {
  const DataType to = to_data_type(static_cast<ElementType>(c.attribute_int("to", 0)), "to");
  if (c.constant(0) && c.type(0) == to) return c.set_output(0, c.shared_constant(0));
  convert(c, to);
}

void import_cast_like(ImporterContext& c) { convert(c, c.type(1)); }

}  // namespace dvt::onnx
