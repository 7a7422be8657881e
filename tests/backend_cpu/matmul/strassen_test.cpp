// The sums of Strassen's method mix rows and columns: what is infinite or not a number must stay where it belongs.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "base/aligned_buffer.h"
#include "base/concat.h"
#include "base/thread_pool.h"
#include "product_check.h"

namespace dvt::cpu {
namespace {

constexpr int64_t kRows = 45, kDepth = 1000, kColumns = 160;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> random_matrix(int64_t rows, int64_t columns, unsigned seed) {
  std::mt19937 rng(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> m(static_cast<size_t>(rows * columns));
  for (float& v : m) v = uniform(rng);
  return m;
}

std::vector<float> multiply(const std::string& isa, const std::vector<float>& a, const std::vector<float>& b) {
  const backend::Problem p = backend::parse_problem(concat("matmul (f32[", kRows, ",", kDepth, "], const f32[", kDepth,
                                                           ",", kColumns, "]) -> f32[", kRows, ",", kColumns, "]"));
  const backend::Target target = host_target_with(concat("cpu:", isa));
  const backend::Tactic& tactic = tactic_named(concat("cpu.matmul.strassen_", isa));
  if (target.isa == 0) return {};  // not on this machine
  EXPECT_TRUE(tactic.supports(p, target)) << tactic.supports(p, target).reason();
  const std::vector<std::span<const std::byte>> data = {{}, std::as_bytes(std::span(b))};
  const auto packed = backend::pack_constants(tactic, p, target, data);
  const int64_t a_dims[] = {kRows, kDepth}, b_dims[] = {kDepth, kColumns}, c_dims[] = {kRows, kColumns};
  AlignedBuffer weights(packed[0].bytes.size()), workspace(tactic.workspace(p, target));
  std::memcpy(weights.as<std::byte>(), packed[0].bytes.data(), packed[0].bytes.size());
  std::vector<float> input = a, c(static_cast<size_t>(kRows * kColumns));
  const backend::TensorRef in[] = {{input.data(), a_dims, 2}, {weights.as<float>(), b_dims, 2}};
  const backend::TensorRef out{c.data(), c_dims, 2};
  ThreadPool pool(1);
  tactic.create(p, target)->run({in, &out, nullptr, workspace.as<std::byte>(), &pool});
  return c;
}

double exact(const std::vector<float>& a, const std::vector<float>& b, int64_t i, int64_t j) {
  double sum = 0;
  for (int64_t k = 0; k < kDepth; ++k)
    sum += static_cast<double>(a[static_cast<size_t>(i * kDepth + k)]) * b[static_cast<size_t>(k * kColumns + j)];
  return sum;
}

/// Every element outside `row` and `column` (-1: none) is right; those inside are as the exact sum when it is infinite.
void expect_product(const std::vector<float>& a, const std::vector<float>& b, int64_t row, int64_t column) {
  for (const char* isa : {"avx2", "avx512"}) {
    SCOPED_TRACE(isa);
    const std::vector<float> c = multiply(isa, a, b);
    for (int64_t i = 0; !c.empty() && i < kRows; ++i)
      for (int64_t j = 0; j < kColumns; ++j) {
        const double want = exact(a, b, i, j), got = c[static_cast<size_t>(i * kColumns + j)];
        if (i == row || j == column)
          ASSERT_FALSE(std::isfinite(got)) << i << ", " << j;
        else
          ASSERT_NEAR(got, want, kDepth * 0x1p-20) << i << ", " << j;
      }
  }
}

TEST(Strassen, WhatIsNotFiniteStaysInItsRow) {
  const std::vector<float> b = random_matrix(kDepth, kColumns, 1);
  for (float value : {kInfinity, -kInfinity, std::nanf("")})
    for (int64_t row : {int64_t{0}, int64_t{22}, int64_t{23}, kRows - 1}) {
      std::vector<float> a = random_matrix(kRows, kDepth, 2);
      a[static_cast<size_t>(row * kDepth + 333)] = value;
      expect_product(a, b, row, -1);
    }
}

TEST(Strassen, WhatIsNotFiniteStaysInItsColumn) {
  const std::vector<float> a = random_matrix(kRows, kDepth, 3);
  for (float value : {kInfinity, std::nanf("")})
    for (int64_t column : {int64_t{0}, int64_t{40}, kColumns - 1}) {
      std::vector<float> b = random_matrix(kDepth, kColumns, 4);
      b[static_cast<size_t>(777 * kColumns + column)] = value;
      expect_product(a, b, -1, column);
    }
}

TEST(Strassen, LargeElementsDoNotOverflowInSums) {
  std::vector<float> a(static_cast<size_t>(kRows * kDepth)), b(static_cast<size_t>(kDepth * kColumns));
  for (int64_t i = 0; i < kRows; ++i) a[static_cast<size_t>(i * kDepth + i)] = 3e38f;
  for (int64_t k = 0; k < kDepth; ++k)
    for (int64_t j = 0; j < kColumns; ++j)
      b[static_cast<size_t>(k * kColumns + j)] = (j % 2 == 0 ? 0x1p-20f : -0x1p-20f);
  for (const char* isa : {"avx2", "avx512"}) {
    const std::vector<float> c = multiply(isa, a, b);
    for (size_t i = 0; i < c.size(); ++i) ASSERT_EQ(c[i], (i % 2 == 0 ? 3e38f : -3e38f) * 0x1p-20f) << isa << " " << i;
  }
}

}  // namespace
}  // namespace dvt::cpu
