#include "backend/cpu/normalization/normalization_loops.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/normalization/normalization_loops.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/row-inl.h"
#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace {

using Statistics = NormalizationLoops::Statistics;

Statistics statistics(const float* x, int64_t n, float epsilon, bool rms) {
  const RowTag d;
  const float count = static_cast<float>(n);
  const float mean = rms ? 0.0f : sum_lanes(fold_row(x, n, 0.0f, KeepValue(), AddValues())) / count;
  const auto middle = hn::Set(d, mean);
  const auto squared = [middle](RowVec v) HWY_ATTR {
    const auto centred = hn::Sub(v, middle);
    return hn::Mul(centred, centred);
  };
  const float variance = sum_lanes(fold_row(x, n, 0.0f, squared, AddValues())) / count;
  return {mean, 1.0f / std::sqrt(variance + epsilon)};
}

template <bool kScale, bool kBias>
void apply_row_with(const float* x, float* y, int64_t n, Statistics s, const float* scale, const float* bias) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto mean = hn::Set(d, s.mean), inverse = hn::Set(d, s.inverse);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    auto v = hn::Mul(hn::Sub(hn::LoadU(d, x + i), mean), inverse);
    if (kScale) v = hn::Mul(v, hn::LoadU(d, scale + i));
    if (kBias) v = hn::Add(v, hn::LoadU(d, bias + i));
    hn::StoreU(v, d, y + i);
  }
  for (; i < n; ++i) y[i] = (x[i] - s.mean) * s.inverse * (kScale ? scale[i] : 1.0f) + (kBias ? bias[i] : 0.0f);
}

void apply_row(const float* x, float* y, int64_t n, Statistics s, const float* scale, const float* bias) {
  if (scale && bias) return apply_row_with<true, true>(x, y, n, s, scale, bias);
  if (scale) return apply_row_with<true, false>(x, y, n, s, scale, bias);
  if (bias) return apply_row_with<false, true>(x, y, n, s, scale, bias);
  apply_row_with<false, false>(x, y, n, s, scale, bias);
}

void apply_scalar(const float* x, float* y, int64_t n, float a, float b) {
  const RowTag d;
  const auto va = hn::Set(d, a), vb = hn::Set(d, b);
  map_row(x, y, n, [=](RowVec v) HWY_ATTR { return hn::MulAdd(v, va, vb); });
}

void channel_sums(const float* x, int64_t rows, int64_t channels, const float* mean, float* sums) {
  std::fill_n(sums, channels, 0.0f);
  for (int64_t r = 0; r < rows; ++r, x += channels) {
    const int64_t n = channels;
    if (mean) {
      DVT_LOOP sums[i] += (x[i] - mean[i]) * (x[i] - mean[i]);
    } else {
      DVT_LOOP sums[i] += x[i];
    }
  }
}

void apply_channels(const float* x, float* y, int64_t rows, int64_t channels, const float* a, const float* b) {
  for (int64_t r = 0; r < rows; ++r, x += channels, y += channels) {
    const int64_t n = channels;
    DVT_LOOP y[i] = x[i] * a[i] + b[i];
  }
}

}  // namespace

NormalizationLoops make_normalization_loops() {
  return {&statistics, &apply_row, &apply_scalar, &channel_sums, &apply_channels};
}

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

NormalizationLoops normalization_loops(const backend::Target& t) {
  return DVT_SIMD_PICK(t, make_normalization_loops)();
}

}  // namespace dvt::cpu
#endif
