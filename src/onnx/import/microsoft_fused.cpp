// com.microsoft: products, convolutions and additions with an activation behind them.
#include <numeric>

#include "onnx/import/fused_parts.h"
#include "onnx/import/importers.h"
#include "onnx/term.h"

namespace dvt::onnx {
/// activation(conv(x, w) + b + z).
void import_fused_conv(ImporterContext& c) {
  Term y = convolved(c, Term(c, 0), c.value(1), 2);
  if (c.has_input(3)) y = y + Term(c, 3);
  c.set_output(0, activated(c, y));
}

void import_fused_gemm(ImporterContext& c) {
  Term y = matmul(Term(c, 0), Term(c, 1), c.attribute_bool("transA", false), c.attribute_bool("transB", false)) *
           c.attribute_float("alpha", 1);
  if (c.has_input(2)) y = y + Term(c, 2) * c.attribute_float("beta", 1);
  std::vector<float> parameters;
  if (c.has_attribute("activation_alpha")) parameters.push_back(c.attribute_float("activation_alpha", 0));
  if (c.has_attribute("activation_beta")) parameters.push_back(c.attribute_float("activation_beta", 0));
  c.set_output(0, activated(c, y, c.attribute_string("activation", ""), parameters));
}

/// A product as FusedMatMul's, activated; what the parameters mean depends on the function.
void import_fused_matmul_activation(ImporterContext& c) {
  std::vector<Value> inputs{c.value(0), c.value(1)};
  const Term y(c, c.tensor_of(c.import_as(&import_fused_matmul, std::move(inputs)).at(0)));
  const std::string name = c.attribute_string("activation", "");
  if (name == "Softmax")
    return c.set_output(0, softmax(y, normalized_axis(c.attribute_int("activation_axis", -1), y.rank())));
  std::vector<float> parameters;
  if (c.has_attribute("activation_alpha")) parameters.push_back(c.attribute_float("activation_alpha", 0));
  if (c.has_attribute("activation_beta")) parameters.push_back(c.attribute_float("activation_beta", 0));
  c.set_output(0, activated(c, y, name, parameters));
}

void import_gemm_fast_gelu(ImporterContext& c) {
  Term y = matmul(Term(c, 0), Term(c, 1));
  if (c.has_input(2)) y = y + Term(c, 2);
  c.set_output(0, activation(y, ActivationType::kGELU_TANH));
}

void import_bias_gelu(ImporterContext& c) {
  c.set_output(0, activation(Term(c, 0) + Term(c, 1), ActivationType::kGELU_ERF));
}

/// The left half of x + bias times gelu of the right half.
void import_bias_split_gelu(ImporterContext& c) {
  const Term x = Term(c, 0) + Term(c, 1);
  const int last = x.rank() - 1;
  const Extent half = divide_down(c, x.extent(last), 2);
  c.set_output(0, slice(x, last, 0, half) * activation(slice(x, last, half, half), ActivationType::kGELU_ERF));
}

void import_bias_add(ImporterContext& c) { c.set_output(0, Term(c, 0) + Term(c, 1) + Term(c, 2)); }

void import_bias_softmax(ImporterContext& c) {
  const Term x = Term(c, 0) + Term(c, 1);
  const int axis = normalized_axis(c.attribute_int("axis", 1), x.rank());
  const Extents shape = x.extents();
  const Term rows = reshape(x, Extents{product(c, shape, 0, axis), product(c, shape, axis, x.rank())});
  c.set_output(0, reshape(softmax(rows, 1), shape));
}

void import_inverse(ImporterContext& c) { c.set_output(0, add_operator(c, "inverse", {}, {&c.tensor(0)})); }

void import_is_all_finite(ImporterContext& c) {
  if (c.attribute_bool("isinf_only", false) || c.attribute_bool("isnan_only", false))
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("isinf_only and isnan_only are not supported");
  std::optional<Term> all;
  for (int i = 0; i < c.num_inputs(); ++i) {
    const Term x(c, i);
    std::vector<int64_t> axes(static_cast<size_t>(x.rank()));
    std::iota(axes.begin(), axes.end(), 0);
    const Term odd = unary(x, UnaryOperation::kISNAN) || unary(x, UnaryOperation::kISINF);
    const Term any = largest(cast(odd, DataType::kINT32), axes, false);
    all = all ? maximum(*all, any) : any;
  }
  if (!all) refuse(ParserCode::kINVALID_NODE)("IsAllFinite without inputs");
  c.set_output(0, equal(*all, 0));
}

/// Regions [R, 4] (y1, x1, y2, x2 between 0 and 1) of images, resampled to one size; outside lies a constant.
void import_crop_and_resize(ImporterContext& c) {
  const std::vector<int64_t> size = c.constant_ints(3, "crop_size");
  if (size.size() != 2 || size[0] < 1 || size[1] < 1)
    refuse(ParserCode::kINVALID_NODE)("crop_size must be two numbers");
  if (c.attribute_string("mode", "bilinear") != "bilinear")
    refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("only the mode bilinear is supported");
  const Term x(c, 0), regions(c, 1);
  const Extents shape = x.extents();
  const double outside = c.attribute_float("extrapolation_value", 0);
  // Positions in [0, extent - 1] along one axis, [R, count], and whether they lie inside.
  struct Along {
    Term at, inside;
  };
  const auto positions = [&](int axis, int64_t count) {
    const Term last = cast(scalar_of(c, subtract(c, shape[static_cast<size_t>(axis)], 1)), x.type());
    const Term low = slice(regions, 1, axis - 2, 1) * last, high = slice(regions, 1, axis, 1) * last;
    std::vector<float> steps;
    for (int64_t i = 0; i < count; ++i)
      steps.push_back(count == 1 ? 0.5F : static_cast<float>(i) / static_cast<float>(count - 1));
    const Term at = low + (high - low) * cast(floats(c, {1, count}, steps, "steps"), x.type());
    return Along{at, at >= 0 && at <= last};
  };
  const Along down = positions(2, size[0]), across = positions(3, size[1]);
  // In the units of a grid sample with aligned corners: -1 and 1 are the first and the last pixel.
  const auto to_grid = [&](Term at, int axis) {
    const Term last = cast(scalar_of(c, subtract(c, shape[static_cast<size_t>(axis)], 1)), x.type());
    return at / maximum(last, last.number(1)) * 2 - 1;
  };
  const Extent count = regions.extent(0);
  const Extents grid_shape{count, size[0], size[1]};
  const Term rows = expand(unsqueeze(to_grid(down.at, 2), {2}), grid_shape),
             columns = expand(unsqueeze(to_grid(across.at, 3), {1}), grid_shape);
  const Term grid = join({unsqueeze(columns, {3}), unsqueeze(rows, {3})}, 3);
  const Term images = gather(x, Term(c, 2), 0);
  const Fields fields = Fields().add("align_corners", true).add("padding", "border");
  const Term sampled(c, add_operator(c, "grid_sample", fields, {&images.tensor(), &grid.tensor()}, "sample"));
  const Term inside = unsqueeze(down.inside, {1, 3}) && unsqueeze(across.inside, {1, 2});
  c.set_output(0, select(inside, sampled, sampled.number(outside)));
}

}  // namespace dvt::onnx
