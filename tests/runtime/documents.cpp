#include "documents.h"

#include <algorithm>

#include "backend/problem.h"
#include "base/dim.h"
#include "fake_device.h"
#include "plan/writer.h"

namespace dvt::runtime {

using plan::Document;
using plan::Storage;

namespace {

constexpr const char* kMatmul = "matmul (f32[1..64@2,4], const f32[4,3]) -> f32[1..64@2,3]";

float weight(int k, int n) { return static_cast<float>(k + 10 * n); }

Document empty_document() {
  Document d;
  d.network_name = "test";
  d.builder_version = "0.1.0";
  d.target_isa = "cpu:avx2";
  d.target_name = "fake";
  d.threads = 2;
  return d;
}

}  // namespace

Document mlp() {
  std::vector<float> w;
  for (int k = 0; k < 4; ++k)
    for (int n = 0; n < 3; ++n) w.push_back(weight(k, n));
  const backend::Problem problem = backend::parse_problem(kMatmul);
  const backend::Tactic& tactic = *fake_device().find("fake.matmul.packed");
  const std::vector<std::span<const std::byte>> data = {{}, std::as_bytes(std::span(w))};

  Document d = empty_document();
  d.sections = {section_of(backend::pack_constants(tactic, problem, fake_device().host_target(1), data)[0].bytes),
                section_of(std::vector<float>{-20, 0, 20})};
  d.values = {
      {.name = "x", .storage = Storage::kInput, .dims = {"batch", "4"}},
      {.name = "w", .storage = Storage::kConstant, .dims = {"4", "3"}, .source = 0},
      {.name = "b", .storage = Storage::kConstant, .dims = {"3"}, .source = 1},
      {.name = "t", .storage = Storage::kArena, .dims = {"batch", "3"}},
      {.name = "t_flat", .storage = Storage::kAlias, .dims = {"batch", "1", "3"}, .source = 3},
      {.name = "u", .storage = Storage::kArena, .dims = {"batch", "1", "3"}},
      {.name = "y", .storage = Storage::kOutput, .dims = {"batch", "1", "3"}},
  };
  d.inputs = {0};
  d.outputs = {6};
  d.steps = {
      {.name = "fc",
       .problem = kMatmul,
       .tactic = "fake.matmul.packed",
       .tactic_version = 2,
       .inputs = {0, 1},
       .outputs = {3},
       .packed = {0, 1}},
      {.name = "bias",
       .problem = "pointwise (f32[1..64@2,1,3], f32[3]) -> f32[1..64@2,1,3] | (f32,f32) add($0,$1)",
       .tactic = "fake.reference",
       .inputs = {4, 2},
       .outputs = {5}},
      {.name = "relu",
       .problem = "pointwise (f32[1..64@2,1,3]) -> f32[1..64@2,1,3] | (f32) relu($0)",
       .tactic = "fake.reference",
       .inputs = {5},
       .outputs = {6}},
  };
  d.profiles = {{{{.tensor = "x", .min = {1, 4}, .opt = {2, 4}, .max = {8, 4}}}},
                {{{.tensor = "x", .min = {8, 4}, .opt = {16, 4}, .max = {64, 4}}}}};
  return d;
}

std::vector<float> mlp_reference(const std::vector<float>& x, int64_t batch) {
  std::vector<float> y;
  for (int64_t m = 0; m < batch; ++m)
    for (int n = 0; n < 3; ++n) {
      float sum = -20.f + 20.f * static_cast<float>(n);
      for (int k = 0; k < 4; ++k) sum += x[static_cast<size_t>(m * 4 + k)] * weight(k, n);
      y.push_back(std::max(sum, 0.f));
    }
  return y;
}

Document add_two() {
  Document d = empty_document();
  d.values = {
      {.name = "a", .storage = Storage::kInput, .dims = {"n", "m"}},
      {.name = "b", .storage = Storage::kInput, .dims = {"n", "1"}},
      {.name = "c", .storage = Storage::kInput, .dims = {"2*n"}},
      {.name = "sum", .storage = Storage::kOutput, .dims = {"n", "m"}},
  };
  d.inputs = {0, 1, 2};
  d.outputs = {3};
  d.steps = {{.name = "add",
              .problem = "pointwise (f32[1..4@2,1..5@3], f32[1..4@2,1]) -> f32[1..4@2,1..5@3] | (f32,f32) add($0,$1)",
              .tactic = "fake.reference",
              .inputs = {0, 1},
              .outputs = {3}}};
  d.profiles = {{{{.tensor = "a", .min = {1, 1}, .opt = {2, 3}, .max = {4, 5}},
                  {.tensor = "b", .min = {1, 1}, .opt = {2, 1}, .max = {4, 1}},
                  {.tensor = "c", .min = {2}, .opt = {4}, .max = {8}}}}};
  return d;
}

Document fill_shape() {
  const Dim rows = Dim::symbol("shape[0]"), columns = Dim::symbol("shape[1]") + 1;
  const std::string filled[] = {to_string(rows), to_string(columns)};
  Document d = empty_document();
  d.sections = {section_of(std::vector<float>{2.5f, 3.5f, 4.5f, 5.5f, 6.5f})};
  d.values = {
      {.name = "shape", .dtype = DType::i32, .storage = Storage::kInput, .dims = {"2"}, .shape_io = true},
      {.name = "table", .storage = Storage::kConstant, .dims = {"5"}, .source = 0},
      {.name = "start", .dtype = DType::i64, .storage = Storage::kShape, .dims = {"1"}, .elements = {filled[0]}},
      {.name = "v", .storage = Storage::kArena, .dims = {"1"}},
      {.name = "v0", .storage = Storage::kAlias, .dims = {}, .source = 3},
      {.name = "y", .storage = Storage::kOutput, .dims = {filled[0], filled[1]}},
  };
  d.inputs = {0};
  d.outputs = {5};
  d.steps = {{.name = "slice",
              .problem = "slice{size=[1],has_start_input=true} (f32[5], i64[1]) -> f32[1]",
              .tactic = "fake.reference",
              .inputs = {1, 2},
              .outputs = {3}},
             {.name = "fill",
              .problem = concat("fill{shape=[", filled[0], ",", filled[1], "]} (f32[]) -> f32[1..4@2,2..6@3]"),
              .tactic = "fake.reference",
              .inputs = {4},
              .outputs = {5}}};
  d.profiles = {{{{.tensor = "shape", .min = {1, 1}, .opt = {2, 2}, .max = {4, 5}, .is_values = true}}}};
  return d;
}

Document looped() {
  const char* add = "pointwise (f32[2], f32[2]) -> f32[2] | (f32,f32) add($0,$1)";
  const char* copy = "pointwise (f32[2]) -> f32[2] | (f32) relu($0)";
  const plan::Value in{.storage = Storage::kInput, .dims = {"2"}}, out{.storage = Storage::kOutput, .dims = {"2"}};
  const auto named = [](plan::Value v, const char* name) {
    v.name = name;
    return v;
  };
  const plan::Value flag{.name = "flag", .dtype = DType::b8, .storage = Storage::kInput, .dims = {}};
  Document twice, once;
  twice.values = once.values = {named(in, "p"), named(out, "q")};
  twice.inputs = once.inputs = {0};
  twice.outputs = once.outputs = {1};
  twice.steps = {{.name = "twice", .problem = add, .tactic = "fake.reference", .inputs = {0, 0}, .outputs = {1}}};
  once.steps = {{.name = "once", .problem = copy, .tactic = "fake.reference", .inputs = {0}, .outputs = {1}}};

  Document body;
  body.values = {{.name = "i", .dtype = DType::i64, .storage = Storage::kInput, .dims = {}},
                 named(in, "sum"),
                 named(in, "row"),
                 flag,
                 {.name = "t", .storage = Storage::kArena, .dims = {"2"}},
                 named(out, "next"),
                 named(out, "slice")};
  body.inputs = {0, 1, 2, 3};
  body.outputs = {5, 6};
  body.steps = {{.name = "add", .problem = add, .tactic = "fake.reference", .inputs = {1, 2}, .outputs = {4}},
                {.name = "choose",
                 .problem = "if_else",
                 .tactic = "host",
                 .inputs = {3, 4},
                 .outputs = {5},
                 .control = plan::Control::kIf,
                 .regions = {twice, once}},
                {.name = "copy", .problem = copy, .tactic = "fake.reference", .inputs = {5}, .outputs = {6}}};
  Document d = empty_document();
  d.sections = {section_of(std::vector<float>{0, 0})};
  d.values = {{.name = "x", .storage = Storage::kInput, .dims = {"3", "2"}},
              flag,
              {.name = "zero", .storage = Storage::kConstant, .dims = {"2"}, .source = 0},
              named(out, "y"),
              {.name = "all", .storage = Storage::kOutput, .dims = {"3", "2"}}};
  d.inputs = {0, 1};
  d.outputs = {3, 4};
  plan::Step loop{.name = "loop", .problem = "loop", .tactic = "host", .inputs = {2, 0, 1}, .outputs = {3, 4}};
  loop.control = plan::Control::kLoop;
  loop.loop.carried = 1;
  loop.loop.scan_axes = loop.loop.scan_reverse = loop.loop.stack_axes = loop.loop.stack_reverse = {0};
  loop.loop.stack_lengths = {0};
  loop.regions = {body};
  d.steps = {loop};
  return d;
}

Blob plan_of(const Document& document) { return Blob::copy(plan::write_plan(document)); }

std::shared_ptr<const Engine> load_fake(const Document& document, const EngineOptions& options) {
  return Engine::load(plan_of(document), fake_device(), options);
}

}  // namespace dvt::runtime
