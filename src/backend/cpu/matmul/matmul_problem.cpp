#include "backend/cpu/matmul/matmul_problem.h"

#include <algorithm>
#include <numeric>

#include "backend/cpu/matmul/pack.h"
#include "base/concat.h"

namespace dvt::cpu {

using backend::Operand;
using backend::Problem;

namespace {

ResultAxes result_axes(int rank, bool folded) {
  ResultAxes axes;
  axes.order.resize(static_cast<size_t>(rank));
  std::iota(axes.order.begin(), axes.order.end(), 0);
  axes.rows = folded ? rank - 1 : 1;
  axes.outer = rank - 1 - axes.rows;
  return axes;
}

bool all_one(std::span<const DimRange> dims) {
  return std::all_of(dims.begin(), dims.end(), [](const DimRange& d) { return d == DimRange{1, 1, 1}; });
}

std::span<const DimRange> leading(const Operand& o) { return std::span(o.dims).first(o.dims.size() - 2); }

bool can_fold(const Problem& p, const ops::MatMul& op, jit::VectorIsa isa) {
  const Operand &a = p.inputs[0], &b = p.inputs[1], &c = p.outputs[0];
  if (op.transpose_a || !all_one(leading(b)) || a.rank() != c.rank()) return false;
  for (const Operand* o : {&a, &c})  // all rows must be equally far apart
    if (o->slice_axis > 0 && o->slice_axis != o->rank() - 1) return false;
  return EpilogueMap::refusal(p, result_axes(c.rank(), true), isa).empty();
}

// Kernels take the depth from a, and rows and columns from the result: the ranges must agree with b's.
std::string refuse_dims(const Problem& p, const ops::MatMul& op) {
  const Operand &a = p.inputs[0], &b = p.inputs[1], &c = p.outputs[0];
  const auto dim = [](const Operand& o, bool transposed, int i) {
    return o.dims[o.dims.size() - 2 + static_cast<size_t>(transposed ? 1 - i : i)];
  };
  if (b.constant && !b.is_static()) return "a constant has dims that are not fixed";
  if (dim(a, op.transpose_a, 1) != dim(b, op.transpose_b, 0)) return "the inner dimensions of a and b differ in range";
  if (dim(c, false, 1) != dim(b, op.transpose_b, 1)) return "the columns of b and the result differ in range";
  if (dim(c, false, 0) != dim(a, op.transpose_a, 0)) return "the rows of a and the result differ in range";
  return {};
}

std::string refuse_slices(const Problem& p) {
  for (const Operand* o : {&p.inputs[0], &p.inputs[1], &p.outputs[0]})
    if (o->slice_axis > 0 && o->slice_axis < o->rank() - 2)
      return concat(to_string(*o), " is a slice along other axes than those of the matrices");
  return {};
}

}  // namespace

MatrixStrides matrix_strides(const backend::TensorRef& t) {
  MatrixStrides s{t.dims[t.rank - 1], 0};
  if (t.slice_axis == t.rank - 1 && t.rank > 1) s.row = t.pitch;
  s.matrix = t.slice_axis == t.rank - 2 && t.slice_axis > 0 ? t.pitch : s.row * t.dims[t.rank - 2];
  return s;
}

DimRange product(std::span<const DimRange> dims) {
  DimRange all{1, 1, 1};
  for (const DimRange& d : dims) all = {all.min * d.min, all.opt * d.opt, all.max * d.max};
  return all;
}

std::string MatmulProblem::refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  const auto* op = p.op.as<ops::MatMul>();
  if (!op) return concat("operator is ", p.op.name());
  if (t.kind != backend::DeviceKind::cpu || !t.can_jit) return "generated code cannot be run";
  if (!t.has(jit::required_isa(isa))) return isa == jit::VectorIsa::kAvx512 ? "needs AVX-512" : "needs AVX2";
  for (const auto* list : {&p.inputs, &p.outputs})
    for (const Operand& o : *list)
      if (o.layout != backend::Layout::plain) return concat("layout of ", to_string(o), " is not plain");
  for (const Operand* o : {&p.inputs[0], &p.inputs[1], &p.outputs[0]})
    if (o->dtype != DType::f32) return concat(to_string(*o), " is not f32");
  if (std::string reason = refuse_dims(p, *op); !reason.empty()) return reason;
  if (std::string reason = refuse_slices(p); !reason.empty()) return reason;
  return EpilogueMap::refusal(p, result_axes(p.outputs[0].rank(), can_fold(p, *op, isa)), isa);
}

MatmulProblem::MatmulProblem(const Problem& p, jit::VectorIsa isa) {
  const auto& op = *p.op.as<ops::MatMul>();
  transpose_a = op.transpose_a;
  transpose_b = op.transpose_b;
  folded = can_fold(p, op, isa);
  axes = result_axes(p.outputs[0].rank(), folded);
  const auto& dims = p.outputs[0].dims;
  const int64_t max_rows =
      product(std::span(dims).subspan(static_cast<size_t>(axes.outer), static_cast<size_t>(axes.rows))).max;
  if (!p.inputs[1].constant)
    b_mode = !transpose_b && max_rows <= 2 * jit::max_tile_rows(isa) ? BMode::kInPlace : BMode::kPackNow;
}

size_t packed_b_bytes(const Problem& p, jit::VectorIsa isa) {
  const MatmulProblem m(p, isa);
  if (m.b_mode != BMode::kPacked) return 0;
  const auto dims = p.inputs[1].at_opt();
  const int64_t depth = m.transpose_b ? dims.back() : dims[dims.size() - 2];
  const int64_t columns = m.transpose_b ? dims[dims.size() - 2] : dims.back();
  const ColumnPanels panels{columns, jit::lanes(isa)};
  return static_cast<size_t>(product(leading(p.inputs[1])).opt * panels.packed_floats(depth)) * 4;
}

void pack_constant_b(const Problem& p, jit::VectorIsa isa, const backend::PackArgs& args) {
  const MatmulProblem m(p, isa);
  const Operand& b = p.inputs[1];
  const auto dims = b.at_opt();
  int64_t depth = dims[dims.size() - 2], columns = dims.back();
  if (m.transpose_b) std::swap(depth, columns);
  const ColumnPanels panels{columns, jit::lanes(isa)};
  const int64_t matrices = product(leading(b)).opt;
  for (int64_t i = 0; i < matrices; ++i)
    pack_matrix(reinterpret_cast<const float*>(args.data.data()) + i * depth * columns, m.transpose_b, depth, panels,
                reinterpret_cast<float*>(args.packed.data()) + i * panels.packed_floats(depth), args.pool);
}

}  // namespace dvt::cpu
