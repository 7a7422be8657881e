#include "cpu_network.h"

#include "backend/cpu/cpu.h"
#include "base/error.h"
#include "documents.h"

namespace dvt::runtime {

using plan::Document;
using plan::Storage;

namespace {

std::vector<float> wave(size_t n) {
  std::vector<float> v(n);
  for (size_t i = 0; i < n; ++i) v[i] = static_cast<float>(i % 7) * 0.25f - 0.5f;
  return v;
}

}  // namespace

void add_cpu_step(Document& document, const std::string& name, const std::string& text, std::vector<int32_t> inputs,
                  std::vector<int32_t> outputs) {
  const backend::Problem problem = backend::parse_problem(text);
  const backend::Target target = cpu::device().host_target(2);
  std::vector<std::span<const std::byte>> data(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    if (problem.inputs[i].constant)
      data[i] = document.sections[static_cast<size_t>(document.values[static_cast<size_t>(inputs[i])].source)].bytes;
  for (const backend::Tactic& tactic : cpu::device().tactics()) {
    if (!tactic.supports(problem, target)) continue;
    plan::Step step{.name = name,
                    .problem = text,
                    .tactic = std::string(tactic.name),
                    .tactic_version = static_cast<uint32_t>(tactic.version),
                    .inputs = std::move(inputs),
                    .outputs = std::move(outputs)};
    step.packed.resize(step.inputs.size());
    for (const backend::PackedWeight& w : backend::pack_constants(tactic, problem, target, data)) {
      const auto i = static_cast<size_t>(w.input);
      plan::Value packed = document.values[static_cast<size_t>(step.inputs[i])];
      packed.name += ".packed";
      packed.source = static_cast<int32_t>(document.sections.size());
      document.sections.push_back(section_of(w.bytes));
      step.inputs[i] = static_cast<int32_t>(document.values.size());
      step.packed[i] = 1;
      document.values.push_back(packed);
    }
    document.steps.push_back(std::move(step));
    return;
  }
  throw Error(ErrorCode::kUnsupported, "no tactic for ", text);
}

Document cpu_document(const std::string& name) {
  Document d;
  d.network_name = name;
  d.builder_version = "0.1.0";
  d.target_isa = isa_string(cpu::device().host_target(2));
  d.target_name = "this machine";
  d.threads = 2;
  return d;
}

Document small_cpu_network() {
  Document d = cpu_document("small");
  d.sections = {section_of(wave(8 * 3 * 3 * 3)), section_of(wave(8)), section_of(wave(8 * 5 * 5 * 10))};
  d.values = {
      {.name = "x", .storage = Storage::kInput, .dims = {"batch", "3", "5", "5"}},
      {.name = "filter", .storage = Storage::kConstant, .dims = {"8", "3", "3", "3"}, .source = 0},
      {.name = "bias", .storage = Storage::kConstant, .dims = {"1", "8", "1", "1"}, .source = 1},
      {.name = "conv", .storage = Storage::kArena, .dims = {"batch", "8", "5", "5"}},
      {.name = "flat", .storage = Storage::kAlias, .dims = {"batch", "200"}, .source = 3},
      {.name = "w", .storage = Storage::kConstant, .dims = {"200", "10"}, .source = 2},
      {.name = "logits", .storage = Storage::kArena, .dims = {"batch", "10"}},
      {.name = "y", .storage = Storage::kOutput, .dims = {"batch", "10"}},
  };
  d.inputs = {0};
  d.outputs = {7};
  d.profiles = {{{{.tensor = "x", .min = {1, 3, 5, 5}, .opt = {2, 3, 5, 5}, .max = {4, 3, 5, 5}}}}};
  add_cpu_step(d, "conv",
               "conv{pads_begin=[1,1],pads_end=[1,1]} (f32[1..4@2,3,5,5], const f32[8,3,3,3]; const f32[1,8,1,1]) -> "
               "f32[1..4@2,8,5,5] | (f32,f32) relu(add($0,$1))",
               {0, 1, 2}, {3});
  add_cpu_step(d, "matmul", "matmul (f32[1..4@2,200], const f32[200,10]) -> f32[1..4@2,10]", {4, 5}, {6});
  add_cpu_step(d, "softmax", "softmax (f32[1..4@2,10]) -> f32[1..4@2,10]", {6}, {7});
  return d;
}

Document late_cpu_network() {
  Document d = cpu_document("late");
  d.values = {
      {.name = "x", .storage = Storage::kInput, .dims = {"n", "2"}},
      {.name = "positions", .dtype = DType::i64, .storage = Storage::kArena, .dims = {"2", "?found"}},
      {.name = "flat", .dtype = DType::i64, .storage = Storage::kAlias, .dims = {"2*?found"}, .source = 1},
      {.name = "twice", .dtype = DType::i64, .storage = Storage::kOutput, .dims = {"4*?found"}},
  };
  d.inputs = {0};
  d.outputs = {3};
  d.profiles = {{{{.tensor = "x", .min = {0, 2}, .opt = {3, 2}, .max = {6, 2}}}}};
  add_cpu_step(d, "find", "non_zero (f32[0..6@3,2]) -> i64[2,0..12@6]", {0}, {1});
  d.steps.back().late = {{"?found", "2*n"}};
  add_cpu_step(d, "twice", "concat{axis=0} (i64[0..24@12], i64[0..24@12]) -> i64[0..48@24]", {2, 2}, {3});
  return d;
}

Document text_cpu_network() {
  Document d = cpu_document("text");
  const auto text = [](std::string name, Storage storage, std::vector<std::string> dims, int32_t source = -1) {
    return plan::Value{
        .name = std::move(name), .dtype = DType::text, .storage = storage, .dims = std::move(dims), .source = source};
  };
  const auto whole = [](std::string name, Storage storage, std::vector<std::string> dims) {
    return plan::Value{.name = std::move(name), .dtype = DType::i64, .storage = storage, .dims = std::move(dims)};
  };
  d.values = {
      text("x", Storage::kInput, {"n", "2"}),      text("ends", Storage::kArena, {"2"}),
      text("joined", Storage::kArena, {"n", "2"}), text("flat", Storage::kAlias, {"2*n"}, 2),
      text("different", Storage::kArena, {"?k"}),  whole("first", Storage::kArena, {"?k"}),
      whole("inverse", Storage::kOutput, {"2*n"}), whole("counts", Storage::kArena, {"?k"}),
      text("upper", Storage::kOutput, {"?left"}),  whole("places", Storage::kOutput, {"n", "2"}),
  };
  d.inputs = {0};
  d.outputs = {6, 8, 9};
  d.profiles = {{{{.tensor = "x", .min = {0, 2}, .opt = {3, 2}, .max = {6, 2}}}}};
  add_cpu_step(d, "constant", R"(text_constant{values=["a","bb"],shape=[2]} () -> text[2])", {}, {1});
  add_cpu_step(d, "join", "text_concat (text[0..6@3,2], text[2]) -> text[0..6@3,2]", {0, 1}, {2});
  add_cpu_step(d, "unique", "unique (text[0..12@6]) -> text[0..12@6], i64[0..12@6], i64[0..12@6], i64[0..12@6]", {3},
               {4, 5, 6, 7});
  d.steps.back().late = {{"?k", "2*n"}};
  add_cpu_step(d, "upper", "text_normalize{case_change=upper} (text[0..12@6]) -> text[0..12@6]", {4}, {8});
  d.steps.back().late = {{"?left", "max(?k,1)"}};
  add_cpu_step(d, "index", R"(text_index{keys=["xa","bb"]} (text[0..6@3,2]) -> i64[0..6@3,2])", {2}, {9});
  return d;
}

}  // namespace dvt::runtime
