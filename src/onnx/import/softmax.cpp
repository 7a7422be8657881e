// Softmax and its relatives, which before operator set 13 took the dimensions from an axis on as one.
#include "onnx/constants.h"
#include "onnx/extent.h"
#include "onnx/import/importers.h"

namespace dvt::onnx {
namespace {

enum class Kind { kSoftmax, kLogSoftmax, kHardmax };

/// 1 at the largest element (the first of equals), 0 elsewhere.
ITensor& hardmax(ImporterContext& c, ITensor& x, int axis, std::string_view role) {
  if (extent_of(c, x, axis).value == 0) return first_output(c.added(c.network().addIdentity(x), role));
  const Fields fields = Fields().add("kind", "max").add("axis", axis).add("keep_dims", false);
  ITensor& largest = add_operator(c, "arg_reduce", fields, {&x}, "largest");
  ITensor* values[] = {&scalar(c, 0, x.getType(), 1), &scalar(c, 1, x.getType(), 1)};
  ITensor& off_on = concat_tensors(c, values, 0, "values");
  const Extent extent = extent_of(c, x, axis);
  ITensor& depth = extent.value ? scalar(c, static_cast<double>(*extent.value), DataType::kINT64)
                                : reshape(c, *extent.tensor, std::vector<int64_t>{}, "depth");
  return first_output(c.added(c.network().addOneHot(largest, off_on, depth, axis), role));
}

ITensor& along(ImporterContext& c, ITensor& x, int axis, Kind kind, std::string_view role) {
  if (kind == Kind::kHardmax) return hardmax(c, x, axis, role);
  if (kind == Kind::kLogSoftmax)
    return add_operator(c, "softmax", Fields().add("axis", axis).add("log", true), {&x}, role);
  ISoftMaxLayer& layer = c.added(c.network().addSoftMax(x), role);
  layer.setAxes(uint32_t{1} << axis);
  return first_output(layer);
}

void along_axis(ImporterContext& c, Kind kind) {
  ITensor& x = c.tensor(0);
  c.set_output(0, along(c, x, normalized_axis(c.attribute_int("axis", -1), rank_of(x)), kind, ""));
}

void flattened(ImporterContext& c, Kind kind) {
  ITensor& x = c.tensor(0);
  const int rank = rank_of(x);
  const int axis = normalized_axis(c.attribute_int("axis", 1), rank);
  if (axis == rank - 1) return c.set_output(0, along(c, x, axis, kind, ""));
  const Extents shape = extents_of(c, x);
  const Extents matrix{product(c, shape, 0, axis), product(c, shape, axis, rank)};
  ITensor& flat = along(c, reshape(c, x, matrix, "flatten"), 1, kind, "rows");
  c.set_output(0, reshape(c, flat, shape));
}

}  // namespace

void import_softmax(ImporterContext& c) { along_axis(c, Kind::kSoftmax); }
void import_log_softmax(ImporterContext& c) { along_axis(c, Kind::kLogSoftmax); }
void import_hardmax(ImporterContext& c) { along_axis(c, Kind::kHardmax); }
void import_softmax_flattened(ImporterContext& c) { flattened(c, Kind::kSoftmax); }
void import_log_softmax_flattened(ImporterContext& c) { flattened(c, Kind::kLogSoftmax); }
void import_hardmax_flattened(ImporterContext& c) { flattened(c, Kind::kHardmax); }

}  // namespace dvt::onnx
