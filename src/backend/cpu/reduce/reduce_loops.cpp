#include "backend/cpu/reduce/reduce_loops.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/reduce/reduce_loops.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/row-inl.h"
#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace {

using Kind = ops::Reduce::Kind;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// What is done to an element, and how two are combined. NaN wins a maximum or minimum.
struct Same {
  static HWY_INLINE RowVec apply(RowVec v) { return v; }
};
struct Absolute {
  static HWY_INLINE RowVec apply(RowVec v) { return hn::Abs(v); }
};
struct Square {
  static HWY_INLINE RowVec apply(RowVec v) { return hn::Mul(v, v); }
};
struct Sum {
  static constexpr float kNeutral = 0;
  static HWY_INLINE RowVec apply(RowVec a, RowVec b) { return hn::Add(a, b); }
  static float apply(float a, float b) { return a + b; }
};
struct Product {
  static constexpr float kNeutral = 1;
  static HWY_INLINE RowVec apply(RowVec a, RowVec b) { return hn::Mul(a, b); }
  static float apply(float a, float b) { return a * b; }
};
struct Largest {
  static constexpr float kNeutral = -kInfinity;
  static HWY_INLINE RowVec apply(RowVec a, RowVec b) {
    return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
  }
  static float apply(float a, float b) { return b > a || b != b ? b : a; }
};
struct Smallest {
  static constexpr float kNeutral = kInfinity;
  static HWY_INLINE RowVec apply(RowVec a, RowVec b) {
    return hn::IfThenElse(hn::Or(hn::Lt(b, a), hn::IsNaN(b)), b, a);
  }
  static float apply(float a, float b) { return b < a || b != b ? b : a; }
};

template <class Map, class Combine>
float row(const float* x, int64_t n, float start) {
  const RowTag d;
  const auto folded = fold_row(
      x, n, Combine::kNeutral, [](RowVec v) HWY_ATTR { return Map::apply(v); },
      [](RowVec a, RowVec b) HWY_ATTR { return Combine::apply(a, b); });
  float lanes[HWY_MAX_BYTES / sizeof(float)];
  hn::StoreU(folded, d, lanes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) start = Combine::apply(start, lanes[i]);
  return start;
}

template <class Map, class Combine>
void columns(const float* x, float* acc, int64_t n) {
  const RowTag d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(Combine::apply(hn::LoadU(d, acc + i), Map::apply(hn::LoadU(d, x + i))), d, acc + i);
  if (i < n)
    store_tail(Combine::apply(load_tail(acc + i, n - i, 0.0f), Map::apply(load_tail(x + i, n - i, 0.0f))), acc + i,
               n - i);
}

void keep(float*, int64_t, float) {}
void divide(float* y, int64_t n, float count) { DVT_LOOP y[i] /= count; }
void root(float* y, int64_t n, float) { DVT_LOOP y[i] = std::sqrt(y[i]); }
void logarithm(float* y, int64_t n, float) { DVT_LOOP y[i] = std::log(y[i]); }

template <class Map, class Combine>
ReduceLoops loops_of(void (*finish)(float*, int64_t, float)) {
  return {Combine::kNeutral, &row<Map, Combine>, &columns<Map, Combine>, finish};
}

}  // namespace

ReduceLoops make_reduce_loops(Kind kind) {
  switch (kind) {
    case Kind::mean:
      return loops_of<Same, Sum>(&divide);
    case Kind::max:
      return loops_of<Same, Largest>(&keep);
    case Kind::min:
      return loops_of<Same, Smallest>(&keep);
    case Kind::prod:
      return loops_of<Same, Product>(&keep);
    case Kind::l1:
      return loops_of<Absolute, Sum>(&keep);
    case Kind::l2:
      return loops_of<Square, Sum>(&root);
    case Kind::sum_square:
      return loops_of<Square, Sum>(&keep);
    case Kind::log_sum:
      return loops_of<Same, Sum>(&logarithm);
    default:
      return loops_of<Same, Sum>(&keep);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

ReduceLoops reduce_loops(const backend::Target& t, ops::Reduce::Kind kind) {
  return DVT_SIMD_PICK(t, make_reduce_loops)(kind);
}

}  // namespace dvt::cpu
#endif
