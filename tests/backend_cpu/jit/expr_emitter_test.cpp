// Random programs compiled to flat kernels against the reference evaluator, with few registers' worth of live values
// and with many, on whole vectors and tails.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "backend/cpu/jit/expr_emitter.h"
#include "backend/cpu/jit/pointwise_kernel.h"

namespace dvt::cpu::jit {
namespace {

using expr::ExprOp;

bool usable(VectorIsa isa) {
  return isa == VectorIsa::kAvx512 ? __builtin_cpu_supports("avx512dq") : __builtin_cpu_supports("avx2");
}

// Operators whose result is exact given exact operands, so that any difference is a fault of the emitter.
expr::Expr random_program(std::mt19937& rng, int inputs, int length) {
  static const ExprOp kBinary[] = {ExprOp::add, ExprOp::sub, ExprOp::mul, ExprOp::min, ExprOp::max};
  static const ExprOp kCompare[] = {ExprOp::eq, ExprOp::ne, ExprOp::lt, ExprOp::le, ExprOp::gt, ExprOp::ge};
  static const ExprOp kUnary[] = {ExprOp::neg, ExprOp::abs, ExprOp::relu};
  expr::Expr e;
  std::vector<int> values[3];  // f32, i32, b8
  const auto type_of = [](int kind) { return kind == 0 ? DType::f32 : kind == 1 ? DType::i32 : DType::b8; };
  for (int k = 0; k < inputs; ++k) {
    const int kind = k % 4 == 3 ? 2 : k % 4 == 2 ? 1 : 0;
    e.add_input(type_of(kind));
    values[kind].push_back(e.input(k));
  }
  const auto pick = [&](int kind) {
    if (values[kind].empty() || rng() % 6 == 0)
      return kind == 0 ? e.constant(DType::f32, static_cast<double>(rng() % 9) - 4)
                       : e.constant_int(type_of(kind), static_cast<int64_t>(kind == 1 ? rng() % 9 : rng() % 2));
    return values[kind][rng() % values[kind].size()];
  };
  int last = values[0][0];
  for (int i = 0; i < length; ++i) {
    const int kind = static_cast<int>(rng() % 3);
    switch (rng() % 6) {
      case 0:
        if (kind < 2) {
          last = e.apply(kUnary[rng() % 3], pick(kind));
          values[kind].push_back(last);
        }
        break;
      case 1:
        values[2].push_back(last = e.apply(kCompare[rng() % (kind == 2 ? 2 : 6)], pick(kind), pick(kind)));
        break;
      case 2:
        last = e.apply(ExprOp::select, pick(2), pick(kind), pick(kind));
        values[kind].push_back(last);
        break;
      case 3: {
        const int to = static_cast<int>(rng() % 3);
        values[to].push_back(last = e.cast(pick(kind), type_of(to)));
        break;
      }
      default:
        if (kind < 2) {
          last = e.apply(kBinary[rng() % 5], pick(kind), pick(kind));
          values[kind].push_back(last);
        }
    }
  }
  if (length > 40) {  // keep many values alive to the end
    int sum = values[0][0];
    for (int v : values[0]) sum = e.apply(ExprOp::max, sum, v);
    last = sum;
  }
  e.set_result(last);
  return e;
}

class ExprEmission : public testing::TestWithParam<VectorIsa> {};

TEST_P(ExprEmission, RandomProgramsAgreeWithTheReference) {
  if (!usable(GetParam())) GTEST_SKIP();
  std::mt19937 rng(3);
  for (int round = 0; round < 300; ++round) {
    const int inputs = 1 + static_cast<int>(rng() % 6), n = 1 + static_cast<int>(rng() % 70);
    const expr::Expr e = random_program(rng, inputs, round % 5 == 0 ? 120 : 12);
    SCOPED_TRACE(to_string(e));
    ASSERT_EQ(PointwiseKernel::refusal(e), "");
    std::vector<bool> scalar;
    std::vector<std::vector<int32_t>> data(static_cast<size_t>(inputs), std::vector<int32_t>(static_cast<size_t>(n)));
    std::vector<const void*> pointers;
    for (int k = 0; k < inputs; ++k) {
      scalar.push_back(rng() % 3 == 0);
      auto& d = data[static_cast<size_t>(k)];
      for (int i = 0; i < n; ++i) {
        const float f = static_cast<float>(rng() % 17) - 8;
        if (e.input_type(k) == DType::f32) std::memcpy(&d[static_cast<size_t>(i)], &f, 4);
        if (e.input_type(k) == DType::i32) d[static_cast<size_t>(i)] = static_cast<int32_t>(f);
        if (e.input_type(k) == DType::b8) reinterpret_cast<uint8_t*>(d.data())[i] = rng() & 1;
      }
      pointers.push_back(d.data());
    }
    std::vector<int32_t> out(static_cast<size_t>(n) + 16, 0x5a5a5a5a);
    const PointwiseKernel kernel(GetParam(), e, scalar);
    kernel(pointers.data(), out.data(), n);
    const size_t size = e.result_type() == DType::b8 ? 1 : 4;
    EXPECT_EQ(reinterpret_cast<uint8_t*>(out.data())[static_cast<size_t>(n) * size], 0x5a) << "wrote past the end";
    for (int i = 0; i < n; ++i) {
      std::vector<expr::Scalar> in;
      for (int k = 0; k < inputs; ++k) {
        const auto& d = data[static_cast<size_t>(k)];
        const int at = scalar[static_cast<size_t>(k)] ? 0 : i;
        expr::Scalar s{};
        float f;
        std::memcpy(&f, &d[static_cast<size_t>(at)], 4);
        if (e.input_type(k) == DType::f32)
          s.f = f;
        else
          s.i = e.input_type(k) == DType::i32 ? d[static_cast<size_t>(at)]
                                              : reinterpret_cast<const uint8_t*>(d.data())[at];
        in.push_back(s);
      }
      const expr::Scalar want = evaluate(e, in);
      if (e.result_type() == DType::f32) {
        float got;
        std::memcpy(&got, &out[static_cast<size_t>(i)], 4);
        if (std::isnan(want.f))
          ASSERT_TRUE(std::isnan(got)) << i;
        else
          ASSERT_EQ(got, static_cast<float>(want.f)) << i;
      } else if (e.result_type() == DType::i32) {
        ASSERT_EQ(out[static_cast<size_t>(i)], want.i) << i;
      } else {
        ASSERT_EQ(reinterpret_cast<uint8_t*>(out.data())[i], want.i) << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, ExprEmission, testing::Values(VectorIsa::kAvx2, VectorIsa::kAvx512),
                         [](const auto& info) { return info.param == VectorIsa::kAvx2 ? "Avx2" : "Avx512"; });

}  // namespace
}  // namespace dvt::cpu::jit
