// Rotary position embedding: a row of x is read once and turned in place.
#include "ops/nn/rotary.h"

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::Rotary>(p)) return not_this_op(p);
  if (auto no = needs_dtype(p, DType::f32)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  if (auto no = needs_no_epilogue(p)) return *no;
  return Support::yes();
}

/// Where the row of angles for a row of x begins: leading axes of 1 stay where they are.
struct RowOffsets {
  const TensorRef& x;
  const TensorRef& angles;
  int64_t of(int64_t row) const {
    int64_t offset = 0, stride = angles.dims[angles.rank - 1];
    for (int i = x.rank - 1; i-- > 0;) {
      const int64_t index = row % x.dims[i];
      row /= x.dims[i];
      if (angles.dims[i] != 1) offset += index * stride;
      stride *= angles.dims[i];
    }
    return offset;
  }
};

/// Halves of n elements; c2 and s2 point at the angles of the second half.
void turn_halves(const float* __restrict x, float* __restrict y, int64_t half, const float* c, const float* s,
                 const float* c2, const float* s2) {
  for (int64_t i = 0; i < half; ++i) {
    const float a = x[i], b = x[half + i];
    y[i] = a * c[i] - b * s[i];
    y[half + i] = b * c2[i] + a * s2[i];
  }
}

/// Neighbours; `step` is 2 where each element has an angle, 1 where each pair has one.
void turn_neighbours(const float* __restrict x, float* __restrict y, int64_t pairs, const float* c, const float* s,
                     int64_t step) {
  const int64_t second = step - 1;
  for (int64_t i = 0; i < pairs; ++i) {
    const float a = x[2 * i], b = x[2 * i + 1];
    y[2 * i] = a * c[step * i] - b * s[step * i];
    y[2 * i + 1] = b * c[step * i + second] + a * s[step * i + second];
  }
}

void run(const ops::Rotary& op, const LaunchArgs& args) {
  const TensorRef &in = args.inputs[0], &cosines = args.inputs[1], &sines = args.inputs[2];
  const int64_t d = in.dims[in.rank - 1], n = op.turned(d), half = n / 2, rows = volume(in.dims, in.rank - 1);
  const bool each = cosines.dims[in.rank - 1] == n, each_sine = sines.dims[in.rank - 1] == n;
  const auto* x = static_cast<const float*>(in.data);
  auto* y = static_cast<float*>(args.outputs[0].data);
  parallel_for(*args.pool, rows, 10 + 0.3 * static_cast<double>(d), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* c = static_cast<const float*>(cosines.data) + RowOffsets{in, cosines}.of(row);
      const float* s = static_cast<const float*>(sines.data) + RowOffsets{in, sines}.of(row);
      const float* from = x + row * d;
      float* to = y + row * d;
      if (op.interleaved)
        turn_neighbours(from, to, half, c, s, each ? 2 : 1);
      else
        turn_halves(from, to, half, c, s, each ? c + half : c, each_sine ? s + half : s);
      for (int64_t i = n; i < d; ++i) to[i] = from[i];
    }
  });
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([op = *op_of<ops::Rotary>(p)](const LaunchArgs& args) { run(op, args); });
}

/// Neighbours take cosines and sines of one form.
Support supports_forms(const Problem& p, const Target& t) {
  const Support support = supports(p, t);
  if (!support) return support;
  const int last = p.inputs[0].rank() - 1;
  if (op_of<ops::Rotary>(p)->interleaved &&
      !(p.inputs[1].dims[static_cast<size_t>(last)] == p.inputs[2].dims[static_cast<size_t>(last)]))
    return Support::no("cosines and sines differ in their last axis");
  return support;
}

}  // namespace

Tactic rotary_rows() { return {.supports = supports_forms, .create = create}; }

}  // namespace dvt::cpu
