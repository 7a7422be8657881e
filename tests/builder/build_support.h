#pragma once
#include <map>
#include <string>
#include <vector>

#include "backend/cpu/cpu.h"
#include "builder/build.h"
#include "ir/text.h"
#include "plan/writer.h"
#include "runtime/context.h"
#include "runtime/engine.h"

namespace dvt::builder {

inline BuildOptions options_for_host() {
  BuildOptions o;
  o.target = cpu::device().host_target(2);
  return o;
}

inline std::vector<std::byte> build_text(const std::string& text, const BuildOptions& options) {
  return plan::write_plan(build(*ir::parse(text), options, cpu::device()));
}

/// Loads a plan and runs it once on f32 inputs; gives the f32 outputs by name.
inline std::map<std::string, std::vector<float>> run_plan(
    const std::vector<std::byte>& plan,
    std::map<std::string, std::pair<std::vector<int64_t>, std::vector<float>>> inputs) {
  const auto engine = runtime::Engine::load(Blob::copy(plan), cpu::device());
  const auto context = engine->create_context();
  std::map<std::string, std::vector<float>> outputs;
  for (auto& [name, input] : inputs) {
    context->set_input_shape(name, input.first);
    context->set_address(name, input.second.data());
  }
  for (const runtime::IoTensor& t : engine->io_tensors()) {
    if (t.is_input) continue;
    size_t volume = 1;
    for (int64_t d : context->tensor_shape(t.name)) volume *= static_cast<size_t>(d);
    outputs[t.name].resize(volume);
    context->set_address(t.name, outputs[t.name].data());
  }
  const runtime::Status status = context->enqueue(nullptr);
  if (!status.ok()) throw status.error();
  return outputs;
}

inline plan::Profile profile(const std::string& tensor, std::vector<int64_t> min, std::vector<int64_t> opt,
                             std::vector<int64_t> max) {
  return {{{tensor, std::move(min), std::move(opt), std::move(max)}}};
}

}  // namespace dvt::builder
