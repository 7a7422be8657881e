// Reductions and maps over contiguous f32 rows; included once per Highway target.
#if defined(DVT_SIMD_ROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DVT_SIMD_ROW_INL_H_
#undef DVT_SIMD_ROW_INL_H_
#else
#define DVT_SIMD_ROW_INL_H_
#endif

#include "backend/cpu/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {

using RowTag = hn::ScalableTag<float>;
using RowVec = hn::Vec<RowTag>;

/// The first n < Lanes elements at x, the other lanes `fill`; reads nothing else.
HWY_INLINE RowVec load_tail(const float* x, int64_t n, float fill) {
  const RowTag d;
  const auto inside = hn::FirstN(d, static_cast<size_t>(n));
  return hn::IfThenElse(inside, hn::MaskedLoad(inside, d, x), hn::Set(d, fill));
}
/// Writes the first n < Lanes elements only.
HWY_INLINE void store_tail(RowVec v, float* y, int64_t n) {
  const RowTag d;
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, y);
}

/// combine over map of the row, in four independent accumulators; lanes past the end hold `neutral` and are not mapped.
template <class Map, class Combine>
HWY_INLINE RowVec fold_row(const float* x, int64_t n, float neutral, const Map& map, const Combine& combine) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  auto a0 = hn::Set(d, neutral), a1 = a0, a2 = a0, a3 = a0;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    a0 = combine(a0, map(hn::LoadU(d, x + i)));
    a1 = combine(a1, map(hn::LoadU(d, x + i + lanes)));
    a2 = combine(a2, map(hn::LoadU(d, x + i + 2 * lanes)));
    a3 = combine(a3, map(hn::LoadU(d, x + i + 3 * lanes)));
  }
  for (; i + lanes <= n; i += lanes) a0 = combine(a0, map(hn::LoadU(d, x + i)));
  if (i < n) {
    const auto mapped = map(load_tail(x + i, n - i, 0.0f));
    a1 = combine(a1, hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(n - i)), mapped, hn::Set(d, neutral)));
  }
  return combine(combine(a0, a1), combine(a2, a3));
}

/// y[i] = map(x[i]); y may be x.
template <class Map>
HWY_INLINE void map_row(const float* x, float* y, int64_t n, const Map& map) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(map(hn::LoadU(d, x + i)), d, y + i);
  if (i < n) store_tail(map(load_tail(x + i, n - i, 0.0f)), y + i, n - i);
}

HWY_INLINE float sum_lanes(RowVec v) {
  const RowTag d;
  return hn::GetLane(hn::SumOfLanes(d, v));
}
HWY_INLINE float max_lanes(RowVec v) {
  const RowTag d;
  return hn::GetLane(hn::MaxOfLanes(d, v));
}

/// e^x for x <= 0, as softmax needs it; 0 below the normal range. NaN stays NaN.
HWY_INLINE RowVec exp_nonpositive(RowVec x) {
  const RowTag d;
  const hn::RebindToSigned<RowTag> di;
  // Adding 1.5 * 2^23 leaves the rounded integer in the low bits of the sum; with the bias added it is the exponent.
  const auto magic = hn::Set(d, 12582912.0f + 127.0f);
  const auto shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), magic);
  const auto n = hn::Sub(shifted, magic);
  auto r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  auto p = hn::Set(d, 8.312495271e-03f);
  p = hn::MulAdd(p, r, hn::Set(d, 4.189033205e-02f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.666711546e-01f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.999923031e-01f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  const auto power = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(di, shifted)));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.3f)), hn::Mul(p, power));
}

struct KeepValue {
  HWY_INLINE RowVec operator()(RowVec v) const { return v; }
};
struct AddValues {
  HWY_INLINE RowVec operator()(RowVec a, RowVec b) const { return hn::Add(a, b); }
};
/// NaN is passed over.
struct LargerValue {
  HWY_INLINE RowVec operator()(RowVec a, RowVec b) const { return hn::IfThenElse(hn::Gt(b, a), b, a); }
};

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#endif
