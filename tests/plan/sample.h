#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace dvt::plan {

/// A section with bytes of its own.
template <class T>
Section section_of(const std::vector<T>& elements) {
  auto owner = std::make_shared<std::vector<T>>(elements);
  return {std::as_bytes(std::span(*owner)), owner};
}

/// y = relu(x · w + b) over a dynamic batch, with a plain and a packed weight, an alias, a shape tensor and two
/// profiles: something of everything that a plan can hold. The problems' text means nothing at this level.
inline Document sample() {
  Document d;
  d.network_name = "sample";
  d.builder_version = "0.1.2";
  d.target_isa = "cpu:avx2";
  d.target_name = "some CPU";
  d.threads = 2;
  d.sections = {section_of(std::vector<float>(12, 0.5f)), section_of(std::vector<float>{1, 2, 3}),
                section_of(std::vector<float>{1, 2, 3})};
  d.values = {
      {.name = "x", .storage = Storage::kInput, .dims = {"batch", "4"}},
      {.name = "w", .storage = Storage::kConstant, .dims = {"4", "3"}, .source = 0},
      {.name = "b", .storage = Storage::kConstant, .dims = {"3"}, .source = 1},
      {.name = "t", .storage = Storage::kArena, .dims = {"batch", "3"}},
      {.name = "t_flat", .storage = Storage::kAlias, .dims = {"3*batch"}, .source = 3},
      {.name = "s", .dtype = DType::i64, .storage = Storage::kShape, .dims = {"2"}, .elements = {"batch", "3"}},
      {.name = "y", .storage = Storage::kOutput, .dims = {"batch", "3"}},
      {.name = "b2", .storage = Storage::kConstant, .dims = {"3"}, .source = 2},
  };
  d.inputs = {0};
  d.outputs = {6};
  d.steps = {
      {.name = "matmul",
       .problem = "p1",
       .tactic = "t1",
       .tactic_version = 3,
       .inputs = {0, 1},
       .outputs = {3},
       .packed = {0, 1},
       .late = {{"?found", "4*batch"}, {"?signed:any", ""}},
       .origin = {"fc1", "fc2"},
       .flops = 24,
       .bytes = 100,
       .tuned_ms = 0.25f,
       .note = "because"},
      {.name = "relu", .problem = "p2", .tactic = "t2", .inputs = {4, 5, 2, 7}, .outputs = {6}},
  };
  d.profiles = {{{{.tensor = "x", .min = {1, 4}, .opt = {2, 4}, .max = {8, 4}}}},
                {{{.tensor = "x", .min = {8, 4}, .opt = {16, 4}, .max = {64, 4}}}}};
  d.graph_text = "input %x";
  d.flags = 5;
  return d;
}

}  // namespace dvt::plan
