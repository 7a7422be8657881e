// Every function of vector_math.h against the C library in double, over all exponents, in both vector forms.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "backend/cpu/jit/pointwise_kernel.h"

namespace dvt::cpu::jit {
namespace {

using expr::ExprOp;

bool usable(VectorIsa isa) {
  return isa == VectorIsa::kAvx512 ? __builtin_cpu_supports("avx512dq") : __builtin_cpu_supports("avx2");
}

struct Case {
  ExprOp op;
  double (*meaning)(double);
  double ulp;           // bound relative to the result, or
  double absolute = 0;  // bound relative to |x|
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0); }
double gelu_erf(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }
double gelu_tanh(double x) { return x * sigmoid(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)); }
double hard_swish(double x) { return x * std::min(std::max(x / 6 + 0.5, 0.0), 1.0); }

const Case kCases[] = {
    {ExprOp::exp, std::exp, 2},
    {ExprOp::log, std::log, 2},
    {ExprOp::tanh, std::tanh, 4},
    {ExprOp::sigmoid, sigmoid, 4},
    {ExprOp::erf, std::erf, 4},
    {ExprOp::softplus, softplus, 4},
    {ExprOp::gelu_erf, gelu_erf, 4, 3e-7},
    {ExprOp::gelu_tanh, gelu_tanh, 4, 3e-7},
    {ExprOp::silu, [](double x) { return x * sigmoid(x); }, 5, 0x1p-126},
    {ExprOp::hard_swish, hard_swish, 4, 3e-7},
    {ExprOp::sqrt, std::sqrt, 1},
    {ExprOp::rsqrt, [](double x) { return 1 / std::sqrt(x); }, 2},
    {ExprOp::recip, [](double x) { return 1 / x; }, 1},
    {ExprOp::round, std::nearbyint, 0},
    {ExprOp::floor, std::floor, 0},
    {ExprOp::ceil, std::ceil, 0},
    {ExprOp::trunc, std::trunc, 0},
    {ExprOp::abs, std::abs, 0},
    {ExprOp::neg, [](double x) { return -x; }, 0},
    {ExprOp::sign, [](double x) { return x > 0   ? 1.0
                                         : x < 0 ? -1.0
                                                 : x; }, 0},
    {ExprOp::relu, [](double x) { return x > 0           ? x
                                         : std::isnan(x) ? x
                                                         : 0.0; }, 0},
};

std::vector<float> samples() {
  std::vector<float> x = {0.0f, -0.0f, 1.0f, -1.0f, INFINITY, -INFINITY, NAN, 88.72f, 88.73f, -87.4f, -104.5f, 1e-42f};
  for (uint32_t bits = 0; bits < 0x7f800000u; bits += 40503) {
    x.push_back(std::bit_cast<float>(bits));
    x.push_back(std::bit_cast<float>(bits | 0x80000000u));
  }
  for (float v = -20; v < 20; v += 0.001f) x.push_back(v);
  return x;
}

class VectorMath : public testing::TestWithParam<VectorIsa> {};

TEST_P(VectorMath, StaysWithinTheDocumentedError) {
  if (!usable(GetParam())) GTEST_SKIP();
  const std::vector<float> x = samples();
  for (const Case& c : kCases) {
    const DType f32 = DType::f32;
    const expr::Expr e = expr::single(c.op, {&f32, 1});
    const PointwiseKernel kernel(GetParam(), e, {false});
    std::vector<float> y(x.size());
    const void* inputs[] = {x.data()};
    kernel(inputs, y.data(), static_cast<int64_t>(x.size()));
    double worst = 0;
    float worst_x = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double want = c.meaning(x[i]);
      const float rounded = static_cast<float>(want);
      if (std::isinf(x[i]) && std::isnan(want)) continue;
      if (std::isnan(rounded) || std::isinf(rounded) || (c.ulp == 0)) {
        if (std::isnan(rounded))
          EXPECT_TRUE(std::isnan(y[i])) << to_string(c.op) << "(" << x[i] << ") = " << y[i];
        else
          EXPECT_EQ(y[i], rounded) << to_string(c.op) << "(" << x[i] << ")";
        continue;
      }
      if (std::abs(want) < 0x1p-126) {
        EXPECT_LE(std::abs(y[i]), 0x1p-125) << to_string(c.op) << "(" << x[i] << ")";
        continue;
      }
      const double ulp = std::ldexp(1.0, std::ilogb(want) - 23);
      const double error = std::max(0.0, std::abs(y[i] - want) - c.absolute * std::abs(x[i])) / ulp;
      if (!(error <= worst)) worst = error, worst_x = x[i];
    }
    EXPECT_LE(worst, std::max(c.ulp, 0.5)) << to_string(c.op) << " at " << worst_x;
    RecordProperty(std::string(to_string(c.op)), std::to_string(worst));
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, VectorMath, testing::Values(VectorIsa::kAvx2, VectorIsa::kAvx512),
                         [](const auto& info) { return info.param == VectorIsa::kAvx2 ? "Avx2" : "Avx512"; });

}  // namespace
}  // namespace dvt::cpu::jit
