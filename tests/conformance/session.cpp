#include "session.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace conformance {
namespace {

using namespace dovetail;

class FirstError final : public ILogger {
 public:
  void log(Severity severity, char const* message) noexcept override {
    if (severity <= Severity::kERROR && text_.empty()) text_ = message;
  }
  /// Takes what was reported since the last call.
  std::string take() { return std::exchange(text_, std::string()); }

 private:
  std::string text_;
};

class Memory final : public IOutputAllocator {
 public:
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t alignment) noexcept override {
    // What the kernels leave unwritten must not look like a result.
    const uint64_t rounded = (size + alignment - 1) / alignment * alignment;
    bytes_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, rounded)));
    if (bytes_) std::memset(bytes_.get(), 0xAB, rounded);
    return bytes_.get();
  }
  void notifyShape(char const*, Dims const& dims) noexcept override { dims_ = dims; }

  Tensor tensor(DataType type) const {
    Tensor t{to_onnx(type), std::vector<int64_t>(dims_.d, dims_.d + std::max(dims_.nbDims, 0)), {}};
    const size_t size = packed_size(type, dims_);
    if (type == DataType::kTEXT) {
      const auto* views = reinterpret_cast<const TextView*>(bytes_.get());
      for (size_t i = 0; i < size / sizeof(TextView); ++i)
        t.texts.emplace_back(views[i].data, static_cast<size_t>(views[i].size));
    } else if (size > 0) {
      t.bytes.assign(bytes_.get(), bytes_.get() + size);
    }
    return t;
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::unique_ptr<std::byte, Free> bytes_;
  Dims dims_{};
};

Dims to_dims(const std::vector<int64_t>& v) {
  Dims d{};
  d.nbDims = static_cast<int32_t>(v.size());
  std::copy(v.begin(), v.end(), d.d);
  return d;
}

void parse(const Case& c, INetworkDefinition& network, FirstError& log, const std::vector<std::string>& fixed) {
  std::unique_ptr<onnx::IParser> parser(onnx::createParser(network, log));
  for (const auto& [name, form] : c.forms) {
    std::vector<Dims> shapes;
    for (const int rank : form.ranks) {
      shapes.push_back(Dims{rank, {}});
      std::fill(shapes.back().d, shapes.back().d + rank, -1);
    }
    parser->setInputShapes(name.c_str(), shapes.data(), form.holds_nothing ? -1 : static_cast<int32_t>(shapes.size()));
  }
  for (const std::string& name : fixed) {
    const Tensor& t = c.inputs[0].at(name);
    int64_t count = 1;
    for (const int64_t d : t.dims) count *= d;
    parser->setInputValues(name.c_str(), to_dims(t.dims),
                           {static_cast<DataType>(from_onnx(t.type)), t.bytes.data(), count});
  }
  if (parser->parseFromFile(c.model.c_str(), static_cast<int>(ILogger::Severity::kERROR))) return;
  if (parser->getNbErrors() > 0) {
    const onnx::IParserError& e = *parser->getError(0);
    throw Refusal("parse", e.nodeOperator(), e.desc());
  }
  throw Refusal("parse", "", log.take());
}

/// The inputs whose values a model may be specialised for: scalars and short lists of integers or booleans.
std::vector<std::string> fixable_inputs(const Case& c) {
  constexpr int kBool = 9, kInt32 = 6, kInt64 = 7;
  std::vector<std::string> names;
  for (const auto& [name, t] : c.inputs[0])
    if ((t.type == kBool || t.type == kInt32 || t.type == kInt64) && t.dims.size() <= 1 && t.bytes.size() <= 64)
      names.push_back(name);
  return names;
}

const Tensor& given(const TensorSet& set, const char* name) {
  const auto it = set.find(name);
  if (it == set.end()) throw Refusal("parse", "", std::string("the case has no input '") + name + "'");
  return it->second;
}

std::vector<int64_t> integers(const Tensor& t) {
  std::vector<int64_t> values;
  const size_t width = t.type == 7 ? 8 : 4;
  for (size_t at = 0; at + width <= t.bytes.size(); at += width) {
    int64_t wide = 0;
    int32_t narrow = 0;
    std::memcpy(width == 8 ? static_cast<void*>(&wide) : &narrow, t.bytes.data() + at, width);
    values.push_back(width == 8 ? wide : narrow);
  }
  return values;
}

// The profile spans the case's sets of inputs: sizes, and values where those decide sizes.
void add_profile(const Case& c, IBuilder& builder, const INetworkDefinition& network, IBuilderConfig& config) {
  IOptimizationProfile* profile = builder.createOptimizationProfile();
  for (int i = 0; i < network.getNbInputs(); ++i) {
    const ITensor& input = *network.getInput(i);
    std::vector<int64_t> low = given(c.inputs[0], input.getName()).dims, high = low, opt = low;
    std::vector<int64_t> values = integers(given(c.inputs[0], input.getName())), least = values, most = values;
    for (const TensorSet& set : c.inputs) {
      const Tensor& t = given(set, input.getName());
      const std::vector<int64_t> v = integers(t);
      for (size_t k = 0; k < std::min(low.size(), t.dims.size()); ++k) {
        low[k] = std::min(low[k], t.dims[k]);
        high[k] = std::max(high[k], t.dims[k]);
      }
      for (size_t k = 0; k < std::min(least.size(), v.size()); ++k) {
        least[k] = std::min(least[k], v[k]);
        most[k] = std::max(most[k], v[k]);
      }
    }
    profile->setDimensions(input.getName(), OptProfileSelector::kMIN, to_dims(low));
    profile->setDimensions(input.getName(), OptProfileSelector::kOPT, to_dims(opt));
    profile->setDimensions(input.getName(), OptProfileSelector::kMAX, to_dims(high));
    if (!input.isShapeTensor()) continue;
    const auto count = static_cast<int32_t>(values.size());
    profile->setShapeValuesV2(input.getName(), OptProfileSelector::kMIN, least.data(), count);
    profile->setShapeValuesV2(input.getName(), OptProfileSelector::kOPT, values.data(), count);
    profile->setShapeValuesV2(input.getName(), OptProfileSelector::kMAX, most.data(), count);
  }
  if (network.getNbInputs() > 0) config.addOptimizationProfile(profile);
}

TensorSet run_set(const TensorSet& set, ICudaEngine& engine, IExecutionContext& context, FirstError& log) {
  std::map<std::string, Memory> outputs;
  std::vector<std::vector<std::byte>> inputs;
  for (int i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    if (engine.getTensorIOMode(name) == TensorIOMode::kOUTPUT) {
      context.setOutputAllocator(name, &outputs[name]);
      continue;
    }
    const Tensor& t = given(set, name);
    if (const int type = to_onnx(engine.getTensorDataType(name)); type != t.type)
      throw Refusal("run", "", std::string("input '") + name + "' has another type than the model says");
    inputs.push_back(t.bytes);
    for (const std::string& text : t.texts) {
      const TextView view{text.data(), static_cast<int64_t>(text.size())};
      const auto* bytes = reinterpret_cast<const std::byte*>(&view);
      inputs.back().insert(inputs.back().end(), bytes, bytes + sizeof view);
    }
    inputs.back().resize(std::max<size_t>(inputs.back().size(), 1));  // an address, even of nothing
    if (!context.setInputShape(name, to_dims(t.dims)) || !context.setTensorAddress(name, inputs.back().data()))
      throw Refusal("run", "", log.take());
  }
  if (!context.enqueueV3(nullptr)) throw Refusal("run", "", log.take());
  TensorSet results;
  for (const auto& [name, memory] : outputs) results[name] = memory.tensor(engine.getTensorDataType(name.c_str()));
  return results;
}

std::vector<TensorSet> run_with(const Case& c, int optimization_level, const std::vector<std::string>& fixed) {
  FirstError log;
  std::unique_ptr<IBuilder> builder(createInferBuilder(log));
  std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  parse(c, *network, log, fixed);
  std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  config->setBuilderOptimizationLevel(optimization_level);
  config->setMaxThreads(1);
  add_profile(c, *builder, *network, *config);
  std::unique_ptr<IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  if (!plan) throw Refusal("build", "", log.take());
  std::unique_ptr<IRuntime> runtime(createInferRuntime(log));
  runtime->setMaxThreads(1);
  std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  if (!engine) throw Refusal("load", "", log.take());
  std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  if (!context) throw Refusal("load", "", log.take());
  std::vector<TensorSet> results;
  for (const TensorSet& set : c.inputs) results.push_back(run_set(set, *engine, *context, log));
  return results;
}

}  // namespace

std::vector<TensorSet> run_case(const Case& c, int optimization_level, std::vector<std::string>& fixed) {
  try {
    return run_with(c, optimization_level, {});
  } catch (const Refusal& first) {
    // A specialised model has one set of values.
    fixed = fixable_inputs(c);
    if (first.stage != "parse" || c.inputs.size() != 1 || fixed.empty()) throw;
    try {
      return run_with(c, optimization_level, fixed);
    } catch (const Refusal&) {
      throw first;
    }
  }
}

}  // namespace conformance
