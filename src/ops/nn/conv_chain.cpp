#include "ops/nn/conv_chain.h"

#include <algorithm>

#include "ops/nn/conv.h"
#include "ops/pointwise/lower.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "conv_chain";

std::vector<ChainPart> checked_parts(const ConvChain& op, size_t inputs) {
  std::vector<ChainPart> parts = chain_parts(op);
  const auto expected = static_cast<size_t>(parts.back().filter) + 1;
  if (inputs != expected) reject(kName, "its programs and filters are ", expected, " inputs, got ", inputs);
  return parts;
}

void require_pointwise(const TensorType& w, std::string_view what) {
  for (int i = 2; i < w.rank(); ++i)
    if (!(w.shape[i] == Dim(1))) reject(kName, what, " must have a window of 1, got ", w);
}

/// Type of a part's result, when its input is `x`.
TensorType infer_part(const ChainPart& part, const TensorType& x, std::span<const ValueInfo> in) {
  const auto filter = static_cast<size_t>(part.filter);
  const ValueInfo own[] = {{x, std::nullopt}, in[filter]};
  TensorType y = infer(*part.conv.as<Conv>(), own)[0];
  if (part.program.is_identity()) return y;
  if (part.program.input_type(0) != y.dtype)
    reject(kName, "operand 0 of a program must be ", y.dtype, ", got ", part.program.input_type(0));
  for (int k = 0; k < part.num_operands; ++k) {
    const TensorType& o = in[filter + 1 + static_cast<size_t>(k)].type;
    require_same_dtype(kName, o.dtype, part.program.input_type(k + 1), "a program's operand");
    require_broadcasts_to(kName, o.shape, y.shape, "a program's operand");
  }
  y.dtype = part.program.result_type();
  return y;
}

}  // namespace

std::vector<ChainPart> chain_parts(const ConvChain& op) {
  std::vector<ChainPart> parts;
  int filter = 1;
  const auto add = [&](Conv conv, const std::string& program) {
    ChainPart part{std::move(conv), program.empty() ? expr::Expr() : expr::parse_expr(program), filter, 0};
    if (!part.program.is_identity()) {
      if (part.program.num_inputs() == 0) reject(kName, "a program must take the convolution's result as operand 0");
      part.num_operands = part.program.num_inputs() - 1;
    }
    filter += 1 + part.num_operands;
    parts.push_back(std::move(part));
  };
  if (op.has_expansion) add({}, op.expansion_program);
  Conv depthwise;
  depthwise.strides = op.strides;
  depthwise.dilations = op.dilations;
  depthwise.pads_begin = op.pads_begin;
  depthwise.pads_end = op.pads_end;
  depthwise.padding = op.padding;
  depthwise.groups = op.channels;
  add(std::move(depthwise), op.depthwise_program);
  add({}, "");
  return parts;
}

std::vector<TensorType> infer(const ConvChain& op, std::span<const ValueInfo> in) {
  const std::vector<ChainPart> parts = checked_parts(op, in.size());
  require_floating(kName, in[0].type.dtype, "x");
  if (!op.has_expansion && !op.expansion_program.empty()) reject(kName, "a program without the expansion it follows");
  TensorType t = in[0].type;
  for (const ChainPart& part : parts) {
    const TensorType& w = in[static_cast<size_t>(part.filter)].type;
    t = infer_part(part, t, in);
    if (&part != &parts[parts.size() - 2])
      require_pointwise(w, "the expansion's or projection's filter");
    else if (!(w.shape[0] == Dim(op.channels)) || !(w.shape[1] == Dim(1)))
      reject(kName, "the depthwise filter must be for ", op.channels, " channels, one each, got ", w);
  }
  return {t};
}

namespace {

/// A result between two convolutions.
struct Tensor {
  std::vector<std::byte> bytes;
  ReadView view;
  Tensor(DType type, const std::vector<int64_t>& dims)
      : bytes(byte_size(type, volume_of(dims))), view(type, dims, bytes.data()) {}
  WriteView write() { return {view.dtype(), view.dims(), bytes.data()}; }
};

Tensor run_part(const ChainPart& part, const ReadView& x, std::span<const ReadView> in) {
  const auto filter = static_cast<size_t>(part.filter);
  const ReadView own[] = {x, in[filter]};
  std::vector<ValueInfo> infos;
  for (const ReadView& v : own) {
    Shape shape;
    for (int64_t d : v.dims()) shape.push_back(d);
    infos.push_back({{v.dtype(), shape}, std::nullopt});
  }
  const TensorType type = infer(*part.conv.as<Conv>(), infos)[0];
  Tensor sum(type.dtype, type.shape.constants());
  const WriteView sums[] = {sum.write()};
  reference(*part.conv.as<Conv>(), own, sums);
  if (part.program.is_identity()) return sum;
  Tensor y(part.program.result_type(), sum.view.dims());
  apply_epilogue(part.program, sum.view, in.subspan(filter + 1, static_cast<size_t>(part.num_operands)), y.write());
  return y;
}

}  // namespace

void reference(const ConvChain& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const std::vector<ChainPart> parts = checked_parts(op, in.size());
  Tensor x = run_part(parts[0], in[0], in);
  if (op.has_expansion) x = run_part(parts[1], x.view, in);
  const ReadView own[] = {x.view, in[static_cast<size_t>(parts.back().filter)]};
  reference(*parts.back().conv.as<Conv>(), own, out);
}

Cost cost(const ConvChain& op, std::span<const TensorType> in, std::span<const TensorType> out,
          const SymbolValues& at) {
  // Pixels of the expansion are those of x, of the others those of the result.
  const auto pixels = [&](const TensorType& t) {
    const double channels = dim_at(t, 1, at);
    return channels > 0 ? volume_at(t, at) / channels : 0;
  };
  Cost c = traffic(in, out, at);
  for (const ChainPart& part : checked_parts(op, in.size())) {
    const bool expansion = op.has_expansion && part.filter == 1;
    c.flops += 2 * volume_at(in[static_cast<size_t>(part.filter)], at) * pixels(expansion ? in[0] : out[0]);
  }
  return c;
}

void visit_fields(ConvChain& op, FieldVisitor& v) {
  v.field("strides", op.strides);
  v.field("dilations", op.dilations);
  v.field("pads_begin", op.pads_begin);
  v.field("pads_end", op.pads_end);
  v.choice("padding", op.padding, kPaddingNames);
  v.field("channels", op.channels);
  v.field("has_expansion", op.has_expansion);
  v.field("expansion_program", op.expansion_program);
  v.field("depthwise_program", op.depthwise_program);
}

}  // namespace dvt::ops
