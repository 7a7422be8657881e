#include "backend/cpu/attention/attention_loops.h"

#include <algorithm>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/attention/attention_loops.cpp"
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

/// Applies softcap and mask to scores; returns the factor that the scores still need.
float mask_scores(const AttentionRow& row, float* s, int64_t count) {
  const RowTag d;
  const int n = static_cast<int>(count);
  float factor = row.scale;
  if (row.softcap != 0) {
    const auto cap = hn::Set(d, row.softcap), inverse = hn::Set(d, row.scale / row.softcap);
    map_row(s, s, count, [=](RowVec v) HWY_ATTR { return hn::Mul(tanh_f32(hn::Mul(v, inverse)), cap); });
    factor = 1;
  }
  if (row.added && row.mask_stride != 0) {
    DVT_LOOP s[i] = s[i] * factor + row.added[i];
    factor = 1;
  } else if (row.added) {
    const float added = *row.added;
    DVT_LOOP s[i] = s[i] * factor + added;
    factor = 1;
  }
  if (row.kept && row.mask_stride != 0) {
    // What is kept out must lie lowest after scaling too.
    const float lowest = factor < 0 ? -kLowest : kLowest;
    DVT_LOOP s[i] = row.kept[i] ? s[i] : lowest;
  } else if (row.kept && !*row.kept) {
    std::fill_n(s, count, factor < 0 ? -kLowest : kLowest);
  }
  if (factor < 0) {
    map_row(s, s, count, [=](RowVec v) HWY_ATTR { return hn::Mul(v, hn::Set(d, factor)); });
    factor = 1;
  }
  return factor;
}

float weights(const AttentionRow& row, float* s, int64_t visible, int64_t keys) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  if (visible < keys) std::fill(s + visible, s + keys, 0.0f);
  const float factor = mask_scores(row, s, visible);
  const float largest = max_lanes(fold_row(s, visible, kLowest, KeepValue(), LargerValue()));
  if (largest == kLowest) {
    std::fill_n(s, visible, 0.0f);
    return 0;
  }
  const auto scale = hn::Set(d, factor), shift = hn::Set(d, factor * largest);
  auto sum0 = hn::Zero(d), sum1 = sum0;
  int64_t i = 0;
  for (; i + 2 * lanes <= visible; i += 2 * lanes) {
    const auto e0 = exp_nonpositive(hn::MulSub(hn::LoadU(d, s + i), scale, shift));
    const auto e1 = exp_nonpositive(hn::MulSub(hn::LoadU(d, s + i + lanes), scale, shift));
    hn::StoreU(e0, d, s + i);
    hn::StoreU(e1, d, s + i + lanes);
    sum0 = hn::Add(sum0, e0);
    sum1 = hn::Add(sum1, e1);
  }
  for (; i < visible; i += lanes) {
    const int64_t count = std::min(lanes, visible - i);
    const auto e = exp_nonpositive(hn::MulSub(load_tail(s + i, count, kLowest), scale, shift));
    store_tail(e, s + i, count);
    sum0 = hn::Add(sum0, e);  // lanes past the end are exp(-inf) = 0
  }
  return 1.0f / sum_lanes(hn::Add(sum0, sum1));
}

void scores(const float* q, const float* k, int64_t k_stride, int64_t depth, int64_t keys, float* out) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t t = 0; t < keys; ++t, k += k_stride) {
    auto a0 = hn::Zero(d), a1 = a0;
    int64_t i = 0;
    for (; i + 2 * lanes <= depth; i += 2 * lanes) {
      a0 = hn::MulAdd(hn::LoadU(d, q + i), hn::LoadU(d, k + i), a0);
      a1 = hn::MulAdd(hn::LoadU(d, q + i + lanes), hn::LoadU(d, k + i + lanes), a1);
    }
    float sum = sum_lanes(hn::Add(a0, a1));
    for (; i < depth; ++i) sum += q[i] * k[i];
    out[t] = sum;
  }
}

void scale_row(float* out, float factor, int64_t width) {
  const int n = static_cast<int>(width);
  DVT_LOOP out[i] *= factor;
}

void mix(const float* p, float factor, const float* v, int64_t v_stride, int64_t keys, int64_t width, float* out) {
  std::fill_n(out, width, 0.0f);
  const int n = static_cast<int>(width);
  for (int64_t t = 0; t < keys; ++t, v += v_stride) {
    const float weight = p[t] * factor;
    DVT_LOOP out[i] += weight * v[i];
  }
}

}  // namespace

AttentionLoops make_attention_loops() { return {&weights, &scores, &mix, &scale_row}; }

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

AttentionLoops attention_loops(const backend::Target& t) { return DVT_SIMD_PICK(t, make_attention_loops)(); }

}  // namespace dvt::cpu
#endif
