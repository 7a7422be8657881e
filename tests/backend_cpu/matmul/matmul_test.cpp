// The generated matmul tactics on the corpus and on random problems: both vector forms, one and two threads.
#include <gtest/gtest.h>

#include <random>

#include "base/concat.h"
#include "ops/matrix/matmul.h"
#include "product_check.h"

namespace dvt::cpu {
namespace {

void check_all(const backend::Problem& p) {
  const auto& op = *p.op.as<ops::MatMul>();
  const auto& a = p.inputs[0].dims;
  const int64_t depth = a[a.size() - (op.transpose_a ? 2 : 1)].max;
  for (const char* isa : {"avx2", "avx512"}) {
    const backend::Target target = host_target_with(concat("cpu:", isa));
    const backend::Tactic& tactic = tactic_named(concat("cpu.matmul.jit_", isa));
    if (target.isa == 0) continue;  // not on this machine
    const backend::Support support = tactic.supports(p, target);
    EXPECT_TRUE(support) << to_string(p) << ": " << support.reason();
    if (!support) continue;
    for (int threads : {1, 2}) check_product(tactic, p, target, threads, depth);
  }
}

TEST(MatmulJit, Corpus) {
  for (const std::string& line : corpus("matmul")) check_all(backend::parse_problem(line));
}

TEST(MatmulJit, RandomProblems) {
  std::mt19937 rng(7);
  const auto upto = [&](int n) { return static_cast<int>(rng() % static_cast<unsigned>(n)) + 1; };
  const char* const kEpilogues[] = {
      "",
      " | (f32,f32) add($0,$1)",
      " | (f32,f32) relu(add($0,$1))",
      " | (f32,f32) hard_swish(sub($0,$1))",
      " | (f32,f32) mul($1,gelu_tanh($0))",
      " | (f32,f32) %0=add($0,$1); select(lt(%0,0),mul(%0,0.1),%0)",
  };
  for (int i = 0; i < 120; ++i) {
    const int m = upto(i % 3 == 0 ? 4 : 60), n = upto(90), k = upto(i % 5 == 0 ? 1500 : 100), batch = upto(3);
    const bool ta = rng() % 4 == 0, tb = rng() % 3 == 0, constant = rng() % 2, batched_b = rng() % 2;
    const char* epilogue = kEpilogues[rng() % std::size(kEpilogues)];
    const std::string operand[] = {concat("f32[", n, "]"), concat("f32[", batch, ",", m, ",", n, "]"),
                                   concat("f32[", batch, ",1,1]"), concat("f32[", m, ",1]"), "f32[]"};
    std::string text = "matmul";
    if (ta || tb)
      text += concat("{", ta ? "transpose_a=true" : "", ta && tb ? "," : "", tb ? "transpose_b=true" : "", "}");
    text += concat(" (f32[", batch, ",", ta ? k : m, ",", ta ? m : k, "], ", constant ? "const " : "", "f32[",
                   batched_b ? concat(batch, ",") : std::string(), tb ? n : k, ",", tb ? k : n, "]",
                   *epilogue ? concat("; ", operand[rng() % 5]) : std::string(), ") -> f32[", batch, ",", m, ",", n,
                   "]", epilogue);
    check_all(backend::parse_problem(text));
  }
}

}  // namespace
}  // namespace dvt::cpu
