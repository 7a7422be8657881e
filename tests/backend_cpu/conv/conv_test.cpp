// The generated convolution tactics on the corpus and on random problems: both vector forms, one and two threads.
#include <gtest/gtest.h>

#include <random>

#include "../matmul/product_check.h"
#include "backend/cpu/cpu.h"
#include "base/concat.h"

namespace dvt::cpu {
namespace {

// Every tactic of the family that supports the problem; at least one a vector form must.
void check_all(const backend::Problem& p) {
  int64_t depth = 1;  // an upper bound: every weight
  for (const DimRange& d : p.inputs[1].dims) depth *= d.max;
  depth /= p.outputs[0].dims[1].max;
  const std::string family = concat("cpu.", p.op.name(), ".");
  for (const char* isa : {"avx2", "avx512"}) {
    const backend::Target target = host_target_with(concat("cpu:", isa));
    if (target.isa == 0) continue;  // not on this machine
    int supported = 0;
    std::string reasons;
    for (const backend::Tactic& tactic : device().tactics()) {
      if (!tactic.name.starts_with(family) || !tactic.name.ends_with(isa)) continue;
      const backend::Support support = tactic.supports(p, target);
      reasons += concat("\n  ", tactic.name, ": ", support.reason());
      if (!support) continue;
      ++supported;
      for (int threads : {1, 2}) check_product(tactic, p, target, threads, depth);
    }
    EXPECT_GT(supported, 0) << to_string(p) << reasons;
  }
}

TEST(ConvJit, Corpus) {
  for (const std::string& line : corpus("conv")) check_all(backend::parse_problem(line));
}

TEST(DeconvJit, Corpus) {
  for (const std::string& line : corpus("deconv")) check_all(backend::parse_problem(line));
}

TEST(ConvJit, RandomProblems) {
  std::mt19937 rng(11);
  const auto upto = [&](int n) { return static_cast<int>(rng() % static_cast<unsigned>(n)) + 1; };
  const char* const kEpilogues[] = {"", " | (f32,f32) add($0,$1)", " | (f32,f32) relu(add($0,$1))",
                                    " | (f32,f32) mul($1,silu($0))"};
  for (int i = 0; i < 120; ++i) {
    const bool winograd = i % 6 == 1, depthwise = i % 4 == 0, plain = i % 3 == 0;
    const int groups = depthwise ? upto(40) : i % 5 == 0 && !winograd ? upto(3) : 1, n = upto(2);
    const int c = depthwise ? 1 : upto(24) + (winograd ? 15 : 0);
    const int m = groups * (depthwise ? 1 : upto(40) + (winograd ? 15 : 0));
    int k[] = {upto(4), upto(4)}, s[] = {upto(2), upto(2)}, d[] = {upto(2), upto(2)};
    if (winograd) k[0] = k[1] = 3, s[0] = s[1] = d[0] = d[1] = 1;
    int in[2], out[2], pb[2], pe[2];
    for (int a = 0; a < 2; ++a) {
      pb[a] = static_cast<int>(rng() % 3), pe[a] = static_cast<int>(rng() % 3);
      const int reach = d[a] * (k[a] - 1) + 1;
      in[a] = std::max(1, reach - pb[a] - pe[a]) + upto(14);
      out[a] = (in[a] + pb[a] + pe[a] - reach) / s[a] + 1;
    }
    const char *layout = plain ? "" : ":cl", *epilogue = kEpilogues[rng() % std::size(kEpilogues)];
    const std::string shape = concat("f32[", n, ",", m, ",", out[0], ",", out[1], "]", layout);
    const std::string operand[] = {concat("f32[1,", m, ",1,1]"), shape, concat("f32[", n, ",", m, ",1,1]"), "f32[]"};
    check_all(backend::parse_problem(
        concat("conv{strides=[", s[0], ",", s[1], "],dilations=[", d[0], ",", d[1], "],pads_begin=[", pb[0], ",", pb[1],
               "],pads_end=[", pe[0], ",", pe[1], "],groups=", groups, "} (f32[", n, ",", groups * c, ",", in[0], ",",
               in[1], "]", layout, ", const f32[", m, ",", c, ",", k[0], ",", k[1], "]",
               *epilogue ? concat("; ", operand[rng() % 4]) : std::string(), ") -> ", shape, epilogue)));
  }
}

}  // namespace
}  // namespace dvt::cpu
