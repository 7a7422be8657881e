#include "backend/cpu/conv/conv_shape.h"

#include <algorithm>

#include "base/concat.h"
#include "ops/nn/deconv.h"

namespace dvt::cpu {

using backend::Operand;
using backend::Problem;

namespace {

constexpr int64_t kMaxTaps = 1024;

}  // namespace

ConvGeometry::ConvGeometry(const Problem& p) : x_layout_(p.inputs[0].layout), y_layout_(p.outputs[0].layout) {
  const auto& op = *p.op.as<ops::Conv>();
  const std::vector<int64_t> w = p.inputs[1].at_opt(), x = p.inputs[0].at_opt();
  const ops::Window window = ops::resolve_window(op, x, w);
  spatial_ = window.rank();
  padding_ = op.padding;
  fixed_.groups = op.groups;
  fixed_.filters = w[0];
  fixed_.channels = w[1] * op.groups;
  for (int i = 0; i < spatial_; ++i) {
    const auto from = static_cast<size_t>(i), to = static_cast<size_t>(i + 3 - spatial_);
    fixed_.kernel[to] = window.kernel[from];
    fixed_.stride[to] = window.strides[from];
    fixed_.dilation[to] = window.dilations[from];
    fixed_.pad[to] = window.pads_begin[from];
  }
}

ConvShape ConvGeometry::at(const int64_t* x, const int64_t* y) const noexcept {
  return at({nullptr, x, spatial_ + 2}, {nullptr, y, spatial_ + 2});
}

ConvShape ConvGeometry::at(const backend::LaunchArgs& args) const noexcept {
  return at(args.inputs[0], args.outputs[0]);
}

ConvShape ConvGeometry::at(const backend::TensorRef& x_ref, const backend::TensorRef& y_ref) const noexcept {
  const int64_t *x = x_ref.dims, *y = y_ref.dims;
  ConvShape s = fixed_;
  s.images = std::min(x[0], y[0]);  // equal in a sound plan
  s.x = image_strides(x_ref, x_layout_);
  s.y = image_strides(y_ref, y_layout_);
  for (int i = 0; i < spatial_; ++i) {
    const auto to = static_cast<size_t>(i + 3 - spatial_);
    s.in[to] = x[i + 2];
    s.out[to] = y[i + 2];
    if (padding_ == ops::Padding::same_upper || padding_ == ops::Padding::same_lower) {
      const int64_t extent = s.dilation[to] * (s.kernel[to] - 1) + 1;
      const int64_t total = std::max<int64_t>(0, (s.out[to] - 1) * s.stride[to] + extent - s.in[to]);
      s.pad[to] = padding_ == ops::Padding::same_upper ? total / 2 : total - total / 2;
    }
  }
  return s;
}

ConvShape ConvGeometry::at_max(const Problem& p) const {
  return at(p.inputs[0].at_max().data(), p.outputs[0].at_max().data());
}

std::string conv_refusal(const Problem& p, const backend::Target& t, backend::Isa isa) {
  const auto* op = p.op.as<ops::Conv>();
  if (!op) return concat("operator is ", p.op.name());
  if (t.kind != backend::DeviceKind::cpu || !t.can_jit) return "generated code cannot be run";
  if (!t.has(isa)) return isa == backend::Isa::kAvx512 ? "needs AVX-512" : "needs AVX2";
  for (const Operand* o : {&p.inputs[0], &p.inputs[1], &p.outputs[0]})
    if (o->dtype != DType::f32) return concat(to_string(*o), " is not f32");
  const Operand& w = p.inputs[1];
  if (!w.constant || !w.is_static()) return "the filter is not a constant";
  if (w.layout != backend::Layout::plain) return "the filter's layout is not plain";
  if (!p.inputs[0].dims[1].is_constant() || !p.outputs[0].dims[1].is_constant())
    return "the number of channels or filters is not fixed";
  for (const Operand* o : {&p.inputs[0], &p.outputs[0]})
    if (!has_image_strides(*o)) return concat(to_string(*o), " is a slice along another axis than channels");
  int64_t taps = 1;
  for (size_t i = 2; i < w.dims.size(); ++i) taps *= w.dims[i].max;
  if (taps > kMaxTaps) return concat("the window has ", taps, " taps, more than ", kMaxTaps);
  return {};
}

ConvShape fixed_deconv_shape(const backend::Problem& p) {
  const auto& op = *p.op.as<ops::Deconv>();
  const std::vector<int64_t> x = p.inputs[0].at_opt(), w = p.inputs[1].at_opt();
  const ops::Window window = ops::resolve_window(op, x, w);  // same padding depends on the window alone
  ConvShape s;
  s.groups = op.groups;
  s.channels = w[0];
  s.filters = w[1] * op.groups;
  for (int i = 0; i < window.rank(); ++i) {
    const auto from = static_cast<size_t>(i), to = static_cast<size_t>(i + 3 - window.rank());
    s.kernel[to] = window.kernel[from];
    s.stride[to] = window.strides[from];
    s.dilation[to] = window.dilations[from];
    s.pad[to] = window.pads_begin[from];
  }
  return s;
}

}  // namespace dvt::cpu
