#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/float_formats.h"
#include "expr/expr.h"

// The reference meaning. Floating types are computed in double and rounded to the type after each step, which for one
// addition, product, quotient or root of f32 or shorter types gives the correctly rounded result. Integers are computed
// in 64-bit two's complement and wrapped to the type.

namespace dvt::expr {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kLargestF8e5m2 = 57344;

bool is_unsigned(DType t) { return dtype_class(t) == DTypeClass::kUnsigned; }

// Quotients that are rounded on to an integer are first rounded as the type's own arithmetic has it: f32 for all
// shorter types.
double quotient(DType type, double x, double y) {
  return type == DType::f64 ? x / y : static_cast<double>(static_cast<float>(x / y));
}

double python_mod(double x, double y) {
  const double r = std::fmod(x, y);
  if (r == 0) return std::copysign(0.0, y);
  return (r < 0) != (y < 0) ? r + y : r;
}

double float_unary(ExprOp op, double x) {
  switch (op) {
    case ExprOp::neg:
      return -x;
    case ExprOp::abs:
      return std::fabs(x);
    case ExprOp::sign:
      return x > 0 ? 1 : x < 0 ? -1 : x;  // keeps NaN and the sign of 0
    case ExprOp::exp:
      return std::exp(x);
    case ExprOp::log:
      return std::log(x);
    case ExprOp::sqrt:
      return std::sqrt(x);
    case ExprOp::recip:
      return 1 / x;
    case ExprOp::rsqrt:
      return 1 / std::sqrt(x);
    case ExprOp::sin:
      return std::sin(x);
    case ExprOp::cos:
      return std::cos(x);
    case ExprOp::tan:
      return std::tan(x);
    case ExprOp::asin:
      return std::asin(x);
    case ExprOp::acos:
      return std::acos(x);
    case ExprOp::atan:
      return std::atan(x);
    case ExprOp::sinh:
      return std::sinh(x);
    case ExprOp::cosh:
      return std::cosh(x);
    case ExprOp::asinh:
      return std::asinh(x);
    case ExprOp::acosh:
      return std::acosh(x);
    case ExprOp::atanh:
      return std::atanh(x);
    case ExprOp::tanh:
      return std::tanh(x);
    case ExprOp::erf:
      return std::erf(x);
    case ExprOp::sigmoid:
      return 1 / (1 + std::exp(-x));
    case ExprOp::softplus:
      return std::isnan(x) ? x : std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
    case ExprOp::relu:
      return x <= 0 ? 0 : x;  // NaN stays
    case ExprOp::gelu_erf:
      return x * (0.5 * std::erfc(x * -M_SQRT1_2));
    case ExprOp::gelu_tanh: {
      const double u = std::sqrt(M_2_PI) * (x + 0.044715 * x * x * x);
      return x / (1 + std::exp(-2 * u));  // (1 + tanh(u)) / 2 without cancellation
    }
    case ExprOp::silu:
      return x / (1 + std::exp(-x));
    case ExprOp::hard_swish:
      return x * std::fmin(std::fmax(x / 6 + 0.5, 0.0), 1.0);
    case ExprOp::floor:
      return std::floor(x);
    case ExprOp::ceil:
      return std::ceil(x);
    case ExprOp::round:
      return std::nearbyint(x);
    case ExprOp::trunc:
      return std::trunc(x);
    default:
      return kNan;
  }
}

double float_binary(ExprOp op, DType type, double x, double y) {
  switch (op) {
    case ExprOp::add:
      return x + y;
    case ExprOp::sub:
      return x - y;
    case ExprOp::mul:
      return x * y;
    case ExprOp::div:
      return x / y;
    case ExprOp::floor_div:
      return std::floor(quotient(type, x, y));
    case ExprOp::mod:
      return python_mod(x, y);
    case ExprOp::fmod:
      return std::fmod(x, y);
    case ExprOp::min:
      return std::isnan(x) || std::isnan(y) ? kNan : std::min(x, y);
    case ExprOp::max:
      return std::isnan(x) || std::isnan(y) ? kNan : std::max(x, y);
    case ExprOp::pow:
      return std::pow(x, y);
    case ExprOp::atan2:
      return std::atan2(x, y);
    default:
      return kNan;
  }
}

template <class T>
bool compare(ExprOp op, T x, T y) {
  switch (op) {
    case ExprOp::eq:
      return x == y;
    case ExprOp::ne:
      return x != y;
    case ExprOp::lt:
      return x < y;
    case ExprOp::le:
      return x <= y;
    case ExprOp::gt:
      return x > y;
    case ExprOp::ge:
      return x >= y;
    default:
      return false;
  }
}

// x^y modulo 2^64.
uint64_t power(uint64_t x, uint64_t y) {
  uint64_t result = 1;
  for (; y != 0; y >>= 1, x *= x)
    if (y & 1) result *= x;
  return result;
}

int64_t signed_pow(int64_t x, int64_t y) {
  if (y >= 0) return static_cast<int64_t>(power(static_cast<uint64_t>(x), static_cast<uint64_t>(y)));
  if (x == 1) return 1;
  if (x == -1) return y % 2 == 0 ? 1 : -1;
  return 0;  // a fraction, truncated; 0 to a negative power counts as x / 0
}

// Division that needs the sign. x / 0 = 0, x mod 0 = 0; the lowest integer over -1 wraps to itself.
int64_t signed_division(ExprOp op, int64_t x, int64_t y) {
  if (y == 0) return 0;
  if (y == -1)
    return op == ExprOp::div || op == ExprOp::floor_div ? static_cast<int64_t>(-static_cast<uint64_t>(x)) : 0;
  const int64_t q = x / y, r = x % y;
  const bool below = r != 0 && (r < 0) != (y < 0);  // the truncated quotient lies above the floored one
  switch (op) {
    case ExprOp::floor_div:
      return below ? q - 1 : q;
    case ExprOp::mod:
      return below ? r + y : r;
    case ExprOp::fmod:
      return r;
    default:
      return q;
  }
}

int64_t unsigned_division(ExprOp op, uint64_t x, uint64_t y) {
  if (y == 0) return 0;
  return static_cast<int64_t>(op == ExprOp::div || op == ExprOp::floor_div ? x / y : x % y);
}

// Amounts outside [0, bits) shift every bit out.
int64_t shift(ExprOp op, DType type, int64_t x, int64_t amount) {
  const bool out = amount < 0 || amount >= bits(type);
  if (op == ExprOp::shift_left) return out ? 0 : static_cast<int64_t>(static_cast<uint64_t>(x) << amount);
  if (is_unsigned(type)) return out ? 0 : static_cast<int64_t>(static_cast<uint64_t>(x) >> amount);
  return x >> (out ? 63 : amount);
}

int64_t integer_binary(ExprOp op, DType type, int64_t x, int64_t y) {
  const auto ux = static_cast<uint64_t>(x), uy = static_cast<uint64_t>(y);
  const bool u = is_unsigned(type);
  switch (op) {
    case ExprOp::add:
      return static_cast<int64_t>(ux + uy);
    case ExprOp::sub:
      return static_cast<int64_t>(ux - uy);
    case ExprOp::mul:
      return static_cast<int64_t>(ux * uy);
    case ExprOp::div:
    case ExprOp::floor_div:
    case ExprOp::mod:
    case ExprOp::fmod:
      return u ? unsigned_division(op, ux, uy) : signed_division(op, x, y);
    case ExprOp::min:
      return (u ? ux < uy : x < y) ? x : y;
    case ExprOp::max:
      return (u ? ux < uy : x < y) ? y : x;
    case ExprOp::pow:
      return u ? static_cast<int64_t>(power(ux, uy)) : signed_pow(x, y);
    case ExprOp::bit_and:
      return x & y;
    case ExprOp::bit_or:
      return x | y;
    case ExprOp::bit_xor:
      return x ^ y;
    case ExprOp::shift_left:
    case ExprOp::shift_right:
      return shift(op, type, x, y);
    default:
      return u ? compare(op, ux, uy) : compare(op, x, y);
  }
}

int64_t integer_unary(ExprOp op, DType type, int64_t x) {
  const bool negative = x < 0 && !is_unsigned(type);
  switch (op) {
    case ExprOp::neg:
      return static_cast<int64_t>(-static_cast<uint64_t>(x));
    case ExprOp::abs:
      return negative ? static_cast<int64_t>(-static_cast<uint64_t>(x)) : x;
    case ExprOp::sign:
      return negative ? -1 : x != 0;
    case ExprOp::bit_not:
      return type == DType::b8 ? !x : ~x;
    case ExprOp::relu:
      return negative ? 0 : x;
    case ExprOp::is_nan:
    case ExprOp::is_inf:
      return 0;
    default:
      return x;  // floor, ceil, round, trunc
  }
}

// Two's complement in `width` bits, extended to 64.
int64_t wrap(DType t, int64_t v) {
  const int unused = 64 - bits(t);
  const auto shifted = static_cast<uint64_t>(v) << unused;
  return is_unsigned(t) ? static_cast<int64_t>(shifted >> unused) : static_cast<int64_t>(shifted) >> unused;
}

// Whole bytes saturate; of types that share bytes the low bits are kept, as ONNX's definition by NumPy has it.
int64_t to_integer(DType to, double v) {
  if (std::isnan(v)) return 0;
  v = std::trunc(v);
  const int n = bits(to);
  if (n < 8) return std::fabs(v) < 9223372036854775808.0 ? wrap(to, static_cast<int64_t>(v)) : 0;
  if (is_unsigned(to)) {
    if (v <= 0) return 0;
    if (v >= std::ldexp(1.0, n)) return wrap(to, -1);
    return static_cast<int64_t>(static_cast<uint64_t>(v));
  }
  const double limit = std::ldexp(1.0, n - 1);
  const int64_t highest = static_cast<int64_t>((uint64_t{1} << (n - 1)) - 1);
  if (v >= limit) return highest;
  if (v < -limit) return -highest - 1;
  return static_cast<int64_t>(v);
}

Scalar step(const Instr& in, DType operand, Scalar x, Scalar y) {
  if (in.op == ExprOp::cast) return convert(operand, in.type, x);
  if (!is_floating(operand)) {
    const int64_t r = arity(in.op) == 2 ? integer_binary(in.op, operand, x.i, y.i) : integer_unary(in.op, operand, x.i);
    return round_to(in.type, Scalar{.i = r});
  }
  if (in.type == DType::b8) {
    if (in.op == ExprOp::is_nan) return {.i = std::isnan(x.f)};
    if (in.op == ExprOp::is_inf) return {.i = std::isinf(x.f)};
    return {.i = compare(in.op, x.f, y.f)};
  }
  return round_to(in.type,
                  Scalar{.f = arity(in.op) == 2 ? float_binary(in.op, operand, x.f, y.f) : float_unary(in.op, x.f)});
}

}  // namespace

Scalar round_to(DType type, Scalar v) {
  switch (type) {
    case DType::f64:
      return v;
    case DType::f32:
      return {.f = static_cast<double>(static_cast<float>(v.f))};
#define SMALL_FLOAT(name, Bits) \
  case DType::name:             \
    return {.f = static_cast<double>(decode_##name(encode_##name(v.f)))};
#include "base/small_floats.inc"
#undef SMALL_FLOAT
    case DType::b8:
      return {.i = v.i != 0};
    default:
      return {.i = wrap(type, v.i)};
  }
}

Scalar convert(DType from, DType to, Scalar v) {
  if (is_floating(from)) {
    if (to == DType::f8e5m2 && std::isinf(v.f)) return {.f = std::copysign(kLargestF8e5m2, v.f)};
    if (is_floating(to)) return round_to(to, v);
    if (to == DType::b8) return {.i = v.f != 0};
    return {.i = to_integer(to, v.f)};
  }
  if (!is_floating(to)) return round_to(to, v);
  if (to == DType::f64)
    return {.f = is_unsigned(from) ? static_cast<double>(static_cast<uint64_t>(v.i)) : static_cast<double>(v.i)};
  return round_to(to, Scalar{.f = is_unsigned(from) ? sticky_double(static_cast<uint64_t>(v.i)) : sticky_double(v.i)});
}

Scalar evaluate(const Expr& e, std::span<const Scalar> inputs) {
  if (e.is_identity()) return inputs[0];
  Scalar values[Expr::kMaxInstructions];
  const auto code = e.code();
  for (size_t i = 0; i < code.size(); ++i) {
    const Instr& in = code[i];
    if (in.op == ExprOp::input) {
      values[i] = inputs[in.a];
    } else if (in.op == ExprOp::constant) {
      values[i] = is_floating(in.type) ? Scalar{.f = in.imm.f} : Scalar{.i = in.imm.i};
    } else if (in.op == ExprOp::select) {
      values[i] = values[in.a].i != 0 ? values[in.b] : values[in.c];
    } else {
      values[i] = step(in, code[in.a].type, values[in.a], arity(in.op) == 2 ? values[in.b] : Scalar{.i = 0});
    }
  }
  return values[code.size() - 1];
}

}  // namespace dvt::expr
