#include "backend/cpu/matmul/portable_loops.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/matmul/portable_loops.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

template <class V>
HWY_INLINE V multiply_add(V a, V b, V c) {
  if constexpr (hwy::IsFloat<hn::TFromV<V>>())
    return hn::MulAdd(a, b, c);
  else
    return hn::Add(hn::Mul(a, b), c);
}

template <class T>
void one_row(const T* a, const T* b, int64_t depth, T* c) {
  const hn::ScalableTag<T> d;
  const size_t n = hn::Lanes(d);
  auto c0 = hn::LoadU(d, c), c1 = hn::LoadU(d, c + n);
  for (int64_t k = 0; k < depth; ++k, b += 2 * n) {
    const auto x = hn::Set(d, a[k]);
    c0 = multiply_add(x, hn::LoadU(d, b), c0);
    c1 = multiply_add(x, hn::LoadU(d, b + n), c1);
  }
  hn::StoreU(c0, d, c);
  hn::StoreU(c1, d, c + n);
}

// Named accumulators: vectors of run-time length cannot be array elements. Missing rows repeat the last one.
template <class T>
void tile(const T* a, int64_t a_stride, int rows, const T* b, int64_t depth, T* c, int64_t c_stride) {
  if (rows == 1) return one_row(a, b, depth, c);
  const hn::ScalableTag<T> d;
  const size_t n = hn::Lanes(d);
  const int64_t r2 = std::min(2, rows - 1), r3 = std::min(3, rows - 1);
  const T *a1 = a + a_stride, *a2 = a + r2 * a_stride, *a3 = a + r3 * a_stride;
  T *row1 = c + c_stride, *row2 = c + r2 * c_stride, *row3 = c + r3 * c_stride;
  auto c00 = hn::LoadU(d, c), c01 = hn::LoadU(d, c + n);
  auto c10 = hn::LoadU(d, row1), c11 = hn::LoadU(d, row1 + n);
  auto c20 = hn::LoadU(d, row2), c21 = hn::LoadU(d, row2 + n);
  auto c30 = hn::LoadU(d, row3), c31 = hn::LoadU(d, row3 + n);
  for (int64_t k = 0; k < depth; ++k, b += 2 * n) {
    const auto b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, b + n);
    auto x = hn::Set(d, a[k]);
    c00 = multiply_add(x, b0, c00);
    c01 = multiply_add(x, b1, c01);
    x = hn::Set(d, a1[k]);
    c10 = multiply_add(x, b0, c10);
    c11 = multiply_add(x, b1, c11);
    x = hn::Set(d, a2[k]);
    c20 = multiply_add(x, b0, c20);
    c21 = multiply_add(x, b1, c21);
    x = hn::Set(d, a3[k]);
    c30 = multiply_add(x, b0, c30);
    c31 = multiply_add(x, b1, c31);
  }
  hn::StoreU(c00, d, c);
  hn::StoreU(c01, d, c + n);
  hn::StoreU(c10, d, row1);
  hn::StoreU(c11, d, row1 + n);
  hn::StoreU(c20, d, row2);
  hn::StoreU(c21, d, row2 + n);
  hn::StoreU(c30, d, row3);
  hn::StoreU(c31, d, row3 + n);
}

template <class T>
void multiply_add_rows(const T* a, const T* b, T* c, int n) {
  DVT_LOOP c[i] += a[i] * b[i];
}

template <class T>
ProductLoops<T> loops() {
  return {static_cast<int>(2 * hn::Lanes(hn::ScalableTag<T>())), &tile<T>, &multiply_add_rows<T>};
}

}  // namespace

ProductLoops<float> loops_f32() { return loops<float>(); }
ProductLoops<double> loops_f64() { return loops<double>(); }
ProductLoops<int32_t> loops_i32() { return loops<int32_t>(); }

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dvt::cpu {

template <>
ProductLoops<float> product_loops(const backend::Target& t) {
  return DVT_SIMD_PICK(t, loops_f32)();
}
template <>
ProductLoops<double> product_loops(const backend::Target& t) {
  return DVT_SIMD_PICK(t, loops_f64)();
}
template <>
ProductLoops<int32_t> product_loops(const backend::Target& t) {
  return DVT_SIMD_PICK(t, loops_i32)();
}

}  // namespace dvt::cpu
#endif
