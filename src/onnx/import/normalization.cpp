#include <numeric>

#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

std::vector<int64_t> axes_from(int first, int rank) {
  std::vector<int64_t> axes(static_cast<size_t>(rank - first));
  std::iota(axes.begin(), axes.end(), first);
  return axes;
}

/// [C] as [1, C, 1…] of the rank.
ITensor& per_channel(ImporterContext& c, int i, int rank, std::string_view role) {
  const Dims dims = c.dims(i);
  if (dims.nbDims != 1) refuse(ParserCode::kINVALID_NODE)("input ", i, " must have one dimension, got ", dims.nbDims);
  if (const Constant* constant = c.constant(i)) {
    std::vector<int64_t> shape(static_cast<size_t>(rank), 1);
    shape[1] = dims.d[0];
    return c.constant_tensor(with_dims(*constant, std::move(shape)));
  }
  std::vector<int64_t> axes{0};
  for (int axis = 2; axis < rank; ++axis) axes.push_back(axis);
  return unsqueeze(c, c.tensor(i), axes, role);
}

void refuse_statistics(ImporterContext& c) {
  for (int i = 1; i < c.num_outputs(); ++i)
    if (c.wants_output(i))
      refuse(ParserCode::kUNSUPPORTED_NODE)("only the output Y is supported; output ", i, " is used");
}

}  // namespace

namespace {

/// Normalized by the statistics of the batch itself, which also move the running ones.
void batch_normalization_in_training(ImporterContext& c) {
  const Term x(c, 0);
  const int rank = x.rank();
  if (rank < 2) refuse(ParserCode::kINVALID_NODE)("the input has rank ", rank, " and no channels");
  std::vector<int64_t> axes{0};
  for (int i = 2; i < rank; ++i) axes.push_back(i);
  const auto spread = [&](int i) { return Term(c, per_channel(c, i, rank, "spread")); };
  const Term average = mean(x, axes), centred = x - average;
  const Term variance = mean(centred * centred, axes);
  const Term unit = centred / sqrt(variance + static_cast<double>(c.attribute_float("epsilon", 1e-5F)));
  c.set_output(0, unit * spread(1) + spread(2));
  const double momentum = c.attribute_float("momentum", 0.9F);
  const auto moved = [&](int i, Term batch) {
    const Term running(c, i);
    return running * momentum + cast(squeeze(batch, axes), running.type()) * (1 - momentum);
  };
  if (c.wants_output(1)) c.set_output(1, moved(3, average));
  if (c.wants_output(2)) c.set_output(2, moved(4, variance));
}

}  // namespace

void import_batch_normalization(ImporterContext& c) {
  if (c.attribute_bool("training_mode", false)) return batch_normalization_in_training(c);
  if ((c.opset() < 7 && !c.attribute_bool("is_test", false)))
    refuse(ParserCode::kUNSUPPORTED_NODE)("training mode is not supported; export the model for inference");
  if (!c.attribute_bool("spatial", true))
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("statistics per element (spatial = 0) are not supported");
  refuse_statistics(c);
  std::vector<ITensor*> inputs;
  for (int i = 0; i < 5; ++i) inputs.push_back(&c.tensor(i));
  const Fields fields = Fields().add("epsilon", static_cast<double>(c.attribute_float("epsilon", 1e-5F)));
  c.set_output(0, first_output(add_operator(c, "batch_norm", fields, inputs)));
}

namespace {

/// The outputs Mean and InvStdDev, which models for training have.
void set_statistics(ImporterContext& c, ITensor& x, int axis, float epsilon) {
  if (!c.wants_output(1) && !c.wants_output(2)) return;
  const uint32_t axes = axis_mask(axes_from(axis, rank_of(x)));
  const auto mean_of = [&](ITensor& of, std::string_view role) -> ITensor& {
    return first_output(c.added(c.network().addReduce(of, ReduceOperation::kAVG, axes, true), role));
  };
  ITensor& exact = cast(c, x, DataType::kFLOAT, "widened");
  ITensor& mean = mean_of(exact, "mean");
  ITensor& centred = elementwise(c, exact, mean, ElementWiseOperation::kSUB, "centred");
  ITensor& variance = mean_of(elementwise(c, centred, centred, ElementWiseOperation::kPROD, "square"), "variance");
  ITensor& guarded =
      elementwise(c, variance, scalar(c, epsilon, DataType::kFLOAT), ElementWiseOperation::kSUM, "guarded");
  ITensor& deviation = unary(c, guarded, UnaryOperation::kSQRT, "deviation");
  c.set_output(1, mean);
  c.set_output(2, unary(c, deviation, UnaryOperation::kRECIP, "inverse_deviation"));
}

}  // namespace

void import_layer_normalization(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const int rank = rank_of(x);
  const int axis = normalized_axis(c.attribute_int("axis", -1), rank);
  const float epsilon = c.attribute_float("epsilon", 1e-5F);
  set_statistics(c, x, axis, epsilon);
  if (!c.has_input(2)) {  // the layer takes scale and bias; the operator takes what there is
    Fields fields;
    fields.add("kind", "layer").add("axis", axis).add("epsilon", static_cast<double>(epsilon)).add("has_scale", true);
    return c.set_output(0, add_operator(c, "normalization", fields, {&x, &c.tensor(1)}));
  }
  INormalizationLayer& layer =
      c.added(c.network().addNormalization(x, c.tensor(1), c.tensor(2), axis_mask(axes_from(axis, rank))));
  layer.setEpsilon(epsilon);
  c.set_output(0, first_output(layer));
}

void import_rms_normalization(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  Fields fields;
  fields.add("kind", "rms").add("axis", normalized_axis(c.attribute_int("axis", -1), rank_of(x)));
  fields.add("epsilon", static_cast<double>(c.attribute_float("epsilon", 1e-5F))).add("has_scale", true);
  c.set_output(0, add_operator(c, "normalization", fields, {&x, &c.tensor(1)}));
}

void import_instance_normalization(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const int rank = rank_of(x);
  if (rank < 3) refuse(ParserCode::kINVALID_NODE)("the input has rank ", rank, "; it needs spatial dimensions");
  ITensor& scale = per_channel(c, 1, rank, "scale");
  ITensor& bias = per_channel(c, 2, rank, "bias");
  INormalizationLayer& layer = c.added(c.network().addNormalization(x, scale, bias, axis_mask(axes_from(2, rank))));
  layer.setEpsilon(c.attribute_float("epsilon", 1e-5F));
  c.set_output(0, first_output(layer));
}

void import_group_normalization(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const int rank = rank_of(x);
  const int64_t groups = c.attribute_int("num_groups", 0);
  if (rank < 2 || groups < 1)
    refuse(ParserCode::kINVALID_NODE)("an input of rank ", rank, " cannot be normalized in ", groups, " groups");
  // Scale and bias have an element per group before operator set 21, and one per channel since.
  ITensor& scale = per_channel(c, 1, rank, "scale");
  ITensor& bias = per_channel(c, 2, rank, "bias");
  // One group of all channels: to the layer, channels without groups would each be normalized alone.
  const uint32_t axes = axis_mask(axes_from(groups == 1 ? 1 : 2, rank));
  INormalizationLayer& layer = c.added(c.opset() < 21 ? c.network().addNormalization(x, scale, bias, axes)
                                                      : c.network().addNormalizationV2(x, scale, bias, axes));
  layer.setNbGroups(groups);
  layer.setEpsilon(c.attribute_float("epsilon", 1e-5F));
  c.set_output(0, first_output(layer));
}

void import_lp_normalization(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const int64_t p = c.attribute_int("p", 2);
  if (p != 1 && p != 2) refuse(ParserCode::kINVALID_NODE)("the attribute 'p' must be 1 or 2, got ", p);
  const int axis = normalized_axis(c.attribute_int("axis", -1), rank_of(x));
  const Fields fields = Fields().add("kind", p == 1 ? "l1" : "l2").add("axes", axis).add("keep_dims", true);
  // Zeros stay zeros: where the norm is 0 they are divided by 1.
  ITensor& norm = add_operator(c, "reduce", fields, {&x}, "norm");
  ITensor& zero = to_rank(c, scalar(c, 0, x.getType()), rank_of(x));
  ITensor& one = to_rank(c, scalar(c, 1, x.getType()), rank_of(x));
  ITensor& is_zero = elementwise(c, norm, zero, ElementWiseOperation::kEQUAL, "is_zero");
  ITensor& divisor = first_output(c.added(c.network().addSelect(is_zero, one, norm), "divisor"));
  c.set_output(0, elementwise(c, x, divisor, ElementWiseOperation::kDIV));
}

void import_mean_variance_normalization(ImporterContext& c) {
  ITensor& x = c.tensor(0);
  const auto axes = normalized_axes(c.attribute_ints("axes", {0, 2, 3}), rank_of(x));
  const auto mean = [&](ITensor& of, std::string_view role) -> ITensor& {
    return first_output(c.added(c.network().addReduce(of, ReduceOperation::kAVG, axis_mask(axes), true), role));
  };
  ITensor& centred = elementwise(c, x, mean(x, "mean"), ElementWiseOperation::kSUB, "centred");
  ITensor& square = elementwise(c, centred, centred, ElementWiseOperation::kPROD, "square");
  ITensor& deviation = unary(c, mean(square, "variance"), UnaryOperation::kSQRT, "deviation");
  ITensor& guarded = elementwise(c, deviation, scalar(c, 1e-9, x.getType()), ElementWiseOperation::kSUM, "guarded");
  c.set_output(0, elementwise(c, centred, guarded, ElementWiseOperation::kDIV));
}

}  // namespace dvt::onnx
