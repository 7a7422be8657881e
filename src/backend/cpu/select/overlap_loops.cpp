// The build compiles this file without contraction of products into fused operations: the threshold is met to the bit.
#include "backend/cpu/select/overlap_loops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/select/overlap_loops.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

V lower(V a, V b) { return hn::IfThenElse(hn::Lt(a, b), a, b); }
V higher(V a, V b) { return hn::IfThenElse(hn::Gt(a, b), a, b); }

bool any(const ops::Corners& box, const TakenBoxes& taken, int64_t n, float most) {
  if (!(box.area > 0)) return false;
  const D d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const V y0 = hn::Set(d, box.y0), x0 = hn::Set(d, box.x0), y1 = hn::Set(d, box.y1), x1 = hn::Set(d, box.x1);
  const V own = hn::Set(d, box.area), zero = hn::Zero(d), limit = hn::Set(d, most);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const V height = hn::Sub(lower(y1, hn::LoadU(d, taken.y1 + i)), higher(y0, hn::LoadU(d, taken.y0 + i)));
    const V width = hn::Sub(lower(x1, hn::LoadU(d, taken.x1 + i)), higher(x0, hn::LoadU(d, taken.x0 + i)));
    const V area = hn::LoadU(d, taken.area + i);
    const auto meet = hn::And(hn::And(hn::Gt(height, zero), hn::Gt(width, zero)), hn::Gt(area, zero));
    if (hn::AllFalse(d, meet)) continue;  // Boxes of other places and, where they are set apart, of other classes.
    const V common = hn::Mul(height, width);
    const V share = hn::Div(common, hn::Sub(hn::Add(own, area), common));
    if (!hn::AllFalse(d, hn::And(meet, hn::Gt(share, limit)))) return true;
  }
  for (; i < n; ++i)
    if (ops::overlaps(box, {taken.y0[i], taken.x0[i], taken.y1[i], taken.x1[i], taken.area[i]}, most)) return true;
  return false;
}

}  // namespace

OverlapLoops make_overlap_loops() { return {&any}; }

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

OverlapLoops overlap_loops(const backend::Target& t) { return DVT_SIMD_PICK(t, make_overlap_loops)(); }

}  // namespace dvt::cpu
#endif
