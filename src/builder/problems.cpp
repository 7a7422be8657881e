#include "builder/problems.h"

#include <algorithm>

namespace dvt::builder {
namespace {

bool has_channel_rank(int rank) { return rank >= 3 && rank <= 5; }

bool is_late(const Dim& d) {
  std::vector<std::string> names;
  d.collect_symbols(names);
  return std::any_of(names.begin(), names.end(), [](const std::string& s) { return s.starts_with(kLate); });
}

double volume(const backend::Operand& o, int64_t DimRange::*at) {
  double n = 1;
  for (const DimRange& d : o.dims) n *= static_cast<double>(std::max<int64_t>(d.*at, 1));
  return n;
}

// Several dims without a bound, or with distant ones, make a tensor larger than any problem may be, or than can be
// timed. A run that gets there is refused.
void limit_volume(backend::Operand& o) {
  using backend::kMaxDim;
  for (DimRange& d : o.dims) d = {std::min(d.min, kMaxDim), std::min(d.opt, kMaxDim), std::min(d.max, kMaxDim)};
  const auto limit = [&o](int64_t DimRange::*at, double most) {
    while (volume(o, at) > most) {
      DimRange& d = *std::max_element(o.dims.begin(), o.dims.end(),
                                      [at](const DimRange& a, const DimRange& b) { return a.*at < b.*at; });
      d.*at = std::max<int64_t>(d.*at / 2, 1);
      d = {std::min({d.min, d.opt, d.max}), std::min(d.opt, d.max), d.max};
    }
  };
  limit(&DimRange::max, static_cast<double>(int64_t{1} << 46));
  limit(&DimRange::opt, static_cast<double>(int64_t{1} << 26));
}

backend::Operand operand(const TensorType& type, const SymbolRanges& ranges, bool constant, Layout layout) {
  backend::Operand o;
  o.dtype = type.dtype;
  o.constant = constant;
  o.layout = layout;
  for (const Dim& d : type.shape) {
    o.dims.push_back(d.range(ranges));
    DimRange& r = o.dims.back();
    if (r.min < 0) r = {0, std::max<int64_t>(r.opt, 0), std::max<int64_t>(r.max, 0)};
  }
  if (std::any_of(type.shape.begin(), type.shape.end(), is_late)) limit_volume(o);
  return o;
}

// Filters have a layout of their own, which tactics pack; other small constants look the same either way.
Layout input_layout(const ir::Value& v, bool is_filter, int data_rank, Layout mode) {
  if (mode == Layout::plain || is_filter || v.rank() != data_rank) return Layout::plain;
  if (v.is_constant() && is_layout_neutral(v.shape())) return Layout::plain;
  return mode;
}

bool has_filter(const ops::Op& op) { return op.id() == ops::OpId::conv || op.id() == ops::OpId::deconv; }

}  // namespace

bool is_layout_neutral(const Shape& shape) {
  if (!has_channel_rank(shape.rank())) return true;
  bool one_position = true;
  for (int i = 2; i < shape.rank(); ++i) one_position &= shape[i] == Dim(1);
  return one_position || shape[1] == Dim(1);
}

backend::Problem make_problem(const ops::Op& op, std::span<ir::Value* const> inputs, int num_op_inputs,
                              const expr::Expr& epilogue, std::span<const TensorType> outputs,
                              const SymbolRanges& ranges, Layout mode) {
  backend::Problem p;
  p.op = op;
  p.epilogue = epilogue;
  p.num_op_inputs = num_op_inputs;
  const int data_rank = outputs[0].rank();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ir::Value& v = *inputs[i];
    const bool filter = has_filter(op) && i == 1;
    p.inputs.push_back(operand(v.type(), ranges, v.is_constant(), input_layout(v, filter, data_rank, mode)));
  }
  for (const TensorType& t : outputs)
    p.outputs.push_back(operand(t, ranges, false, t.rank() == data_rank ? mode : Layout::plain));
  return p;
}

backend::Problem make_problem(const ir::Node& node, const SymbolRanges& ranges, Layout mode) {
  std::vector<TensorType> outputs;
  for (const ir::Value* v : node.outputs()) outputs.push_back(v->type());
  return make_problem(node.op(), node.inputs(), node.num_op_inputs(), node.epilogue(), outputs, ranges, mode);
}

bool allows_mode(const ir::Node& node, Layout mode) {
  if (mode == Layout::plain) return true;
  if (node.op().id() == ops::OpId::reshape || !node.late().empty()) return false;
  const int rank = node.output()->rank();
  if (!has_channel_rank(rank)) return false;
  return std::any_of(node.inputs().begin(), node.inputs().end(), [&](const ir::Value* v) { return v->rank() == rank; });
}

bool has_fast_tactic(const backend::Problem& problem, const backend::Target& target, const backend::Device& device) {
  const auto tactics = device.tactics();
  return std::any_of(tactics.begin(), tactics.end() - 1,
                     [&](const backend::Tactic& t) { return static_cast<bool>(t.supports(problem, target)); });
}

ops::Cost cost_at_opt(const backend::Problem& p) {
  const auto types = [](std::span<const backend::Operand> operands) {
    std::vector<TensorType> out;
    for (const backend::Operand& o : operands) {
      Shape s;
      for (const DimRange& r : o.dims) s.push_back(r.opt);
      out.push_back({o.dtype, s});
    }
    return out;
  };
  return ops::cost(p.op, types(p.op_inputs()), types(p.outputs), {});
}

}  // namespace dvt::builder
