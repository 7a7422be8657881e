// f32 functions over vectors, a few ulp from exact; polynomials are least-squares fits made for the ranges stated.
// Included once per Highway target.
#if defined(DVT_SIMD_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DVT_SIMD_MATH_INL_H_
#undef DVT_SIMD_MATH_INL_H_
#else
#define DVT_SIMD_MATH_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class V>
HWY_INLINE V exp_f32(V x) {
  const hn::DFromV<V> d;
  const hn::RebindToSigned<decltype(d)> di;
  // Beyond these the result is inf or 0; the clamp keeps the exponent arithmetic in range. NaN passes through.
  const V high = hn::Set(d, 89.0f), low = hn::Set(d, -104.0f);
  const V c = hn::IfThenElse(hn::Gt(x, high), high, hn::IfThenElse(hn::Lt(x, low), low, x));
  const V n = hn::Round(hn::Mul(c, hn::Set(d, 1.44269504f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), c);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  V p = hn::Set(d, 1.383673898e-03f);
  p = hn::MulAdd(p, r, hn::Set(d, 8.374898347e-03f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.166823186e-02f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.666641919e-01f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.999999203e-01f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f));
  // 2^n in two factors, so that results below the normal range and n = 128 come out right.
  const auto ni = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(ni);
  const auto bias = hn::Set(di, 127);
  const V s1 = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const V s2 = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(ni, half), bias)));
  return hn::Mul(hn::Mul(p, s1), s2);
}

template <class V>
HWY_INLINE V sigmoid_f32(V x) {
  const hn::DFromV<V> d;
  const V one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, exp_f32(hn::Neg(x))));
}

template <class V>
HWY_INLINE V tanh_f32(V x) {
  const hn::DFromV<V> d;
  const V one = hn::Set(d, 1.0f);
  const V a = hn::Abs(x), t = hn::Mul(x, x);
  // |x| < 0.625: x + x^3 P(x^2)
  V p = hn::Set(d, -6.113187858e-03f);
  p = hn::MulAdd(p, t, hn::Set(d, 2.101007846e-02f));
  p = hn::MulAdd(p, t, hn::Set(d, -5.385406899e-02f));
  p = hn::MulAdd(p, t, hn::Set(d, 1.333279454e-01f));
  p = hn::MulAdd(p, t, hn::Set(d, -3.333332925e-01f));
  const V small = hn::MulAdd(hn::Mul(p, t), x, x);
  const V large = hn::Sub(one, hn::Div(hn::Set(d, 2.0f), hn::Add(exp_f32(hn::Add(a, a)), one)));
  return hn::IfThenElse(hn::Lt(a, hn::Set(d, 0.625f)), small, hn::CopySign(large, x));
}

template <class V>
HWY_INLINE V erf_f32(V x) {
  const hn::DFromV<V> d;
  const V a = hn::Abs(x), t = hn::Mul(x, x);
  // |x| < 1: x P(x^2)
  V p = hn::Set(d, -9.680138102e-06f);
  p = hn::MulAdd(p, t, hn::Set(d, 1.127054509e-04f));
  p = hn::MulAdd(p, t, hn::Set(d, -8.484711533e-04f));
  p = hn::MulAdd(p, t, hn::Set(d, 5.221074884e-03f));
  p = hn::MulAdd(p, t, hn::Set(d, -2.686544582e-02f));
  p = hn::MulAdd(p, t, hn::Set(d, 1.128378275e-01f));
  p = hn::MulAdd(p, t, hn::Set(d, -3.761263848e-01f));
  p = hn::MulAdd(p, t, hn::Set(d, 1.128379167f));
  const V small = hn::Mul(p, x);
  // 1 <= |x| < 4: 1 - exp(Q(|x|)) where Q fits log(erfc); above, 1 in f32.
  const V c = hn::IfThenElse(hn::Gt(a, hn::Set(d, 4.0f)), hn::Set(d, 4.0f), a);
  V q = hn::Set(d, 2.120687536e-07f);
  q = hn::MulAdd(q, c, hn::Set(d, -2.475400045e-05f));
  q = hn::MulAdd(q, c, hn::Set(d, 4.603564293e-04f));
  q = hn::MulAdd(q, c, hn::Set(d, -4.270631547e-03f));
  q = hn::MulAdd(q, c, hn::Set(d, 2.534891556e-02f));
  q = hn::MulAdd(q, c, hn::Set(d, -1.086065863e-01f));
  q = hn::MulAdd(q, c, hn::Set(d, -6.330657453e-01f));
  q = hn::MulAdd(q, c, hn::Set(d, -1.129649341f));
  q = hn::MulAdd(q, c, hn::Set(d, 2.020646249e-04f));
  const V large = hn::CopySign(hn::Sub(hn::Set(d, 1.0f), exp_f32(q)), x);
  return hn::IfThenElse(hn::Lt(a, hn::Set(d, 1.0f)), small, large);
}

template <class V>
HWY_INLINE V log_f32(V x) {
  const hn::DFromV<V> d;
  const V zero = hn::Zero(d), inf = hn::Inf(d);
  const V r = hn::Log(d, x);
  const V finite = hn::IfThenElse(hn::Eq(x, inf), inf, r);
  const V at_zero = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(inf), finite);
  const V negative = hn::IfThenElse(hn::Lt(x, zero), hn::NaN(d), at_zero);
  return hn::IfThenElse(hn::IsNaN(x), x, negative);
}

template <class V>
HWY_INLINE V softplus_f32(V x) {
  const hn::DFromV<V> d;
  const V tail = hn::Log1p(d, exp_f32(hn::Neg(hn::Abs(x))));
  const V sum = hn::Add(hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Zero(d)), tail);
  return hn::IfThenElse(hn::IsNaN(x), x, sum);
}

template <class V>
HWY_INLINE V gelu_erf_f32(V x) {
  const hn::DFromV<V> d;
  const V half_x = hn::Mul(x, hn::Set(d, 0.5f));
  return hn::MulAdd(half_x, erf_f32(hn::Mul(x, hn::Set(d, 0.707106781f))), half_x);
}

template <class V>
HWY_INLINE V gelu_tanh_f32(V x) {
  const hn::DFromV<V> d;
  const V cube = hn::Mul(hn::Mul(x, x), x);
  const V inner = hn::Mul(hn::Set(d, 0.797884561f), hn::MulAdd(cube, hn::Set(d, 0.044715f), x));
  const V half_x = hn::Mul(x, hn::Set(d, 0.5f));
  return hn::MulAdd(half_x, tanh_f32(inner), half_x);
}

template <class V>
HWY_INLINE V silu_f32(V x) {
  const hn::DFromV<V> d;
  return hn::Div(x, hn::Add(hn::Set(d, 1.0f), exp_f32(hn::Neg(x))));
}

template <class V>
HWY_INLINE V hard_swish_f32(V x) {
  const hn::DFromV<V> d;
  const V ramp = hn::MulAdd(x, hn::Set(d, 1.0f / 6), hn::Set(d, 0.5f));
  return hn::Mul(x, hn::Min(hn::Max(ramp, hn::Zero(d)), hn::Set(d, 1.0f)));
}

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#endif
