// The ONNX parser: a model in memory, its errors, a question about support.

#include <NvInferPlugin.h>
#include <NvOnnxConfig.h>
#include <NvOnnxParser.h>

#include "program.hpp"

using namespace nvinfer1;

// Programs have names of their own beside the interface's.
namespace onnx {
class ModelProto;
}
namespace nvonnxparser {
class IParser;
}

namespace {

// A protobuf message, as its bytes are laid out.
class Message {
 public:
  Message& number(int field, uint64_t value) {
    varint(static_cast<uint64_t>(field) << 3);
    varint(value);
    return *this;
  }
  Message& text(int field, std::string const& value) {
    varint(static_cast<uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  Message& message(int field, Message const& value) { return text(field, value.bytes_); }
  std::string const& bytes() const { return bytes_; }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

Message tensorInfo(std::string const& name, std::vector<std::string> const& dims) {
  Message shape;
  for (std::string const& d : dims) {
    Message dim;
    if (d[0] >= '0' && d[0] <= '9')
      dim.number(1, static_cast<uint64_t>(std::atoi(d.c_str())));
    else
      dim.text(2, d);
    shape.message(1, dim);
  }
  Message type;
  type.message(1, Message().number(1, 1).message(2, shape));  // float32
  return Message().text(1, name).message(2, type);
}

// y = op(a, b), a [N, 4], b [4].
std::string model(std::string const& op) {
  Message node;
  node.text(1, "a").text(1, "b").text(2, "y").text(3, "only").text(4, op);
  Message graph;
  graph.message(1, node).text(2, "g");
  graph.message(11, tensorInfo("a", {"N", "4"})).message(11, tensorInfo("b", {"4"}));
  graph.message(12, tensorInfo("y", {"N", "4"}));
  Message top;
  top.number(1, 8).message(7, graph).message(8, Message().text(1, "").number(2, 17));
  return top.bytes();
}

}  // namespace

int main() {
  Logger logger(ILogger::Severity::kINTERNAL_ERROR);
  CHECK(initLibNvInferPlugins(&logger, ""));
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  UniquePtr<INetworkDefinition> network{createNetwork(*builder)};
  UniquePtr<nvonnxparser::IParser> parser{nvonnxparser::createParser(*network, logger)};
  CHECK(parser && parser->supportsOperator("Add") && !parser->supportsOperator("NoSuchOperator"));

  std::string const wrong = model("NoSuchOperator");
  CHECK(!parser->parse(wrong.data(), wrong.size()) && parser->getNbErrors() > 0);
  nvonnxparser::IParserError const* error = parser->getError(0);
  CHECK(error->code() != nvonnxparser::ErrorCode::kSUCCESS);
  CHECK(std::string(error->desc()).find("NoSuchOperator") != std::string::npos);
  parser->clearErrors();
  CHECK(parser->getNbErrors() == 0);

  UniquePtr<INetworkDefinition> good{createNetwork(*builder)};
  UniquePtr<nvonnxparser::IParser> reader{nvonnxparser::createParser(*good, logger)};
  std::string const right = model("Mul");
  CHECK(reader->parse(right.data(), right.size()));
  CHECK(good->getNbInputs() == 2 && good->getNbOutputs() == 1);
  CHECK(std::string(good->getInput(0)->getName()) == "a" && good->getInput(0)->getDimensions().d[0] == -1);

  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  for (OptProfileSelector select : {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX})
    profile->setDimensions("a", select, Dims2{2, 4});
  config->addOptimizationProfile(profile);
  UniquePtr<IHostMemory> plan{builder->buildSerializedNetwork(*good, *config)};
  CHECK(plan);
  UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
  UniquePtr<ICudaEngine> engine{runtime->deserializeCudaEngine(plan->data(), plan->size())};
  UniquePtr<IExecutionContext> context{engine->createExecutionContext()};
  Buffer a(8), b(4), y(8);
  a.host = numbers(8, 1);
  b.host = numbers(4, 2);
  a.upload(nullptr);
  b.upload(nullptr);
  void* bindings[3] = {};
  for (int32_t i = 0; i < 3; ++i) {
    std::string const name = engine->getIOTensorName(i);
    bindings[i] = name == "a" ? a.device() : name == "b" ? b.device() : y.device();
  }
  CHECK(context->setInputShape("a", Dims2{2, 4}));
  CHECK(context->executeV2(bindings));
  y.download(nullptr);
  for (std::size_t i = 0; i < 8; ++i) CHECK(close(y.host[i], a.host[i] * b.host[i % 4]));

  std::unique_ptr<nvonnxparser::IOnnxConfig> options{nvonnxparser::createONNXConfig()};
  options->setModelFileName("model.onnx");
  CHECK(std::string(options->getModelFileName()) == "model.onnx");
  std::puts("PASSED");
}
