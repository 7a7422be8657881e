// f32 matmul tactics: `bench_matmul --benchmark_filter=square`.
#include "base/concat.h"
#include "problem_bench.h"

int main(int argc, char** argv) {
  using dvt::concat;
  const auto add = [](const std::string& label, const std::string& problem) {
    dvt::bench::register_problem(label, problem, "cpu.matmul.");
  };
  for (int n : {64, 128, 256, 512, 1024})
    add(concat("square/", n),
        concat("matmul (f32[", n, ",", n, "], const f32[", n, ",", n, "]) -> f32[", n, ",", n, "]"));
  for (int m : {1, 2, 4, 16})
    add(concat("decode/", m), concat("matmul (f32[", m, ",2048], const f32[2048,2048]) -> f32[", m, ",2048]"));
  add("bert/projection",
      "matmul (f32[1,128,768], const f32[768,768]; const f32[768]) -> f32[1,128,768] | (f32,f32) add($0,$1)");
  add("bert/expand",
      "matmul (f32[1,128,768], const f32[768,3072]; const f32[3072]) -> f32[1,128,3072] | (f32,f32) "
      "gelu_erf(add($0,$1))");
  add("bert/contract",
      "matmul (f32[1,128,3072], const f32[3072,768]; const f32[768], f32[1,128,768]) -> f32[1,128,768] | (f32,f32,f32) "
      "add(add($0,$1),$2)");
  add("attention/scores",
      "matmul{transpose_b=true} (f32[1,12,128,64], f32[1,12,128,64]; f32[]) -> f32[1,12,128,128] | (f32,f32) "
      "mul($0,$1)");
  add("attention/values", "matmul (f32[1,12,128,128], f32[1,12,128,64]) -> f32[1,12,128,64]");
  add("attention/token_scores", "matmul{transpose_b=true} (f32[1,12,1,64], f32[1,12,1024,64]) -> f32[1,12,1,1024]");
  add("attention/token_values", "matmul (f32[1,12,1,1024], f32[1,12,1024,64]) -> f32[1,12,1,64]");
  return dvt::bench::run(argc, argv);
}
