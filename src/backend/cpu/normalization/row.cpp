// Layer and RMS normalization: rows of contiguous elements.
#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/normalization/normalization_loops.h"
#include "backend/cpu/pointwise/output_epilogue.h"
#include "ops/nn/normalization.h"

namespace dvt::cpu {
namespace {

using namespace backend;
using Kind = ops::Normalization::Kind;

/// Whether the parameter has one element for each of a row's, in order. Of a range it may be 1 where the row is not.
bool covers_row(const Operand& parameter, const Operand& x, int axis) {
  const int lead = x.rank() - parameter.rank();
  for (int i = 0; i < x.rank(); ++i) {
    const bool inside = i >= axis;
    if (i < lead) {
      if (inside && !(x.dims[static_cast<size_t>(i)] == DimRange{1, 1, 1})) return false;
      continue;
    }
    const DimRange& d = parameter.dims[static_cast<size_t>(i - lead)];
    if (!d.is_constant() || !(d == (inside ? x.dims[static_cast<size_t>(i)] : DimRange{1, 1, 1}))) return false;
  }
  return true;
}

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Normalization>(p);
  if (!op) return not_this_op(p);
  if (op->kind != Kind::layer && op->kind != Kind::rms) return Support::no("kind is not layer or rms");
  if (auto no = needs_dtype(p, DType::f32)) return *no;
  if (p.inputs[0].layout != Layout::plain || p.outputs[0].layout != Layout::plain)
    return Support::no("layout is not plain");
  const int axis = *normalize_axis(op->axis, p.inputs[0].rank());
  for (const Operand& o : p.op_inputs().subspan(1))
    if (!covers_row(o, p.inputs[0], axis)) return Support::no("scale or bias broadcasts within a row");
  for (const Operand* o : {&p.inputs[0], &p.outputs[0]})
    if (!has_even_rows(*o, axis)) return Support::no(concat(to_string(*o), " is a slice with uneven rows"));
  for (const Operand& o : p.op_inputs().subspan(1))
    if (o.is_slice()) return Support::no("scale or bias is a slice");
  if (auto no = OutputEpilogue::refusal(p)) return *no;
  return Support::yes();
}

size_t workspace(const Problem& p, const Target& t) { return OutputEpilogue(p, t).workspace(); }

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  const auto& op = *op_of<ops::Normalization>(p);
  const int axis = *normalize_axis(op.axis, p.inputs[0].rank());
  return make_kernel(
      [axis, op, loops = normalization_loops(t), epilogue = OutputEpilogue(p, t)](const LaunchArgs& args) {
        const TensorRef& in = args.inputs[0];
        const int64_t rows = volume(in.dims, axis), n = volume(in.dims + axis, in.rank - axis);
        if (rows * n == 0) return;
        const float* x = static_cast<const float*>(in.data);
        float* y = static_cast<float*>(args.outputs[0].data);
        const float* scale = op.has_scale ? static_cast<const float*>(args.inputs[1].data) : nullptr;
        const float* bias = op.has_bias ? static_cast<const float*>(args.inputs[1 + op.has_scale].data) : nullptr;
        const int64_t x_row = row_stride(in, n), y_row = row_stride(args.outputs[0], n);
        parallel_for(*args.pool, rows, 20 + 0.2 * static_cast<double>(n), [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const auto s = loops.statistics(x + i * x_row, n, static_cast<float>(op.epsilon), op.kind == Kind::rms);
            loops.apply_row(x + i * x_row, y + i * y_row, n, s, scale, bias);
          }
        });
        epilogue.apply(args, args.workspace);
      });
}

}  // namespace

Tactic normalization_row() { return {.supports = supports, .workspace = workspace, .create = create, .slices = true}; }

}  // namespace dvt::cpu
