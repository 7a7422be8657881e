// Quantize and dequantize as pointwise programs; a scale along an axis broadcasts as [C, 1, …].
#include "ops/data/quantize.h"

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/pointwise/chunked.h"
#include "base/concat.h"
#include "ops/data/dequantize.h"

namespace dvt::cpu {
namespace {

using namespace backend;
using expr::Expr;
using expr::ExprOp;

struct Attributes {
  int64_t axis, block_size;
  bool has_zero_point;
};
std::optional<Attributes> attributes(const Problem& p) {
  if (const auto* q = op_of<ops::Quantize>(p)) return Attributes{q->axis, q->block_size, q->has_zero_point};
  if (const auto* d = op_of<ops::Dequantize>(p)) return Attributes{d->axis, d->block_size, d->has_zero_point};
  return std::nullopt;
}

Support supports(const Problem& p, const Target&) {
  const auto a = attributes(p);
  if (!a) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (a->block_size != 0) return Support::no("has blocks");
  if (p.inputs[1].rank() > 1) return Support::no("scale is neither a scalar nor a vector");
  for (const auto* list : {&p.inputs, &p.outputs})
    for (const Operand& o : *list)
      if (!is_lane_type(o.dtype)) return Support::no(concat("elements of ", to_string(o.dtype), " share bytes"));
  return Support::yes();
}

/// Operands x, scale [, zero point].
Expr program(const Problem& p) {
  Expr e;
  const int x = e.add_input(p.inputs[0].dtype), scale = e.add_input(p.inputs[1].dtype);
  const int zero = attributes(p)->has_zero_point ? e.add_input(p.inputs[2].dtype) : -1;
  const auto f32 = [&e](int v) { return e.cast(v, DType::f32); };
  const DType to = p.outputs[0].dtype;
  int y;
  if (op_of<ops::Quantize>(p)) {
    y = e.apply(ExprOp::div, f32(x), f32(scale));
    if (!is_floating(to)) {
      y = e.apply(ExprOp::round, y);
      if (zero >= 0) y = e.apply(ExprOp::add, y, f32(zero));
    }
  } else {
    y = f32(x);
    if (zero >= 0) y = e.apply(ExprOp::sub, y, f32(zero));
    y = e.apply(ExprOp::mul, y, f32(scale));
  }
  e.set_result(e.cast(y, to));
  return e;
}

size_t workspace(const Problem& p, const Target& t) {
  return ChunkedProgram(program(p), p.inputs, p.outputs[0], t).workspace();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  const int axis = normalize_axis(attributes(p)->axis, p.inputs[0].rank()).value_or(0);
  return make_kernel([axis, count = p.inputs.size(),
                      program = ChunkedProgram(program(p), p.inputs, p.outputs[0], t)](const LaunchArgs& args) {
    const TensorRef& x = args.inputs[0];
    int64_t per_axis[kMaxRank];
    TensorRef broadcast[2];
    const TensorRef* inputs[3] = {&x, nullptr, nullptr};
    for (size_t i = 1; i < count; ++i) {
      TensorRef& t = broadcast[i - 1] = args.inputs[i];
      inputs[i] = &t;
      if (t.rank == 0) continue;
      for (int d = axis; d < x.rank; ++d) per_axis[d - axis] = 1;
      per_axis[0] = args.inputs[1].dims[0];
      t.dims = per_axis;
      t.rank = x.rank > axis ? x.rank - axis : 1;
    }
    program.run(*args.pool, inputs, args.outputs[0], args.workspace);
  });
}

}  // namespace

Tactic quantize_program() { return {.supports = supports, .workspace = workspace, .create = create}; }

}  // namespace dvt::cpu
