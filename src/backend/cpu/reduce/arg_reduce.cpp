// Positions of extremes: columns side by side, each with its best value and position so far.
#include "ops/reduce/arg_reduce.h"

#include <algorithm>
#include <cmath>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"

namespace dvt::cpu {
namespace {

using namespace backend;

constexpr int64_t kColumns = 64;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::ArgReduce>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  if (p.inputs[0].dtype != DType::f32) return Support::no("input is not f32");
  return Support::yes();
}

/// Whether `a` beats `b`; a NaN beats every number.
template <bool kMax>
bool better(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && !std::isnan(b);
  return kMax ? a > b : a < b;
}

template <bool kMax, bool kLast>
void columns(const float* x, int64_t n, int64_t stride, int64_t width, int64_t* y) {
  float best[kColumns];
  std::copy_n(x, width, best);
  std::fill_n(y, width, 0);
  for (int64_t k = 1; k < n; ++k) {
    const float* row = x + k * stride;
    for (int64_t i = 0; i < width; ++i) {
      const bool wins = kLast ? !better<kMax>(best[i], row[i]) : better<kMax>(row[i], best[i]);
      best[i] = wins ? row[i] : best[i];
      y[i] = wins ? k : y[i];
    }
  }
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  const auto& op = *op_of<ops::ArgReduce>(p);
  const bool is_max = op.kind == ops::ArgReduce::Kind::max;
  const auto body = is_max ? (op.select_last ? &columns<true, true> : &columns<true, false>)
                           : (op.select_last ? &columns<false, true> : &columns<false, false>);
  return make_kernel([axis = *normalize_axis(op.axis, p.inputs[0].rank()), body](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const int64_t n = in.dims[axis], outer = volume(in.dims, axis);
    const int64_t inner = volume(in.dims + axis + 1, in.rank - axis - 1), blocks = (inner + kColumns - 1) / kColumns;
    if (outer * inner == 0 || n == 0) return;
    const float* x = static_cast<const float*>(in.data);
    int64_t* y = static_cast<int64_t*>(args.outputs[0].data);
    const double block_ns = 10 + static_cast<double>(n * std::min(inner, kColumns));
    parallel_for(*args.pool, outer * blocks, block_ns, [&](int64_t begin, int64_t end) {
      for (int64_t item = begin; item < end; ++item) {
        const int64_t o = item / blocks, first = item % blocks * kColumns;
        body(x + o * n * inner + first, n, inner, std::min(kColumns, inner - first), y + o * inner + first);
      }
    });
  });
}

}  // namespace

Tactic arg_reduce_columns() { return {.supports = supports, .create = create}; }

}  // namespace dvt::cpu
