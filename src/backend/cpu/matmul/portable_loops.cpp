#include "backend/cpu/matmul/portable_loops.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

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

/// What T is computed in: integers wrap around.
template <class T>
using Wrapping = std::conditional_t<std::is_same_v<T, int32_t>, uint32_t,
                                    std::conditional_t<std::is_same_v<T, int64_t>, uint64_t, T>>;

#if HWY_TARGET == HWY_SCALAR
// Below AVX2 this Highway has no vectors; those of the compiler fit every 64-bit machine. Sums of integers wrap.
template <class T>
struct Lanes {
  using Element = Wrapping<T>;
  typedef Element Vector __attribute__((vector_size(16)));
  static constexpr int64_t kCount = 16 / sizeof(T);
  static Vector load(const T* p) {
    Vector v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  static void store(Vector v, T* p) { std::memcpy(p, &v, sizeof v); }
  static Element set(T x) { return static_cast<Element>(x); }  // an operand of scalar type is repeated
  static Vector multiply_add(Element a, Vector b, Vector c) { return a * b + c; }
  static int64_t count() { return kCount; }
};
#else
template <class T>
struct Lanes {
  using Tag = hn::ScalableTag<T>;
  using Vector = hn::Vec<Tag>;
  static HWY_INLINE Vector load(const T* p) { return hn::LoadU(Tag(), p); }
  static HWY_INLINE void store(Vector v, T* p) { hn::StoreU(v, Tag(), p); }
  static HWY_INLINE Vector set(T x) { return hn::Set(Tag(), x); }
  static HWY_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
    if constexpr (std::is_integral_v<T>)
      return hn::Add(hn::Mul(a, b), c);
    else
      return hn::MulAdd(a, b, c);
  }
  static HWY_INLINE int64_t count() { return static_cast<int64_t>(hn::Lanes(Tag())); }
};
#endif

template <class T>
void one_row(const T* a, const T* b, int64_t depth, T* c) {
  using L = Lanes<T>;
  const int64_t n = L::count();
  auto c0 = L::load(c), c1 = L::load(c + n);
  for (int64_t k = 0; k < depth; ++k, b += 2 * n) {
    const auto x = L::set(a[k]);
    c0 = L::multiply_add(x, L::load(b), c0);
    c1 = L::multiply_add(x, L::load(b + n), c1);
  }
  L::store(c0, c);
  L::store(c1, c + n);
}

// Named accumulators: vectors of run-time length cannot be array elements. Missing rows repeat the last one.
template <class T>
void tile(const T* a, int64_t a_stride, int rows, const T* b, int64_t depth, T* c, int64_t c_stride) {
  if (rows == 1) return one_row(a, b, depth, c);
  using L = Lanes<T>;
  const int64_t n = L::count();
  const int64_t r2 = std::min(2, rows - 1), r3 = std::min(3, rows - 1);
  const T *a1 = a + a_stride, *a2 = a + r2 * a_stride, *a3 = a + r3 * a_stride;
  T *row1 = c + c_stride, *row2 = c + r2 * c_stride, *row3 = c + r3 * c_stride;
  auto c00 = L::load(c), c01 = L::load(c + n);
  auto c10 = L::load(row1), c11 = L::load(row1 + n);
  auto c20 = L::load(row2), c21 = L::load(row2 + n);
  auto c30 = L::load(row3), c31 = L::load(row3 + n);
  for (int64_t k = 0; k < depth; ++k, b += 2 * n) {
    const auto b0 = L::load(b), b1 = L::load(b + n);
    auto x = L::set(a[k]);
    c00 = L::multiply_add(x, b0, c00);
    c01 = L::multiply_add(x, b1, c01);
    x = L::set(a1[k]);
    c10 = L::multiply_add(x, b0, c10);
    c11 = L::multiply_add(x, b1, c11);
    x = L::set(a2[k]);
    c20 = L::multiply_add(x, b0, c20);
    c21 = L::multiply_add(x, b1, c21);
    x = L::set(a3[k]);
    c30 = L::multiply_add(x, b0, c30);
    c31 = L::multiply_add(x, b1, c31);
  }
  L::store(c00, c);
  L::store(c01, c + n);
  L::store(c10, row1);
  L::store(c11, row1 + n);
  L::store(c20, row2);
  L::store(c21, row2 + n);
  L::store(c30, row3);
  L::store(c31, row3 + n);
}

template <class T>
void multiply_add_rows(const T* a, const T* b, T* c, int n) {
  using W = Wrapping<T>;
  DVT_LOOP c[i] = static_cast<T>(static_cast<W>(c[i]) + static_cast<W>(a[i]) * static_cast<W>(b[i]));
}

template <class T>
ProductLoops<T> loops() {
  return {static_cast<int>(2 * Lanes<T>::count()), &tile<T>, &multiply_add_rows<T>};
}

}  // namespace

ProductLoops<float> loops_f32() { return loops<float>(); }
ProductLoops<double> loops_f64() { return loops<double>(); }
ProductLoops<int32_t> loops_i32() { return loops<int32_t>(); }
ProductLoops<int64_t> loops_i64() { return loops<int64_t>(); }

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
template <>
ProductLoops<int64_t> product_loops(const backend::Target& t) {
  return DVT_SIMD_PICK(t, loops_i64)();
}

}  // namespace dvt::cpu
#endif
