// Which loop computes an operator, for each target.
#include "backend/cpu/pointwise/lanes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/cpu/pointwise/lanes.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "backend/cpu/pointwise/lane_functions-inl.h"
#include "backend/cpu/simd/simd.h"

HWY_BEFORE_NAMESPACE();
namespace dvt::cpu {
namespace HWY_NAMESPACE {

LaneOp find_lane_f32(expr::ExprOp op) {
  using expr::ExprOp;
  switch (op) {
#define DVT_CASE(name) \
  case ExprOp::name:   \
    return &f32_##name;
    DVT_CASE(add)
    DVT_CASE(sub)
    DVT_CASE(mul)
    DVT_CASE(div)
    DVT_CASE(floor_div)
    DVT_CASE(fmod)
    DVT_CASE(mod)
    DVT_CASE(min)
    DVT_CASE(max)
    DVT_CASE(pow)
    DVT_CASE(atan2)
    DVT_CASE(eq)
    DVT_CASE(ne)
    DVT_CASE(lt)
    DVT_CASE(le)
    DVT_CASE(gt)
    DVT_CASE(ge)
    DVT_CASE(neg)
    DVT_CASE(abs)
    DVT_CASE(sign)
    DVT_CASE(exp)
    DVT_CASE(log)
    DVT_CASE(sqrt)
    DVT_CASE(recip)
    DVT_CASE(rsqrt)
    DVT_CASE(sin)
    DVT_CASE(cos)
    DVT_CASE(tan)
    DVT_CASE(asin)
    DVT_CASE(acos)
    DVT_CASE(atan)
    DVT_CASE(sinh)
    DVT_CASE(cosh)
    DVT_CASE(asinh)
    DVT_CASE(acosh)
    DVT_CASE(atanh)
    DVT_CASE(tanh)
    DVT_CASE(erf)
    DVT_CASE(sigmoid)
    DVT_CASE(softplus)
    DVT_CASE(relu)
    DVT_CASE(gelu_erf)
    DVT_CASE(gelu_tanh)
    DVT_CASE(silu)
    DVT_CASE(hard_swish)
    DVT_CASE(floor)
    DVT_CASE(ceil)
    DVT_CASE(round)
    DVT_CASE(trunc)
    DVT_CASE(is_nan)
    DVT_CASE(is_inf)
#undef DVT_CASE
    case ExprOp::select:
      return &select_lanes<float>;
    case ExprOp::input:
      return &f32_copy;
    default:
      return nullptr;
  }
}

LaneOp find_lane_f64(expr::ExprOp op) {
  using expr::ExprOp;
  switch (op) {
#define DVT_CASE(name) \
  case ExprOp::name:   \
    return &f64_##name;
    DVT_CASE(add)
    DVT_CASE(sub)
    DVT_CASE(mul)
    DVT_CASE(div)
    DVT_CASE(floor_div)
    DVT_CASE(fmod)
    DVT_CASE(mod)
    DVT_CASE(min)
    DVT_CASE(max)
    DVT_CASE(pow)
    DVT_CASE(atan2)
    DVT_CASE(eq)
    DVT_CASE(ne)
    DVT_CASE(lt)
    DVT_CASE(le)
    DVT_CASE(gt)
    DVT_CASE(ge)
    DVT_CASE(neg)
    DVT_CASE(abs)
    DVT_CASE(sign)
    DVT_CASE(exp)
    DVT_CASE(log)
    DVT_CASE(sqrt)
    DVT_CASE(recip)
    DVT_CASE(rsqrt)
    DVT_CASE(sin)
    DVT_CASE(cos)
    DVT_CASE(tan)
    DVT_CASE(tanh)
    DVT_CASE(erf)
    DVT_CASE(sigmoid)
    DVT_CASE(relu)
    DVT_CASE(floor)
    DVT_CASE(ceil)
    DVT_CASE(round)
    DVT_CASE(trunc)
    DVT_CASE(is_nan)
    DVT_CASE(is_inf)
#undef DVT_CASE
    case ExprOp::select:  // moves 8 bytes
      return &select_lanes<int64_t>;
    case ExprOp::input:
      return &i64_copy;
    default:
      return nullptr;
  }
}

/// What does not read the sign is the same for u64.
LaneOp find_lane_any_i64(expr::ExprOp op) {
  using expr::ExprOp;
  switch (op) {
    case ExprOp::add:
      return &i64_add;
    case ExprOp::sub:
      return &i64_sub;
    case ExprOp::mul:
      return &i64_mul;
    case ExprOp::bit_and:
      return &i64_and;
    case ExprOp::bit_or:
      return &i64_or;
    case ExprOp::bit_xor:
      return &i64_xor;
    case ExprOp::bit_not:
      return &i64_not;
    case ExprOp::shift_left:
      return &i64_shift_left;
    case ExprOp::eq:
      return &i64_eq;
    case ExprOp::ne:
      return &i64_ne;
    case ExprOp::neg:
      return &i64_neg;
    case ExprOp::select:
      return &select_lanes<int64_t>;
    case ExprOp::input:
    case ExprOp::floor:
    case ExprOp::ceil:
    case ExprOp::round:
    case ExprOp::trunc:
      return &i64_copy;
    default:
      return nullptr;
  }
}

LaneOp find_lane_signed(expr::ExprOp op) {
  using expr::ExprOp;
  switch (op) {
#define DVT_CASE(name) \
  case ExprOp::name:   \
    return &i64_##name;
    DVT_CASE(min)
    DVT_CASE(max)
    DVT_CASE(lt)
    DVT_CASE(le)
    DVT_CASE(gt)
    DVT_CASE(ge)
    DVT_CASE(abs)
    DVT_CASE(relu)
    DVT_CASE(sign)
    DVT_CASE(div)
    DVT_CASE(floor_div)
    DVT_CASE(fmod)
    DVT_CASE(mod)
    DVT_CASE(shift_right)
#undef DVT_CASE
    default:
      return nullptr;
  }
}

LaneOp find_lane_unsigned(expr::ExprOp op) {
  using expr::ExprOp;
  switch (op) {
#define DVT_CASE(name) \
  case ExprOp::name:   \
    return &u64_##name;
    DVT_CASE(min)
    DVT_CASE(max)
    DVT_CASE(lt)
    DVT_CASE(le)
    DVT_CASE(gt)
    DVT_CASE(ge)
    DVT_CASE(sign)
    DVT_CASE(div)
    DVT_CASE(mod)
    DVT_CASE(shift_right)
#undef DVT_CASE
    case ExprOp::floor_div:
      return &u64_div;
    case ExprOp::fmod:
      return &u64_mod;
    case ExprOp::abs:
    case ExprOp::relu:
      return &i64_copy;
    default:
      return nullptr;
  }
}

LaneOp find_lane_b8(expr::ExprOp op) {
  using expr::ExprOp;
  switch (op) {
    case ExprOp::bit_and:
    case ExprOp::min:
      return &b8_and;
    case ExprOp::bit_or:
    case ExprOp::max:
      return &b8_or;
    case ExprOp::bit_xor:
      return &b8_xor;
    case ExprOp::bit_not:
      return &b8_not;
    case ExprOp::eq:
      return &b8_eq;
    case ExprOp::ne:
      return &b8_ne;
    case ExprOp::lt:
      return &b8_lt;
    case ExprOp::le:
      return &b8_le;
    case ExprOp::gt:
      return &b8_gt;
    case ExprOp::ge:
      return &b8_ge;
    case ExprOp::select:
      return &select_lanes<uint8_t>;
    case ExprOp::input:
      return &b8_copy;
    default:
      return nullptr;
  }
}

LaneOp find_lane_op(expr::ExprOp op, DType operand) {
  switch (lane_of(operand)) {
    case Lane::f32:
      return find_lane_f32(op);
    case Lane::i64:
      if (const LaneOp any = find_lane_any_i64(op)) return any;
      return dtype_class(operand) == DTypeClass::kUnsigned ? find_lane_unsigned(op) : find_lane_signed(op);
    case Lane::b8:
      return find_lane_b8(op);
    case Lane::f64:
      return find_lane_f64(op);
  }
  return nullptr;
}

/// Types shorter than f32 are rounded from the lanes: what comes from longer ones must not have been rounded before.
LaneOp find_lane_cast_to_f32(DType from, DType to) {
  const bool exact = to != DType::f32;
  switch (lane_of(from)) {
    case Lane::f64:
      return to == DType::f8e5m2 ? nullptr : exact ? &f64_to_f32_odd : &f64_to_f32;
    case Lane::i64:
      if (from == DType::u64) return exact ? &u64_to_f32_odd : &u64_to_f32;
      return exact ? &i64_to_f32_odd : &i64_to_f32;
    case Lane::b8:
      return &b8_to_f32;
    case Lane::f32:
      break;
  }
  return to == DType::f8e5m2 ? &f32_saturate_f8e5m2 : &f32_copy;
}

LaneOp find_lane_cast_to_i64(DType from, DType to) {
  const bool keeps_low_bits = bits(to) < 8;  // does not saturate
  switch (lane_of(from)) {
    case Lane::f32:
      return keeps_low_bits ? nullptr : to == DType::u64 ? &float_to_u64<float> : &float_to_i64<float>;
    case Lane::f64:
      return keeps_low_bits ? nullptr : to == DType::u64 ? &float_to_u64<double> : &float_to_i64<double>;
    case Lane::b8:
      return &b8_to_i64;
    case Lane::i64:
      break;
  }
  return &i64_copy;
}

LaneOp find_lane_cast(DType from, DType to) {
  const Lane a = lane_of(from);
  switch (lane_of(to)) {
    case Lane::f32:
      return find_lane_cast_to_f32(from, to);
    case Lane::i64:
      return find_lane_cast_to_i64(from, to);
    case Lane::f64:
      return a == Lane::f32       ? &f32_to_f64
             : a == Lane::b8      ? &b8_to_f64
             : a == Lane::f64     ? &i64_copy
             : from == DType::u64 ? &u64_to_f64
                                  : &i64_to_f64;
    case Lane::b8:
      return a == Lane::f32 ? &f32_to_b8 : a == Lane::f64 ? &f64_to_b8 : a == Lane::i64 ? &i64_to_b8 : &b8_copy;
  }
  return nullptr;
}

}  // namespace HWY_NAMESPACE
}  // namespace dvt::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>

namespace dvt::cpu {

Lane lane_of(DType t) {
  if (t == DType::f64) return Lane::f64;
  if (is_floating(t)) return Lane::f32;
  return t == DType::b8 ? Lane::b8 : Lane::i64;
}

Saturation saturation_of(DType t) {
  const int n = bits(t);
  if (dtype_class(t) == DTypeClass::kUnsigned)
    return {0.0f, std::ldexp(1.0f, n), 0, n >= 64 ? INT64_MAX : (int64_t{1} << n) - 1};
  const int64_t highest = static_cast<int64_t>((uint64_t{1} << (n - 1)) - 1);
  return {-std::ldexp(1.0f, n - 1), std::ldexp(1.0f, n - 1), -highest - 1, highest};
}

LaneOp lane_op(const backend::Target& t, expr::ExprOp op, DType operand) {
  return DVT_SIMD_PICK(t, find_lane_op)(op, operand);
}
LaneOp lane_cast(const backend::Target& t, DType from, DType to) { return DVT_SIMD_PICK(t, find_lane_cast)(from, to); }

}  // namespace dvt::cpu
#endif
