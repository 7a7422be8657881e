#pragma once
#include <dovetail/dovetail.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace dovetail::test {

/// Keeps every message.
class Logger : public ILogger {
 public:
  void log(Severity severity, char const* message) noexcept override {
    const std::lock_guard lock(mutex);
    (severity <= Severity::kERROR ? errors : others).push_back(message);
    if (severity == Severity::kWARNING) warnings.push_back(message);
  }
  /// The errors since the last call, one a line.
  std::string take_errors() {
    const std::lock_guard lock(mutex);
    std::string text;
    for (const std::string& e : errors) text += e + "\n";
    errors.clear();
    return text;
  }
  std::mutex mutex;
  std::vector<std::string> errors, warnings, others;
};

class Recorder : public IErrorRecorder {
 public:
  int32_t getNbErrors() const noexcept override { return static_cast<int32_t>(list.size()); }
  ErrorCode getErrorCode(int32_t i) const noexcept override { return list[static_cast<size_t>(i)].first; }
  ErrorDesc getErrorDesc(int32_t i) const noexcept override { return list[static_cast<size_t>(i)].second.c_str(); }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override { list.clear(); }
  bool reportError(ErrorCode code, ErrorDesc text) noexcept override {
    list.emplace_back(code, text);
    return false;
  }
  RefCount incRefCount() noexcept override { return ++references; }
  RefCount decRefCount() noexcept override { return --references; }
  std::vector<std::pair<ErrorCode, std::string>> list;
  int references = 0;
};

inline Dims dims(std::vector<int64_t> list) {
  Dims d{};
  d.nbDims = static_cast<int32_t>(list.size());
  for (size_t i = 0; i < list.size(); ++i) d.d[i] = list[i];
  return d;
}
inline std::vector<int64_t> list(const Dims& d) { return {d.d, d.d + std::max(0, d.nbDims)}; }

/// A builder with a network and a configuration, and short ways to what tests do with them.
struct Session {
  Logger logger;
  std::unique_ptr<IBuilder> builder{createInferBuilder(logger)};
  std::unique_ptr<INetworkDefinition> network{builder->createNetworkV2(0)};
  std::unique_ptr<IBuilderConfig> config{builder->createBuilderConfig()};
  std::vector<std::vector<float>> kept;

  Session() { config->setBuilderOptimizationLevel(0); }

  ITensor& input(const char* name, std::vector<int64_t> shape, DataType type = DataType::kFLOAT) {
    return *network->addInput(name, type, dims(std::move(shape)));
  }
  Weights weights(std::vector<float> values) {
    kept.push_back(std::move(values));
    return {DataType::kFLOAT, kept.back().data(), static_cast<int64_t>(kept.back().size())};
  }
  ITensor& constant(std::vector<int64_t> shape, std::vector<float> values) {
    return *network->addConstant(dims(std::move(shape)), weights(std::move(values)))->getOutput(0);
  }
  void output(ITensor& tensor, const char* name) {
    tensor.setName(name);
    network->markOutput(tensor);
  }
  void profile(const char* name, std::vector<int64_t> min, std::vector<int64_t> opt, std::vector<int64_t> max) {
    IOptimizationProfile* p = builder->createOptimizationProfile();
    p->setDimensions(name, OptProfileSelector::kMIN, dims(std::move(min)));
    p->setDimensions(name, OptProfileSelector::kOPT, dims(std::move(opt)));
    p->setDimensions(name, OptProfileSelector::kMAX, dims(std::move(max)));
    EXPECT_GE(config->addOptimizationProfile(p), 0) << logger.take_errors();
  }
  std::unique_ptr<IHostMemory> build() {
    return std::unique_ptr<IHostMemory>(builder->buildSerializedNetwork(*network, *config));
  }
  std::unique_ptr<ICudaEngine> engine() {
    const std::unique_ptr<IHostMemory> plan = build();
    if (!plan) return nullptr;
    const std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
    return std::unique_ptr<ICudaEngine>(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  }
};

/// Runs an engine with one float input and gives its one float output.
inline std::vector<float> run(ICudaEngine& engine, std::vector<float> in, const std::vector<int64_t>& shape) {
  const std::unique_ptr<IExecutionContext> context(engine.createExecutionContext());
  const char* x = engine.getIOTensorName(0);
  const char* y = engine.getIOTensorName(1);
  if (!context->setInputShape(x, dims(shape))) return {};
  const Dims out_dims = context->getTensorShape(y);
  size_t count = 1;
  for (int i = 0; i < out_dims.nbDims; ++i) count *= static_cast<size_t>(out_dims.d[i]);
  std::vector<float> out(count, -12345);
  context->setTensorAddress(x, in.data());
  context->setTensorAddress(y, out.data());
  if (!context->enqueueV3(nullptr)) return {};
  return out;
}

}  // namespace dovetail::test
