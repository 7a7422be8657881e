// Inputs and outputs in vectorized formats: what the engine says of them, and the values in their places.

#include "program.hpp"

using namespace nvinfer1;

namespace {

constexpr int kChannels = 5, kHeight = 3, kWidth = 4;

// Where element c, h, w lies in a format that packs `pack` channels behind each place.
std::size_t packed(int c, int h, int w, int pack) {
  return static_cast<std::size_t>((((c / pack) * kHeight + h) * kWidth + w) * pack + c % pack);
}
// The channels of a place beside each other.
std::size_t last(int c, int h, int w, int stride) { return static_cast<std::size_t>((h * kWidth + w) * stride + c); }

struct Case {
  TensorFormat format;
  int vectorizedDim, components;
  std::size_t count;
  std::size_t (*place)(int, int, int);
};

// y = 2 x, x in one format and y in the other.
void run(Logger& logger, Case const& in, Case const& out) {
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  UniquePtr<INetworkDefinition> network{createNetwork(*builder)};
  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
  ITensor* x = network->addInput("x", DataType::kFLOAT, Dims4{1, kChannels, kHeight, kWidth});
  x->setAllowedFormats(1U << static_cast<uint32_t>(in.format));
  std::vector<float> const two = {2.0F};
  IConstantLayer* factor = network->addConstant(Dims4{1, 1, 1, 1}, weights(two));
  IElementWiseLayer* y = network->addElementWise(*x, *factor->getOutput(0), ElementWiseOperation::kPROD);
  y->getOutput(0)->setName("y");
  network->markOutput(*y->getOutput(0));
  y->getOutput(0)->setAllowedFormats(1U << static_cast<uint32_t>(out.format));
  UniquePtr<IHostMemory> plan{builder->buildSerializedNetwork(*network, *config)};
  CHECK(plan);
  UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
  UniquePtr<ICudaEngine> engine{runtime->deserializeCudaEngine(plan->data(), plan->size())};
  UniquePtr<IExecutionContext> context{engine->createExecutionContext()};

  for (char const* name : {"x", "y"}) {
    Case const& c = name[0] == 'x' ? in : out;
    CHECK(engine->getTensorShape(name).d[1] == kChannels);
    CHECK(engine->getTensorFormat(name) == c.format);
    CHECK(engine->getTensorVectorizedDim(name) == c.vectorizedDim);
    CHECK(engine->getTensorFormatDesc(name) != nullptr);
    if (c.vectorizedDim >= 0) CHECK(engine->getTensorComponentsPerElement(name) == c.components);
  }
  Buffer from(static_cast<int64_t>(in.count)), to(static_cast<int64_t>(out.count));
  for (int c = 0; c < kChannels; ++c)
    for (int h = 0; h < kHeight; ++h)
      for (int w = 0; w < kWidth; ++w) from.host[in.place(c, h, w)] = static_cast<float>((c * 10 + h) * 10 + w);
  from.upload(nullptr);
  CHECK(context->setTensorAddress("x", from.device()) && context->setTensorAddress("y", to.device()));
  CHECK(context->enqueueV3(nullptr));
  to.download(nullptr);
  CUDA(cudaStreamSynchronize(nullptr));
  for (int c = 0; c < kChannels; ++c)
    for (int h = 0; h < kHeight; ++h)
      for (int w = 0; w < kWidth; ++w)
        CHECK(to.host[out.place(c, h, w)] == 2 * static_cast<float>((c * 10 + h) * 10 + w));
}

}  // namespace

int main() {
  Logger logger;
  Case const linear = {TensorFormat::kLINEAR, -1, -1, kChannels * kHeight * kWidth,
                       [](int c, int h, int w) { return packed(c, h, w, 1); }};
  Case const chw4 = {TensorFormat::kCHW4, 1, 4, 8 * kHeight * kWidth,
                     [](int c, int h, int w) { return packed(c, h, w, 4); }};
  Case const chw32 = {TensorFormat::kCHW32, 1, 32, 32 * kHeight * kWidth,
                      [](int c, int h, int w) { return packed(c, h, w, 32); }};
  Case const hwc = {TensorFormat::kHWC, -1, -1, kChannels * kHeight * kWidth,
                    [](int c, int h, int w) { return last(c, h, w, kChannels); }};
  run(logger, linear, linear);
  run(logger, chw4, linear);
  run(logger, linear, chw32);
  run(logger, hwc, chw4);
  CHECK(logger.errors == 0);
  std::puts("PASSED");
}
