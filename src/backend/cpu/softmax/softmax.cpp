#include "ops/nn/softmax.h"

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/pointwise/output_epilogue.h"
#include "backend/cpu/softmax/softmax_loops.h"

namespace dvt::cpu {
namespace {

using namespace backend;

/// Position of the axis in memory order.
int memory_position(const Problem& p, int64_t axis) {
  const int rank = p.inputs[0].rank();
  const int wanted = *normalize_axis(axis, rank);
  for (int i = 0; i < rank; ++i)
    if (memory_axis(*shared_layout(p), rank, i) == wanted) return i;
  return 0;
}

Support common(const Problem& p) {
  if (!op_of<ops::Softmax>(p)) return not_this_op(p);
  if (p.inputs[0].dtype != DType::f32) return Support::no("input is not f32");
  if (!shared_layout(p)) return Support::no("layouts of input and output differ");
  if (auto no = OutputEpilogue::refusal(p)) return *no;
  return Support::yes();
}

Support row_supports(const Problem& p, const Target&) {
  if (Support s = common(p); !s) return s;
  if (memory_position(p, op_of<ops::Softmax>(p)->axis) != p.inputs[0].rank() - 1)
    return Support::no("axis is not the innermost dimension");
  for (const Operand* o : {&p.inputs[0], &p.outputs[0]})
    if (!has_even_rows(*o, o->rank() - 1)) return Support::no(concat(to_string(*o), " is a slice with uneven rows"));
  return Support::yes();
}

Support strided_supports(const Problem& p, const Target&) { return common(p); }

size_t workspace(const Problem& p, const Target& t) { return OutputEpilogue(p, t).workspace(); }

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  const auto& op = *op_of<ops::Softmax>(p);
  return make_kernel([axis = memory_position(p, op.axis), layout = *shared_layout(p), log = op.log,
                      row = softmax_row(t), columns = softmax_columns(t),
                      epilogue = OutputEpilogue(p, t)](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    if (volume(in) == 0) return;
    int64_t outer = 1, inner = 1, n = 1;
    for (int i = 0; i < in.rank; ++i) {
      const int64_t dim = in.dims[memory_axis(layout, in.rank, i)];
      (i < axis ? outer : i > axis ? inner : n) *= dim;
    }
    const float* x = static_cast<const float*>(in.data);
    float* y = static_cast<float*>(args.outputs[0].data);
    constexpr double kNsPerElement = 0.4;
    if (inner == 1) {
      const int64_t x_row = row_stride(in, n), y_row = row_stride(args.outputs[0], n);
      parallel_for(*args.pool, outer, 15 + kNsPerElement * static_cast<double>(n), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) row(x + i * x_row, y + i * y_row, n, log);
      });
    } else {
      const int64_t blocks = (inner + kSoftmaxColumns - 1) / kSoftmaxColumns;
      const double block_ns = 20 + kNsPerElement * static_cast<double>(n * std::min(inner, kSoftmaxColumns));
      parallel_for(*args.pool, outer * blocks, block_ns, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const int64_t column = i % blocks * kSoftmaxColumns, at = i / blocks * n * inner + column;
          columns(x + at, y + at, n, inner, std::min(kSoftmaxColumns, inner - column), log);
        }
      });
    }
    epilogue.apply(args, args.workspace);
  });
}

}  // namespace

Tactic softmax_rows() { return {.supports = row_supports, .workspace = workspace, .create = create, .slices = true}; }
Tactic softmax_strided() { return {.supports = strided_supports, .workspace = workspace, .create = create}; }

}  // namespace dvt::cpu
