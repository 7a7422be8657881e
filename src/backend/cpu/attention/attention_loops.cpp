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

void mask_scores(const AttentionRow& row, float* s, int64_t count) {
  const RowTag d;
  const auto scale = hn::Set(d, row.scale);
  if (row.softcap != 0) {
    const auto cap = hn::Set(d, row.softcap), inverse = hn::Set(d, row.scale / row.softcap);
    map_row(s, s, count, [=](RowVec v) HWY_ATTR { return hn::Mul(tanh_f32(hn::Mul(v, inverse)), cap); });
  } else if (!row.added || row.mask_stride == 0) {
    map_row(s, s, count, [=](RowVec v) HWY_ATTR { return hn::Mul(v, scale); });
  }
  const int n = static_cast<int>(count);
  if (row.added && row.mask_stride == 0) {
    const float added = *row.added;
    DVT_LOOP s[i] += added;
  } else if (row.added && row.softcap != 0) {
    DVT_LOOP s[i] += row.added[i];
  } else if (row.added) {
    const float factor = row.scale;
    DVT_LOOP s[i] = s[i] * factor + row.added[i];
  }
  if (!row.kept) return;
  if (row.mask_stride == 0) {
    if (!*row.kept) std::fill_n(s, count, kLowest);
    return;
  }
  DVT_LOOP s[i] = row.kept[i] ? s[i] : kLowest;
}

void probabilities(const AttentionRow& row, float* s, int64_t visible, int64_t keys) {
  const RowTag d;
  mask_scores(row, s, visible);
  const float largest = max_lanes(fold_row(s, visible, kLowest, KeepValue(), LargerValue()));
  if (visible < keys) std::fill(s + visible, s + keys, 0.0f);
  if (largest == kLowest) {
    std::fill_n(s, visible, 0.0f);
    return;
  }
  const auto shift = hn::Set(d, largest);
  map_row(s, s, visible, [shift](RowVec v) HWY_ATTR { return exp_f32(hn::Sub(v, shift)); });
  const auto factor = hn::Set(d, 1.0f / sum_lanes(fold_row(s, visible, 0.0f, KeepValue(), AddValues())));
  map_row(s, s, visible, [factor](RowVec v) HWY_ATTR { return hn::Mul(v, factor); });
}

void scores(const float* q, const float* k, int64_t depth, int64_t keys, float* out) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t t = 0; t < keys; ++t, k += depth) {
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

void mix(const float* p, const float* v, int64_t keys, int64_t width, float* out) {
  std::fill_n(out, width, 0.0f);
  const int n = static_cast<int>(width);
  for (int64_t t = 0; t < keys; ++t, v += width) {
    const float weight = p[t];
    if (weight == 0) continue;
    DVT_LOOP out[i] += weight * v[i];
  }
}

}  // namespace

AttentionLoops make_attention_loops() { return {&probabilities, &scores, &mix}; }

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

AttentionLoops attention_loops(const backend::Target& t) { return DVT_SIMD_PICK(t, make_attention_loops)(); }

}  // namespace dvt::cpu
#endif
