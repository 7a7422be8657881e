// Reductions over any axes in either layout: loops over what is kept, and inside over what is reduced. Where the
// innermost run is reduced it is a row; where it is kept, a block of columns is reduced side by side.
#include <algorithm>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/pointwise/output_epilogue.h"
#include "backend/cpu/reduce/reduce_loops.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Reduce>(p);
  if (!op) return not_this_op(p);
  if (op->kind == ops::Reduce::Kind::log_sum_exp) return Support::no("kind is log_sum_exp");
  if (auto no = needs_dtype(p, DType::f32)) return *no;
  if (auto no = OutputEpilogue::refusal(p)) return *no;
  return Support::yes();
}

size_t workspace(const Problem& p, const Target& t) { return OutputEpilogue(p, t).workspace(); }

/// Loops over input memory, split into those kept (operand 0 is the output, 1 the input) and those reduced (operand 0
/// is the input).
struct Split {
  LoopNest<2> kept;
  LoopNest<1> reduced;
  bool innermost_reduced = false;
};

Split split(const TensorRef& in, Layout in_layout, const TensorRef& out, Layout out_layout, const bool* is_reduced,
            bool keep_dims) {
  int64_t in_strides[kMaxRank], out_strides[kMaxRank];
  dense_strides(in.dims, in.rank, in_layout, in_strides);
  dense_strides(out.dims, out.rank, out_layout, out_strides);
  int out_axis[kMaxRank];
  for (int i = 0, next = 0; i < in.rank; ++i) {
    out_axis[i] = keep_dims ? i : next;
    if (!is_reduced[i]) ++next;
  }
  Split s;
  for (int i = 0; i < in.rank; ++i) {
    const int axis = memory_axis(in_layout, in.rank, i);
    const int64_t dim = in.dims[axis];
    if (dim == 1) continue;  // neither changes what lies innermost
    s.innermost_reduced = is_reduced[axis];
    if (is_reduced[axis]) {
      s.reduced.strides[0][s.reduced.rank] = in_strides[axis];
      s.reduced.add_loop(dim);
    } else {
      s.kept.strides[0][s.kept.rank] = out_strides[out_axis[axis]];
      s.kept.strides[1][s.kept.rank] = in_strides[axis];
      s.kept.add_loop(dim);
    }
  }
  s.kept.collapse();
  s.reduced.collapse();
  return s;
}

class ReduceKernel final : public Kernel {
 public:
  ReduceKernel(const Problem& p, const Target& t)
      : keep_dims_(op_of<ops::Reduce>(p)->keep_dims),
        in_layout_(p.inputs[0].layout),
        out_layout_(p.outputs[0].layout),
        loops_(reduce_loops(t, op_of<ops::Reduce>(p)->kind)),
        epilogue_(p, t) {
    const auto& axes = op_of<ops::Reduce>(p)->axes;
    std::fill(is_reduced_, is_reduced_ + kMaxRank, axes.empty());
    for (int64_t axis : axes) is_reduced_[*normalize_axis(axis, p.inputs[0].rank())] = true;
  }

  void run(const LaunchArgs& args) const noexcept override {
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    if (volume(out) == 0) return;
    const Split s = split(in, in_layout_, out, out_layout_, is_reduced_, keep_dims_);
    const float* x = static_cast<const float*>(in.data);
    float* y = static_cast<float*>(out.data);
    if (volume(in) == 0) {
      std::fill_n(y, volume(out), loops_.neutral);
      loops_.finish(y, volume(out), 0);
    } else if (s.innermost_reduced || s.kept.strides[1][s.kept.rank - 1] != 1) {
      rows(*args.pool, s, x, y);
    } else {
      columns(*args.pool, s, x, y);
    }
    epilogue_.apply(args, args.workspace);
  }

 private:
  /// Each output element by itself.
  void rows(ThreadPool& pool, const Split& s, const float* x, float* y) const {
    const int inner = s.reduced.rank - 1;
    const int64_t n = s.reduced.dims[inner], step = s.reduced.strides[0][inner];
    const int64_t count = s.reduced.iterations(), runs = count / n;
    const bool contiguous = step == 1 || n == 1;
    parallel_for(pool, s.kept.iterations(), 5 + 0.15 * static_cast<double>(count), [&](int64_t begin, int64_t end) {
      LoopCursor<2> at(s.kept, s.kept.rank, begin);
      for (int64_t i = begin; i < end; ++i, at.next()) {
        float value = loops_.neutral;
        LoopCursor<1> run(s.reduced, inner, 0);
        for (int64_t r = 0; r < runs; ++r, run.next()) {
          const float* from = x + at.offset[1] + run.offset[0];
          if (contiguous)
            value = loops_.row(from, n, value);
          else
            for (int64_t k = 0; k < n; ++k) loops_.columns(from + k * step, &value, 1);
        }
        loops_.finish(&value, 1, static_cast<float>(count));
        y[at.offset[0]] = value;
      }
    });
  }

  /// Blocks of neighbouring output elements.
  void columns(ThreadPool& pool, const Split& s, const float* x, float* y) const {
    const int inner = s.kept.rank - 1;
    const int64_t width = s.kept.dims[inner], step = s.kept.strides[0][inner];
    const int64_t blocks = (width + kReduceColumns - 1) / kReduceColumns;
    const int64_t count = s.reduced.iterations();
    const double item_ns = 10 + 0.1 * static_cast<double>(count * std::min(width, kReduceColumns));
    parallel_for(pool, s.kept.iterations() / width * blocks, item_ns, [&](int64_t begin, int64_t end) {
      LoopCursor<2> at(s.kept, inner, begin / blocks);
      for (int64_t item = begin; item < end; ++item) {
        const int64_t first = item % blocks * kReduceColumns, n = std::min(kReduceColumns, width - first);
        alignas(64) float sums[kReduceColumns];
        std::fill_n(sums, n, loops_.neutral);
        LoopCursor<1> run(s.reduced, s.reduced.rank, 0);
        for (int64_t r = 0; r < count; ++r, run.next())
          loops_.columns(x + at.offset[1] + first + run.offset[0], sums, n);
        loops_.finish(sums, n, static_cast<float>(count));
        for (int64_t k = 0; k < n; ++k) y[at.offset[0] + (first + k) * step] = sums[k];
        if (item % blocks == blocks - 1) at.next();
      }
    });
  }

  bool is_reduced_[kMaxRank];
  bool keep_dims_;
  Layout in_layout_, out_layout_;
  ReduceLoops loops_;
  OutputEpilogue epilogue_;
};

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) { return std::make_unique<ReduceKernel>(p, t); }

}  // namespace

Tactic reduce_nested() { return {.supports = supports, .workspace = workspace, .create = create}; }

}  // namespace dvt::cpu
