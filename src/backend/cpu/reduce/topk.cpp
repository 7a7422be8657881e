// The k first elements of each row by selection: value and position make one integer that sorts as asked.
#include "ops/reduce/topk.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::TopK>(p);
  if (!op) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  if (p.inputs[0].dtype != DType::f32) return Support::no("input is not f32");
  const auto axis = static_cast<size_t>(*normalize_axis(op->axis, p.inputs[0].rank()));
  if (p.inputs[0].dims[axis].max > UINT32_MAX) return Support::no("axis is longer than 2^32");
  return Support::yes();
}

size_t row_bytes(const Problem& p) {
  const auto axis = static_cast<size_t>(*normalize_axis(op_of<ops::TopK>(p)->axis, p.inputs[0].rank()));
  return (static_cast<size_t>(p.inputs[0].dims[axis].max) * sizeof(uint64_t) + 63) / 64 * 64;
}
size_t workspace(const Problem& p, const Target& t) { return row_bytes(p) * static_cast<size_t>(t.threads); }

/// An integer that is smaller the earlier the element comes; equal values come in the order of their positions. NaN is
/// larger than every number, -0 equals 0.
uint64_t order_of(float v, int64_t position, bool largest) {
  uint32_t key = 0xffffffffu;
  if (!std::isnan(v)) {
    const uint32_t bits = std::bit_cast<uint32_t>(v + 0.0f);
    key = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  }
  return static_cast<uint64_t>(largest ? ~key : key) << 32 | static_cast<uint64_t>(position);
}

void select(const float* x, int64_t n, int64_t stride, int64_t k, bool largest, uint64_t* keys, float* values,
            int64_t* positions, int64_t out_stride) {
  for (int64_t i = 0; i < n; ++i) keys[i] = order_of(x[i * stride], i, largest);
  if (k < n) std::nth_element(keys, keys + k, keys + n);
  std::sort(keys, keys + k);
  for (int64_t i = 0; i < k; ++i) {
    const auto position = static_cast<int64_t>(keys[i] & 0xffffffffu);
    values[i * out_stride] = x[position * stride];
    positions[i * out_stride] = position;
  }
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  const auto& op = *op_of<ops::TopK>(p);
  return make_kernel([axis = *normalize_axis(op.axis, p.inputs[0].rank()), largest = op.largest, bytes = row_bytes(p),
                      threads = t.threads](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const int64_t n = in.dims[axis], k = std::min(args.outputs[0].dims[axis], n);
    const int64_t outer = volume(in.dims, axis), inner = volume(in.dims + axis + 1, in.rank - axis - 1);
    const int64_t rows = outer * inner;
    if (rows == 0 || k == 0) return;
    const float* x = static_cast<const float*>(in.data);
    float* values = static_cast<float*>(args.outputs[0].data);
    int64_t* positions = static_cast<int64_t*>(args.outputs[1].data);
    const double row_ns = 20 + 8 * static_cast<double>(n);
    parallel_parts(*args.pool, std::min<int64_t>(threads, rows), static_cast<double>(rows) * row_ns,
                   [&](int64_t part, int64_t parts) {
                     auto* keys = reinterpret_cast<uint64_t*>(static_cast<char*>(args.workspace) +
                                                              static_cast<size_t>(part) * bytes);
                     for (int64_t r = rows * part / parts; r < rows * (part + 1) / parts; ++r) {
                       const int64_t from = r / inner * n * inner + r % inner, to = r / inner * k * inner + r % inner;
                       select(x + from, n, inner, k, largest, keys, values + to, positions + to, inner);
                     }
                   });
  });
}

}  // namespace

Tactic topk_select() { return {.supports = supports, .workspace = workspace, .create = create}; }

}  // namespace dvt::cpu
