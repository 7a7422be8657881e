// Any bytes, read as an ONNX model through the public parser into a network that may be half made.
#include <dovetail/dovetail.h>

#include <cstdint>
#include <memory>

namespace {

class Silent final : public dovetail::ILogger {
 public:
  void log(Severity, char const*) noexcept override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Silent logger;
  std::unique_ptr<dovetail::IBuilder> builder(dovetail::createInferBuilder(logger));
  std::unique_ptr<dovetail::INetworkDefinition> network(builder->createNetworkV2(0));
  std::unique_ptr<dovetail::onnx::IParser> parser(dovetail::onnx::createParser(*network, logger));
  parser->parse(data, size);
  for (int i = 0; i < network->getNbLayers(); ++i)
    for (int k = 0; k < network->getLayer(i)->getNbOutputs(); ++k) network->getLayer(i)->getOutput(k)->getDimensions();
  return 0;
}
