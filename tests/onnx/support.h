#pragma once
#include <dovetail/dovetail.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "models/onnx_writer.h"
#include "onnx/parse.h"

namespace dvt::test {

class QuietLogger final : public dovetail::ILogger {
 public:
  void log(Severity, const char*) noexcept override {}
};

/// A network to parse into, and what came of it.
struct Parsed {
  QuietLogger logger;
  std::unique_ptr<dovetail::IBuilder> builder{dovetail::createInferBuilder(logger)};
  std::unique_ptr<dovetail::INetworkDefinition> network{builder->createNetworkV2(0)};
  onnx::ParseResult result;

  explicit Parsed(const OnnxModel& model) : Parsed(model.bytes()) {}
  Parsed(const OnnxModel& model, onnx::InputForms forms) : Parsed(model.bytes(), "", {{}, std::move(forms)}) {}
  explicit Parsed(std::string bytes, const std::string& path = "", const onnx::Given& given = {}) {
    // The bytes are spoiled afterwards: nothing may be read from them.
    result = onnx::parse_bytes(*network, as_byte_span(bytes), path, given);
    std::memset(bytes.data(), 0xa5, bytes.size());
  }
  /// Types of the layers in order, by what they compute: "Conv" layers have no name of their own in the API.
  std::vector<dovetail::LayerType> layer_types() const {
    std::vector<dovetail::LayerType> types;
    for (int i = 0; i < network->getNbLayers(); ++i) types.push_back(network->getLayer(i)->getType());
    return types;
  }
  int count(dovetail::LayerType type) const {
    int n = 0;
    for (const auto t : layer_types()) n += t == type ? 1 : 0;
    return n;
  }
  template <class Layer>
  Layer* first(dovetail::LayerType type) const {
    for (int i = 0; i < network->getNbLayers(); ++i)
      if (network->getLayer(i)->getType() == type) return static_cast<Layer*>(network->getLayer(i));
    return nullptr;
  }
  std::vector<int64_t> output_dims(int i = 0) const {
    const dovetail::Dims d = network->getOutput(i)->getDimensions();
    return {d.d, d.d + std::max(0, d.nbDims)};
  }
  /// All descriptions, one a line.
  std::string errors() const {
    std::string text;
    for (const auto& e : result.errors) text += e.description + "\n";
    return text;
  }
};

/// A model of one node over a float input "x", with output "y".
inline OnnxModel one_node(const OnnxNode& node, const std::vector<OnnxDim>& dims, int64_t opset = 17) {
  OnnxModel model(opset);
  model.input("x", kOnnxFloat, dims).output("y").node(node);
  return model;
}

}  // namespace dvt::test
