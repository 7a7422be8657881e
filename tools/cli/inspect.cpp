// dovetail inspect: inputs, outputs, layers and memory of a model or plan.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/session.h"

namespace dovetail::cli {
namespace {

struct Args {
  std::string file;
  bool json = false, layers = false;
  CommonOptions common;
};

std::string shape_text(const Dims& d) {
  std::string text = "[";
  for (int i = 0; i < d.nbDims; ++i) text += (i ? "," : "") + std::to_string(d.d[i]);
  return text + "]";
}

nlohmann::json plan_report(const Session& s) {
  const ICudaEngine& e = *s.engine;
  std::unique_ptr<IEngineInspector> inspector(e.createEngineInspector());
  nlohmann::json r = {{"schema", "dovetail.inspect.1"},
                      {"kind", "plan"},
                      {"name", e.getName()},
                      {"num_layers", e.getNbLayers()},
                      {"memory_bytes", e.getDeviceMemorySizeV2()}};
  for (int i = 0; i < e.getNbIOTensors(); ++i) {
    const char* name = e.getIOTensorName(i);
    const bool input = e.getTensorIOMode(name) == TensorIOMode::kINPUT;
    nlohmann::json t = {{"name", name},
                        {"mode", input ? "input" : "output"},
                        {"type", type_name(e.getTensorDataType(name))},
                        {"shape", to_vector(e.getTensorShape(name))}};
    for (int p = 0; input && p < e.getNbOptimizationProfiles(); ++p)
      t["profiles"].push_back({{"min", to_vector(e.getProfileShape(name, p, OptProfileSelector::kMIN))},
                               {"opt", to_vector(e.getProfileShape(name, p, OptProfileSelector::kOPT))},
                               {"max", to_vector(e.getProfileShape(name, p, OptProfileSelector::kMAX))}});
    r["tensors"].push_back(std::move(t));
  }
  const char* text = inspector->getEngineInformation(LayerInformationFormat::kJSON);
  r["engine"] = text ? nlohmann::json::parse(text, nullptr, false) : nlohmann::json();
  return r;
}

void print_plan(const Session& s, bool layers) {
  const ICudaEngine& e = *s.engine;
  std::printf("plan '%s': %d layers\nmemory: %s\n", e.getName(), e.getNbLayers(), s.memory().text().c_str());
  for (int i = 0; i < e.getNbIOTensors(); ++i) {
    const char* name = e.getIOTensorName(i);
    const bool input = e.getTensorIOMode(name) == TensorIOMode::kINPUT;
    std::printf("  %s %s %s%s\n", input ? "input " : "output", name, type_name(e.getTensorDataType(name)).c_str(),
                shape_text(e.getTensorShape(name)).c_str());
    for (int p = 0; input && p < e.getNbOptimizationProfiles(); ++p)
      std::printf("      profile %d: min %s opt %s max %s\n", p,
                  shape_text(e.getProfileShape(name, p, OptProfileSelector::kMIN)).c_str(),
                  shape_text(e.getProfileShape(name, p, OptProfileSelector::kOPT)).c_str(),
                  shape_text(e.getProfileShape(name, p, OptProfileSelector::kMAX)).c_str());
  }
  if (!layers) return;
  std::unique_ptr<IEngineInspector> inspector(e.createEngineInspector());
  for (int i = 0; i < e.getNbLayers(); ++i)
    std::printf("%4d %s\n", i, inspector->getLayerInformation(i, LayerInformationFormat::kONELINE));
}

nlohmann::json tensor_json(const ITensor& t, const char* mode) {
  return {
      {"name", t.getName()}, {"mode", mode}, {"type", type_name(t.getType())}, {"shape", to_vector(t.getDimensions())}};
}

void inspect_model(const Args& a) {
  Logger logger(a.common);
  std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  std::unique_ptr<onnx::IParser> parser(onnx::createParser(*network, logger));
  if (!parser->parseFromFile(a.file.c_str(), 2))
    throw Failure(kUnsupported, "'" + a.file + "' could not be read as an ONNX model");
  nlohmann::json r = {{"schema", "dovetail.inspect.1"},
                      {"kind", "model"},
                      {"name", network->getName()},
                      {"num_layers", network->getNbLayers()}};
  for (int i = 0; i < network->getNbInputs(); ++i) r["tensors"].push_back(tensor_json(*network->getInput(i), "input"));
  for (int i = 0; i < network->getNbOutputs(); ++i)
    r["tensors"].push_back(tensor_json(*network->getOutput(i), "output"));
  if (a.layers)
    for (int i = 0; i < network->getNbLayers(); ++i) {
      const ILayer& layer = *network->getLayer(i);
      nlohmann::json l = {{"name", layer.getName()}, {"type", static_cast<int>(layer.getType())}};
      for (int k = 0; k < layer.getNbOutputs(); ++k) l["outputs"].push_back(tensor_json(*layer.getOutput(k), "output"));
      r["layers"].push_back(std::move(l));
    }
  if (a.json) {
    std::printf("%s\n", r.dump(2).c_str());
    return;
  }
  std::printf("model '%s': %d layers\n", network->getName(), network->getNbLayers());
  for (const auto& t : r["tensors"])
    std::printf("  %-6s %s %s%s\n", t["mode"].get<std::string>().c_str(), t["name"].get<std::string>().c_str(),
                t["type"].get<std::string>().c_str(), t["shape"].dump().c_str());
  for (const auto& l : r.value("layers", nlohmann::json::array()))
    std::printf("    %s -> %s%s\n", l["name"].get<std::string>().c_str(),
                l["outputs"][0]["type"].get<std::string>().c_str(), l["outputs"][0]["shape"].dump().c_str());
}

void inspect(const Args& a) {
  if (!is_plan_file(a.file)) return inspect_model(a);
  const Session session(a.file, {}, a.common);
  if (a.json)
    std::printf("%s\n", plan_report(session).dump(2).c_str());
  else
    print_plan(session, a.layers);
}

}  // namespace

void add_inspect_command(CLI::App& app) {
  auto a = std::make_shared<Args>();
  CLI::App* sub = app.add_subcommand("inspect", "Show inputs, outputs, layers and memory of a model or plan");
  sub->add_option("file", a->file, "ONNX model or plan")->required();
  sub->add_flag("--json", a->json, "As JSON");
  sub->add_flag("--layers", a->layers, "Each layer: where it came from, tactic, types");
  add_common(*sub, a->common);
  sub->callback([a] { inspect(*a); });
}

}  // namespace dovetail::cli
