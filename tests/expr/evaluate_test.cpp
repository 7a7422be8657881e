#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "base/concat.h"
#include "base/float_formats.h"
#include "expr/expr.h"

// Every operator against a formula written down a second time, in a wider type or by other means.

namespace dvt::expr {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Wide = __int128;

double run_float(ExprOp op, DType type, double x, double y = 0) {
  const std::vector<DType> types(static_cast<size_t>(arity(op)), type);
  const Scalar in[] = {{.f = x}, {.f = y}};
  const Expr e = single(op, types);
  const Scalar r = evaluate(e, std::span(in).first(types.size()));
  return e.result_type() == DType::b8 ? static_cast<double>(r.i) : r.f;
}

int64_t run_int(ExprOp op, DType type, int64_t x, int64_t y = 0) {
  const std::vector<DType> types(static_cast<size_t>(arity(op)), type);
  const Scalar in[] = {{.i = x}, {.i = y}};
  return evaluate(single(op, types), std::span(in).first(types.size())).i;
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

double round_as(DType t, double v) {
  switch (t) {
    case DType::f64:
      return v;
    case DType::f32:
      return static_cast<float>(v);
#define SMALL_FLOAT(name, Bits) \
  case DType::name:             \
    return decode_##name(encode_##name(v));
#include "base/small_floats.inc"
#undef SMALL_FLOAT
    default:
      return kNan;
  }
}

struct FloatFormula {
  ExprOp op;
  long double (*formula)(long double);
};

long double sigmoid(long double x) { return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)); }
constexpr long double kPi = 3.14159265358979323846264338327950288L;

const FloatFormula kUnary[] = {
    {ExprOp::neg, [](long double x) { return 0 - x; }},
    {ExprOp::abs, [](long double x) { return x < 0 ? -x : x; }},
    {ExprOp::sign, [](long double x) { return static_cast<long double>((x > 0) - (x < 0)); }},
    {ExprOp::exp, [](long double x) { return expl(x); }},
    {ExprOp::log, [](long double x) { return logl(x); }},
    {ExprOp::sqrt, [](long double x) { return sqrtl(x); }},
    {ExprOp::recip, [](long double x) { return 1 / x; }},
    {ExprOp::rsqrt, [](long double x) { return powl(x, -0.5L); }},
    {ExprOp::sin, [](long double x) { return sinl(x); }},
    {ExprOp::cos, [](long double x) { return sinl(x + kPi / 2); }},
    {ExprOp::tan, [](long double x) { return sinl(x) / cosl(x); }},
    {ExprOp::asin, [](long double x) { return atan2l(x, sqrtl(1 - x * x)); }},
    {ExprOp::acos, [](long double x) { return atan2l(sqrtl(1 - x * x), x); }},
    {ExprOp::atan, [](long double x) { return atan2l(x, 1); }},
    {ExprOp::sinh, [](long double x) { return (expl(x) - expl(-x)) / 2; }},
    {ExprOp::cosh, [](long double x) { return (expl(x) + expl(-x)) / 2; }},
    {ExprOp::asinh, [](long double x) { return copysignl(logl(fabsl(x) + sqrtl(x * x + 1)), x); }},
    {ExprOp::acosh, [](long double x) { return logl(x + sqrtl(x * x - 1)); }},
    {ExprOp::atanh, [](long double x) { return logl((1 + x) / (1 - x)) / 2; }},
    {ExprOp::tanh, [](long double x) { return 1 - 2 / (expl(2 * x) + 1); }},
    {ExprOp::erf, [](long double x) { return 1 - erfcl(x); }},
    {ExprOp::sigmoid, sigmoid},
    {ExprOp::softplus, [](long double x) { return logl(1 + expl(x)); }},
    {ExprOp::relu, [](long double x) { return x > 0 ? x : 0.0L; }},
    {ExprOp::gelu_erf, [](long double x) { return x * (1 + erfl(x / sqrtl(2))) / 2; }},
    {ExprOp::gelu_tanh, [](long double x) { return x * sigmoid(2 * sqrtl(2 / kPi) * (x + 0.044715L * x * x * x)); }},
    {ExprOp::silu, [](long double x) { return x * sigmoid(x); }},
    {ExprOp::hard_swish, [](long double x) { return x <= -3  ? 0.0L
                                                    : x >= 3 ? x
                                                             : x * (x + 3) / 6; }},
    {ExprOp::floor, [](long double x) { return floorl(x); }},
    {ExprOp::ceil, [](long double x) { return ceill(x); }},
    {ExprOp::round,
     [](long double x) {
       const long double f = floorl(x), d = x - f;
       return d < 0.5L ? f : d > 0.5L ? f + 1 : fmodl(f, 2) == 0 ? f : f + 1;
     }},
    {ExprOp::trunc, [](long double x) { return x < 0 ? ceill(x) : floorl(x); }},
};

TEST(Evaluate, FloatUnary) {
  for (const FloatFormula& f : kUnary)
    for (DType type : {DType::f64, DType::f32, DType::f16, DType::bf16, DType::f8e4m3, DType::f8e5m2, DType::f8e4m3fnuz,
                       DType::f8e5m2fnuz, DType::f4e2m1})
      for (double v : {-6.5, -3.0, -2.5, -1.0, -0.75, -0.5, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 3.0, 5.0}) {
        SCOPED_TRACE(concat(f.op, ' ', type, ' ', v));
        const double got = run_float(f.op, type, v);
        const auto exact = static_cast<double>(f.formula(v));
        if (!std::isfinite(round_as(type, exact))) {
          EXPECT_TRUE(same(got, round_as(type, exact))) << got;
          continue;
        }
        if (type == DType::f64)
          EXPECT_NEAR(got, exact, 1e-14 * std::max(1.0, std::fabs(exact)));
        else
          EXPECT_NEAR(got, round_as(type, exact), std::fabs(round_as(type, exact)) * 1e-7) << "rounded to the type";
      }
}

TEST(Evaluate, FloatUnaryAtTheEdges) {
  const struct {
    ExprOp op;
    double x, expected;
  } cases[] = {
      {ExprOp::neg, 0.0, -0.0},      {ExprOp::sign, -0.0, -0.0},     {ExprOp::sign, kNan, kNan},
      {ExprOp::relu, kNan, kNan},    {ExprOp::relu, kInf, kInf},     {ExprOp::relu, -0.0, 0.0},
      {ExprOp::sigmoid, -kInf, 0.0}, {ExprOp::sigmoid, 1000, 1.0},   {ExprOp::softplus, 1000, 1000},
      {ExprOp::softplus, -kInf, 0},  {ExprOp::softplus, kNan, kNan}, {ExprOp::tanh, 1000, 1.0},
      {ExprOp::recip, 0.0, kInf},    {ExprOp::rsqrt, 0.0, kInf},     {ExprOp::log, 0.0, -kInf},
      {ExprOp::log, -1.0, kNan},     {ExprOp::sqrt, -1.0, kNan},     {ExprOp::exp, 1000, kInf},
      {ExprOp::round, 2.5, 2.0},     {ExprOp::round, -3.5, -4.0},    {ExprOp::round, -0.25, -0.0},
      {ExprOp::gelu_erf, 100, 100},  {ExprOp::gelu_tanh, 100, 100},  {ExprOp::silu, 1000, 1000},
      {ExprOp::is_nan, kNan, 1},     {ExprOp::is_nan, kInf, 0},      {ExprOp::is_inf, -kInf, 1},
      {ExprOp::is_inf, 1.0, 0},
  };
  for (const auto& c : cases)
    for (DType type : {DType::f32, DType::f64}) {
      const double got = run_float(c.op, type, c.x);
      EXPECT_TRUE(same(got, c.expected)) << to_string(c.op) << '(' << c.x << ") = " << got;
    }
}

TEST(Evaluate, FloatBinary) {
  const double values[] = {-kInf, -7.5, -2, -1, -0.0, 0.0, 0.3, 1, 2, 3.5, kInf, kNan};
  for (double x : values)
    for (double y : values) {
      SCOPED_TRACE(concat(x, ' ', y));
      const bool nan = std::isnan(x) || std::isnan(y);
      const auto expect = [&](ExprOp op, double expected) {
        const double got = run_float(op, DType::f64, x, y);
        EXPECT_TRUE(same(got, expected)) << to_string(op) << " gives " << got << ", not " << expected;
      };
      expect(ExprOp::add, x + y);
      expect(ExprOp::sub, x - y);
      expect(ExprOp::mul, x * y);
      expect(ExprOp::div, x / y);
      expect(ExprOp::floor_div, std::floor(x / y));
      expect(ExprOp::fmod, std::fmod(x, y));
      expect(ExprOp::pow, std::pow(x, y));
      expect(ExprOp::atan2, std::atan2(x, y));
      expect(ExprOp::eq, !nan && x == y);
      expect(ExprOp::ne, nan || x != y);
      expect(ExprOp::lt, x < y);
      expect(ExprOp::le, x <= y);
      expect(ExprOp::gt, x > y);
      expect(ExprOp::ge, x >= y);
      EXPECT_EQ(std::isnan(run_float(ExprOp::min, DType::f32, x, y)), nan);
      EXPECT_EQ(std::isnan(run_float(ExprOp::max, DType::f32, x, y)), nan);
      if (!nan) {
        EXPECT_EQ(run_float(ExprOp::min, DType::f64, x, y), x < y ? x : y);
        EXPECT_EQ(run_float(ExprOp::max, DType::f64, x, y), x < y ? y : x);
      }
      if (std::isfinite(x) && std::isfinite(y) && y != 0) {
        const auto exact = static_cast<double>(x - y * floorl(static_cast<long double>(x) / y));
        EXPECT_NEAR(run_float(ExprOp::mod, DType::f64, x, y), exact, 1e-12);
      }
    }
  EXPECT_TRUE(same(run_float(ExprOp::mod, DType::f32, 4, -2), -0.0)) << "the sign of the divisor";
  EXPECT_TRUE(std::isnan(run_float(ExprOp::mod, DType::f32, 4, 0)));
}

TEST(Evaluate, FloatResultsAreRoundedAfterEachStep) {
  // 1 + 2^-11 is lost in f16 before 1 is taken off again.
  const Expr e = parse_expr("(f16,f16) sub(add($0,$1),1)");
  const Scalar in[] = {{.f = 1}, {.f = std::ldexp(1, -11)}};
  EXPECT_EQ(evaluate(e, in).f, 0);
  EXPECT_EQ(run_float(ExprOp::add, DType::f32, 16777216, 1), 16777216);
  EXPECT_EQ(run_float(ExprOp::add, DType::f64, 16777216, 1), 16777217);
  EXPECT_EQ(run_float(ExprOp::mul, DType::f16, 256, 256), kInf);
  EXPECT_EQ(run_float(ExprOp::mul, DType::f8e4m3, 256, 256), 448);
  std::mt19937 engine(1);
  std::uniform_real_distribution<float> uniform(-10, 10);
  for (int i = 0; i < 1000; ++i) {  // one operation of f32 is what the hardware's is
    const float x = uniform(engine), y = uniform(engine);
    EXPECT_EQ(run_float(ExprOp::add, DType::f32, x, y), x + y);
    EXPECT_EQ(run_float(ExprOp::mul, DType::f32, x, y), x * y);
    EXPECT_EQ(run_float(ExprOp::div, DType::f32, x, y), x / y);
    EXPECT_EQ(run_float(ExprOp::floor_div, DType::f32, x, y), std::floor(x / y));
    EXPECT_EQ(run_float(ExprOp::sqrt, DType::f32, std::fabs(x)), std::sqrt(std::fabs(x)));
  }
}

// The representation of an exact integer in the type.
int64_t wrapped(DType t, Wide v) {
  const Wide size = Wide{1} << bits(t);
  Wide r = v % size;
  if (r < 0) r += size;
  if (dtype_class(t) == DTypeClass::kSigned && r >= size / 2) r -= size;
  return static_cast<int64_t>(static_cast<uint64_t>(r));
}

// The exact integer that a representation means.
Wide meaning(DType t, int64_t v) {
  return dtype_class(t) == DTypeClass::kUnsigned ? Wide{static_cast<uint64_t>(v)} : Wide{v};
}

Wide floor_quotient(Wide x, Wide y) {
  Wide q = x / y;
  while (q * y > x && y > 0) --q;
  while (q * y < x && y < 0) --q;
  return q;
}

Wide int_formula(ExprOp op, DType t, Wide x, Wide y) {
  const int n = bits(t);
  const bool shifts_out = y < 0 || y >= n;
  switch (op) {
    case ExprOp::add:
      return x + y;
    case ExprOp::sub:
      return x - y;
    case ExprOp::mul:
      return static_cast<Wide>(static_cast<unsigned __int128>(x) * static_cast<unsigned __int128>(y));
    case ExprOp::div:
      return y == 0 ? 0 : x / y;
    case ExprOp::floor_div:
      return y == 0 ? 0 : floor_quotient(x, y);
    case ExprOp::mod:
      return y == 0 ? 0 : x - y * floor_quotient(x, y);
    case ExprOp::fmod:
      return y == 0 ? 0 : x - y * (x / y);
    case ExprOp::min:
      return x < y ? x : y;
    case ExprOp::max:
      return x < y ? y : x;
    case ExprOp::bit_and:
      return x & y;
    case ExprOp::bit_or:
      return x | y;
    case ExprOp::bit_xor:
      return x ^ y;
    case ExprOp::shift_left:
      return shifts_out ? 0 : static_cast<Wide>(static_cast<unsigned __int128>(x) << static_cast<int>(y));
    case ExprOp::shift_right:
      return floor_quotient(x, Wide{1} << (shifts_out ? 100 : static_cast<int>(y)));
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
    case ExprOp::neg:
      return -x;
    case ExprOp::abs:
      return x < 0 ? -x : x;
    case ExprOp::sign:
      return (x > 0) - (x < 0);
    case ExprOp::bit_not:
      return -x - 1;
    case ExprOp::relu:
      return x < 0 ? 0 : x;
    default:
      return x;
  }
}

TEST(Evaluate, IntegersOfEveryTypeAgainstExactArithmetic) {
  std::mt19937_64 engine(7);
  for (DType t : {DType::i2, DType::u2, DType::i4, DType::u4, DType::i8, DType::u8, DType::i16, DType::u16, DType::i32,
                  DType::u32, DType::i64, DType::u64}) {
    std::vector<int64_t> values;
    for (int64_t v : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{2}, int64_t{3}, int64_t{-3}, int64_t{7}, INT64_MAX,
                      INT64_MIN, int64_t{1} << 53, (int64_t{1} << 53) + 1})
      values.push_back(wrapped(t, v));
    values.push_back(wrapped(t, Wide{1} << (bits(t) - 1)));
    values.push_back(wrapped(t, (Wide{1} << (bits(t) - 1)) - 1));
    for (int i = 0; i < 10; ++i) values.push_back(wrapped(t, static_cast<int64_t>(engine() >> (engine() % 64))));
    for (int i = 0; i < static_cast<int>(ExprOp::select); ++i) {
      const auto op = static_cast<ExprOp>(i);
      if (op == ExprOp::pow || op == ExprOp::is_nan || op == ExprOp::is_inf) continue;
      try {
        single(op, std::vector<DType>(static_cast<size_t>(arity(op)), t));
      } catch (const std::exception&) {
        continue;  // takes floating point only
      }
      for (int64_t x : values)
        for (int64_t y : values) {
          const Wide exact = int_formula(op, t, meaning(t, x), arity(op) == 2 ? meaning(t, y) : 0);
          const bool is_comparison = op >= ExprOp::eq && op <= ExprOp::ge;
          ASSERT_EQ(run_int(op, t, x, y), is_comparison ? static_cast<int64_t>(exact) : wrapped(t, exact))
              << to_string(op) << ' ' << to_string(t) << ' ' << x << ' ' << y;
        }
    }
    for (int64_t x : values)
      for (int64_t y = 0; y < 5; ++y) {
        Wide power = 1;
        for (int64_t k = 0; k < y; ++k) power = wrapped(t, power * meaning(t, x));
        ASSERT_EQ(run_int(ExprOp::pow, t, x, y), wrapped(t, power)) << to_string(t) << ' ' << x << '^' << y;
      }
  }
}

TEST(Evaluate, IntegerEdges) {
  EXPECT_EQ(run_int(ExprOp::pow, DType::i32, 2, -1), 0);
  EXPECT_EQ(run_int(ExprOp::pow, DType::i32, 1, -5), 1);
  EXPECT_EQ(run_int(ExprOp::pow, DType::i32, -1, -5), -1);
  EXPECT_EQ(run_int(ExprOp::pow, DType::i32, -1, -4), 1);
  EXPECT_EQ(run_int(ExprOp::pow, DType::i32, 0, -1), 0);
  EXPECT_EQ(run_int(ExprOp::pow, DType::i64, 3, 39), 4052555153018976267);
  EXPECT_EQ(run_int(ExprOp::div, DType::i64, INT64_MIN, -1), INT64_MIN);
  EXPECT_EQ(run_int(ExprOp::is_nan, DType::i32, 3), 0);
  EXPECT_EQ(run_int(ExprOp::is_inf, DType::i32, 3), 0);
}

TEST(Evaluate, Booleans) {
  for (int64_t x : {0, 1})
    for (int64_t y : {0, 1}) {
      EXPECT_EQ(run_int(ExprOp::bit_and, DType::b8, x, y), x && y);
      EXPECT_EQ(run_int(ExprOp::bit_or, DType::b8, x, y), x || y);
      EXPECT_EQ(run_int(ExprOp::bit_xor, DType::b8, x, y), x != y);
      EXPECT_EQ(run_int(ExprOp::eq, DType::b8, x, y), x == y);
      EXPECT_EQ(run_int(ExprOp::lt, DType::b8, x, y), x < y);
      EXPECT_EQ(run_int(ExprOp::max, DType::b8, x, y), x || y);
      EXPECT_EQ(run_int(ExprOp::bit_not, DType::b8, x), !x);
    }
}

TEST(Evaluate, Select) {
  const Expr e = parse_expr("(b8,f32,f32) select($0,$1,$2)");
  for (int64_t c : {0, 1}) {
    const Scalar in[] = {{.i = c}, {.f = 5}, {.f = kNan}};
    EXPECT_TRUE(same(evaluate(e, in).f, c ? 5 : kNan));
  }
  const Scalar in[] = {{.i = 1}, {.i = INT64_MAX}, {.i = 0}};
  EXPECT_EQ(evaluate(parse_expr("(b8,i64,i64) select($0,$1,$2)"), in).i, INT64_MAX);
}

int64_t float_to(DType to, double v) { return convert(DType::f64, to, Scalar{.f = v}).i; }

TEST(Evaluate, Cast) {
  EXPECT_EQ(float_to(DType::i32, 2.9), 2);
  EXPECT_EQ(float_to(DType::i32, -2.9), -2);
  EXPECT_EQ(float_to(DType::i32, 1e10), INT32_MAX);
  EXPECT_EQ(float_to(DType::i32, -kInf), INT32_MIN);
  EXPECT_EQ(float_to(DType::i32, kNan), 0);
  EXPECT_EQ(float_to(DType::i64, 9.3e18), INT64_MAX);
  EXPECT_EQ(float_to(DType::i64, -9.3e18), INT64_MIN);
  EXPECT_EQ(static_cast<uint64_t>(float_to(DType::u64, 1.5e19)), 15000000000000000000u);
  EXPECT_EQ(float_to(DType::u64, 1e30), -1) << "all bits";
  EXPECT_EQ(float_to(DType::u8, -3), 0);
  EXPECT_EQ(float_to(DType::u8, 255.9), 255);
  EXPECT_EQ(float_to(DType::u8, 256), 255);
  EXPECT_EQ(float_to(DType::i4, -8.9), -8);
  EXPECT_EQ(float_to(DType::i4, 9), -7) << "below 8 bits the low bits are kept";
  EXPECT_EQ(float_to(DType::u4, -9), 7);
  EXPECT_EQ(float_to(DType::i2, 3), -1);
  EXPECT_EQ(float_to(DType::u2, 1e10), 0);
  EXPECT_EQ(float_to(DType::u2, kInf), 0);
  EXPECT_EQ(convert(DType::f32, DType::f8e5m2, Scalar{.f = -kInf}).f, -57344) << "casts saturate";
  EXPECT_EQ(round_to(DType::f8e5m2, Scalar{.f = -kInf}).f, -kInf);
  EXPECT_EQ(convert(DType::f32, DType::f4e2m1, Scalar{.f = 2.5}).f, 2);
  EXPECT_EQ(convert(DType::f32, DType::f8e8m0, Scalar{.f = 3}).f, 4);
  EXPECT_EQ(float_to(DType::b8, 0.1), 1);
  EXPECT_EQ(float_to(DType::b8, kNan), 1);
  EXPECT_EQ(float_to(DType::b8, -0.0), 0);
  const auto from_int = [](DType from, DType to, int64_t v) { return convert(from, to, Scalar{.i = v}); };
  EXPECT_EQ(from_int(DType::i64, DType::i32, (int64_t{1} << 32) + 5).i, 5) << "wraps";
  EXPECT_EQ(from_int(DType::i32, DType::u64, -1).i, -1);
  EXPECT_EQ(from_int(DType::i32, DType::b8, 256).i, 1);
  EXPECT_EQ(from_int(DType::u64, DType::f32, -1).f, 18446744073709551616.0);
  EXPECT_EQ(from_int(DType::i64, DType::f64, INT64_MAX).f, 9223372036854775807.0);
  EXPECT_EQ(from_int(DType::i64, DType::f16, 70000).f, kInf);
  EXPECT_EQ(from_int(DType::i64, DType::f32, (int64_t{1} << 60) + (int64_t{1} << 36) + 1).f,
            std::ldexp(1, 60) + std::ldexp(1, 37))
      << "rounded once";
  EXPECT_EQ(convert(DType::f64, DType::f16, Scalar{.f = 0.1}).f, decode_f16(encode_f16(0.1)));
  EXPECT_EQ(round_to(DType::i8, Scalar{.i = 200}).i, -56);
  EXPECT_EQ(round_to(DType::bf16, Scalar{.f = 1.001}).f, 1.0);
}

TEST(Evaluate, TheIdentityGivesItsOperand) {
  const Scalar in{.f = 3};
  EXPECT_EQ(evaluate(Expr(), {&in, 1}).f, 3);
}

TEST(Evaluate, EveryOperatorIsTestedAbove) {
  std::set<ExprOp> tested = {
      ExprOp::add,    ExprOp::sub,     ExprOp::mul,        ExprOp::div,         ExprOp::floor_div, ExprOp::mod,
      ExprOp::fmod,   ExprOp::min,     ExprOp::max,        ExprOp::pow,         ExprOp::atan2,     ExprOp::bit_and,
      ExprOp::bit_or, ExprOp::bit_xor, ExprOp::shift_left, ExprOp::shift_right, ExprOp::eq,        ExprOp::ne,
      ExprOp::lt,     ExprOp::le,      ExprOp::gt,         ExprOp::ge,          ExprOp::bit_not,   ExprOp::is_nan,
      ExprOp::is_inf, ExprOp::select,  ExprOp::cast,
  };
  for (const FloatFormula& f : kUnary) tested.insert(f.op);
  for (int i = 0; i < static_cast<int>(ExprOp::input); ++i)
    EXPECT_TRUE(tested.count(static_cast<ExprOp>(i))) << to_string(static_cast<ExprOp>(i));
}

}  // namespace
}  // namespace dvt::expr
