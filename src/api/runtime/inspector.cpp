#include "api/runtime/inspector.h"

#include <map>
#include <nlohmann/json.hpp>

#include "api/convert.h"
#include "api/wall.h"
#include "base/dim.h"

namespace dvt::api {
namespace {

using Json = nlohmann::ordered_json;

/// The numbers that symbols of dims have in a context: those of its inputs' shapes.
using Symbols = std::map<std::string, Dim, std::less<>>;

Symbols symbols_of(const runtime::Engine& engine, const IExecutionContext* context) {
  Symbols symbols;
  if (context == nullptr) return symbols;
  for (const plan::Value& value : engine.document().values) {
    if (value.storage != plan::Storage::kInput) continue;
    if (context->getEngine().getTensorFormat(value.name.c_str()) != TensorFormat::kLINEAR) continue;
    const Dims shape = context->getTensorShape(value.name.c_str());
    for (int32_t i = 0; i < shape.nbDims && i < static_cast<int32_t>(value.dims.size()); ++i)
      if (const auto symbol = parse_dim(value.dims[static_cast<size_t>(i)]).as_symbol(); symbol && shape.d[i] >= 0)
        symbols.emplace(*symbol, Dim(shape.d[i]));
  }
  return symbols;
}

/// -1 where a dim is not known.
Json dims_json(const plan::Value& value, const Symbols& symbols) {
  Json dims = Json::array();
  for (const std::string& text : value.dims) {
    const Dim d = parse_dim(text).substitute(symbols);
    dims.push_back(d.is_constant() ? d.constant() : -1);
  }
  return dims;
}

std::string_view storage_name(plan::Storage storage) {
  switch (storage) {
    case plan::Storage::kInput:
      return "Input";
    case plan::Storage::kOutput:
      return "Output";
    case plan::Storage::kArena:
      return "Arena";
    case plan::Storage::kConstant:
      return "Weights";
    case plan::Storage::kAlias:
      return "Alias";
    case plan::Storage::kShape:
      return "Shape";
  }
  return "Unknown";
}

/// The spelling of a type by which readers of TensorRT's text tell precisions apart.
std::string precision_name(DType type) {
  switch (type) {
    case DType::f32:
      return "FP32";
    case DType::f16:
      return "FP16";
    case DType::bf16:
      return "BF16";
    case DType::f8e4m3:
      return "FP8";
    case DType::i8:
      return "Int8";
    case DType::u8:
      return "UInt8";
    case DType::i32:
      return "Int32";
    case DType::i64:
      return "Int64";
    case DType::b8:
      return "Bool";
    default:
      return std::string(to_string(type));
  }
}

Json value_json(const plan::Value& value, const Symbols& symbols) {
  return {{"Name", value.name},
          {"Location", value.shape_io ? "Host" : "Device"},
          {"Storage", storage_name(value.storage)},
          {"Dimensions", dims_json(value, symbols)},
          {"Format/Datatype",
           concat(value.layout == 0 ? "Row major linear " : "Channels last ", precision_name(value.dtype))}};
}

Json values_json(const plan::Document& document, const std::vector<int32_t>& indices, const Symbols& symbols) {
  Json list = Json::array();
  for (int32_t i : indices) list.push_back(value_json(document.values[static_cast<size_t>(i)], symbols));
  return list;
}

std::string_view layer_type(const std::string& problem) {
  return std::string_view(problem).substr(0, problem.find_first_of("{ "));
}

Json layer_json(const runtime::Engine& engine, const runtime::StepInfo& info, const Symbols& symbols) {
  const plan::Step& step = *info.step;
  if (!is_detailed(engine)) return step.name;
  Json layer = {{"Name", step.name},
                {"LayerType", layer_type(step.problem)},
                {"Inputs", values_json(engine.document(), step.inputs, symbols)},
                {"Outputs", values_json(engine.document(), step.outputs, symbols)},
                {"TacticName", info.tactic},
                {"TacticVersion", step.tactic_version},
                {"Problem", step.problem},
                {"Origin", step.origin},
                {"WorkspaceBytes", info.workspace_bytes},
                {"Flops", step.flops},
                {"TunedMs", step.tuned_ms},
                {"StreamId", 0},
                {"Metadata", step.note}};
  if (!info.reselected.empty()) layer["Reselected"] = info.reselected;
  return layer;
}

std::string join(const std::vector<int32_t>& indices, const plan::Document& document) {
  std::string text;
  for (int32_t i : indices) text += concat(text.empty() ? "" : ", ", document.values[static_cast<size_t>(i)].name);
  return text;
}

std::string layer_line(const runtime::Engine& engine, const runtime::StepInfo& info) {
  const plan::Step& step = *info.step;
  if (!is_detailed(engine)) return step.name;
  std::string line =
      concat(step.name, ", LayerType: ", layer_type(step.problem), ", Inputs: [", join(step.inputs, engine.document()),
             "], Outputs: [", join(step.outputs, engine.document()), "], TacticName: ", info.tactic,
             ", Problem: ", step.problem);
  if (!info.reselected.empty()) line += concat(", Reselected: ", info.reselected);
  return line;
}

Json io_json(const runtime::Engine& engine, const IExecutionContext* context, const runtime::IoTensor& tensor) {
  const Dims shape = context == nullptr ? to_public(tensor.dims) : context->getTensorShape(tensor.name.c_str());
  Json profiles = Json::array();
  if (tensor.is_input)
    for (int p = 0; p < engine.num_profiles(); ++p) {
      const runtime::ProfileRange& range = engine.profile_shape(p, tensor.name);
      profiles.push_back({{"MinShape", range.min}, {"OptShape", range.opt}, {"MaxShape", range.max}});
    }
  return {{"Name", tensor.name},
          {"IOMode", tensor.is_input ? "Input" : "Output"},
          {"DataType", to_string(tensor.dtype)},
          {"Dimensions", std::vector<int64_t>(shape.d, shape.d + std::max(0, shape.nbDims))},
          {"Location", tensor.shape_io ? "Host" : "Device"},
          {"IsShapeInferenceIO", tensor.shape_io},
          {"ProfileInfo", std::move(profiles)}};
}

std::string engine_json(const runtime::Engine& engine, const IExecutionContext* context) {
  Json layers = Json::array(), bindings = Json::array(), tensors = Json::array();
  const Symbols symbols = symbols_of(engine, context);
  for (const runtime::StepInfo& info : engine.steps()) layers.push_back(layer_json(engine, info, symbols));
  for (const runtime::IoTensor& t : engine.io_tensors()) {
    bindings.push_back(t.name);
    tensors.push_back(io_json(engine, context, t));
  }
  const runtime::MemoryReport memory = engine.memory();
  const Json all = {{"Layers", std::move(layers)},
                    {"Bindings", std::move(bindings)},
                    {"I/O Tensors", std::move(tensors)},
                    {"Memory",
                     {{"ContextBytes", memory.arena_bytes},
                      {"LowerBoundBytes", memory.arena_lower_bound},
                      {"WeightBytes", memory.weight_bytes},
                      {"UnboundedTensors", memory.unbounded}}},
                    {"Target", engine.document().target_isa},
                    {"Threads", engine.threads()}};
  return all.dump(2);
}

std::string engine_lines(const runtime::Engine& engine) {
  std::string text = "Layers:\n";
  for (const runtime::StepInfo& info : engine.steps()) text += layer_line(engine, info) + "\n";
  text += "\nBindings:\n";
  for (const runtime::IoTensor& t : engine.io_tensors()) text += t.name + "\n";
  return text;
}

void check(LayerInformationFormat format) {
  if (format != LayerInformationFormat::kONELINE && format != LayerInformationFormat::kJSON)
    throw Error(ErrorCode::kInvalidArgument, "there is no layer information format ", static_cast<int>(format));
}

}  // namespace

char const* Inspector::getLayerInformation(int32_t index, LayerInformationFormat format) const noexcept {
  return guarded(reporter_, static_cast<char const*>(nullptr), [&] {
    check(format);
    const runtime::Engine& engine = *shared_->engine;
    const std::span<const runtime::StepInfo> steps = engine.steps();
    if (index < 0 || static_cast<size_t>(index) >= steps.size())
      throw Error(ErrorCode::kInvalidArgument, "there is no layer ", index, "; the engine has ", steps.size());
    const runtime::StepInfo& info = steps[static_cast<size_t>(index)];
    text_ = format == LayerInformationFormat::kJSON ? layer_json(engine, info, symbols_of(engine, context_)).dump(2)
                                                    : layer_line(engine, info);
    return text_.c_str();
  });
}

char const* Inspector::getEngineInformation(LayerInformationFormat format) const noexcept {
  return guarded(reporter_, static_cast<char const*>(nullptr), [&] {
    check(format);
    text_ = format == LayerInformationFormat::kJSON ? engine_json(*shared_->engine, context_)
                                                    : engine_lines(*shared_->engine);
    return text_.c_str();
  });
}

}  // namespace dvt::api
