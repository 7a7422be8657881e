#include "backend/cpu/softmax/softmax_loops.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/softmax/softmax_loops.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/row-inl.h"
#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

/// y = exp(x - largest); returns the sum.
HWY_INLINE float exp_row(const float* x, float* y, int64_t n, float largest) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto shift = hn::Set(d, largest);
  auto sum = hn::Zero(d), sum1 = sum;
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto e0 = exp_nonpositive(hn::Sub(hn::LoadU(d, x + i), shift));
    const auto e1 = exp_nonpositive(hn::Sub(hn::LoadU(d, x + i + lanes), shift));
    hn::StoreU(e0, d, y + i);
    hn::StoreU(e1, d, y + i + lanes);
    sum = hn::Add(sum, e0);
    sum1 = hn::Add(sum1, e1);
  }
  for (; i < n; i += lanes) {
    const int64_t count = n - i < lanes ? n - i : lanes;
    const auto e = exp_nonpositive(hn::Sub(load_tail(x + i, count, kLowest), shift));
    store_tail(e, y + i, count);
    sum = hn::Add(sum, e);  // lanes past the end are exp(-inf) = 0
  }
  return sum_lanes(hn::Add(sum, sum1));
}

}  // namespace

void softmax_one_row(const float* x, float* y, int64_t n, bool log) {
  const RowTag d;
  const float largest = max_lanes(fold_row(x, n, kLowest, KeepValue(), LargerValue()));
  if (log) {
    const auto shift = hn::Set(d, largest);
    const auto exponential = [shift](RowVec v) HWY_ATTR { return exp_nonpositive(hn::Sub(v, shift)); };
    const float sum = sum_lanes(fold_row(x, n, 0.0f, exponential, AddValues()));
    const auto minus = hn::Set(d, std::log(sum));
    return map_row(x, y, n, [=](RowVec v) HWY_ATTR { return hn::Sub(hn::Sub(v, shift), minus); });
  }
  const auto factor = hn::Set(d, 1.0f / exp_row(x, y, n, largest));
  map_row(y, y, n, [factor](RowVec v) HWY_ATTR { return hn::Mul(v, factor); });
}

void softmax_block(const float* x, float* y, int64_t n, int64_t stride, int64_t width, bool log) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t c = 0; c < width; c += lanes) {
    const int64_t count = width - c < lanes ? width - c : lanes;
    const auto load = [&](const float* p)
                          HWY_ATTR { return count == lanes ? hn::LoadU(d, p) : load_tail(p, count, 0.0f); };
    const auto store = [&](RowVec v, float* p)
                           HWY_ATTR { count == lanes ? hn::StoreU(v, d, p) : store_tail(v, p, count); };
    auto largest = hn::Set(d, kLowest);
    for (int64_t k = 0; k < n; ++k) largest = LargerValue()(largest, load(x + k * stride + c));
    auto sum = hn::Zero(d);
    for (int64_t k = 0; k < n; ++k) {
      const auto shifted = hn::Sub(load(x + k * stride + c), largest);
      const auto e = exp_nonpositive(shifted);
      sum = hn::Add(sum, e);
      store(log ? shifted : e, y + k * stride + c);
    }
    const auto factor = hn::Div(hn::Set(d, 1.0f), sum);
    const auto minus = log_f32(sum);
    for (int64_t k = 0; k < n; ++k) {
      const auto v = load(y + k * stride + c);
      store(log ? hn::Sub(v, minus) : hn::Mul(v, factor), y + k * stride + c);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

SoftmaxRow softmax_row(const backend::Target& t) { return DVT_SIMD_PICK(t, softmax_one_row); }
SoftmaxColumns softmax_columns(const backend::Target& t) { return DVT_SIMD_PICK(t, softmax_block); }

}  // namespace dvt::cpu
#endif
