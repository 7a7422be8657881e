// What programs say about precision: ranges and types of layers and tensors, quantize and dequantize layers, types and
// formats of inputs and outputs. All of it is taken; a network with explicit quantization computes what it says.

#include "program.hpp"

using namespace nvinfer1;

namespace {

// x [1, 2, 4, 4] -> convolution -> relu; with a range for each tensor and a type for each layer.
void implicitly(Logger& logger) {
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  UniquePtr<INetworkDefinition> network{createNetwork(*builder)};
  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
  ITensor* x = network->addInput("x", DataType::kFLOAT, Dims4{1, 2, 4, 4});
  std::vector<float> const kernel = numbers(3 * 2 * 3 * 3, 1), bias = numbers(3, 2);
  IConvolutionLayer* conv = network->addConvolutionNd(*x, 3, DimsHW{3, 3}, weights(kernel), weights(bias));
  conv->setPaddingNd(DimsHW{1, 1});
  IActivationLayer* relu = network->addActivation(*conv->getOutput(0), ActivationType::kRELU);
  relu->getOutput(0)->setName("y");
  network->markOutput(*relu->getOutput(0));
#if NV_TENSORRT_MAJOR < 11
  builder->platformHasFastInt8();
  config->setFlag(BuilderFlag::kINT8);
  config->setFlag(BuilderFlag::kFP16);
  config->setFlag(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS);
  config->setInt8Calibrator(nullptr);
  for (int32_t i = 0; i < network->getNbInputs(); ++i) CHECK(network->getInput(i)->setDynamicRange(-1.0F, 1.0F));
  for (int32_t i = 0; i < network->getNbLayers(); ++i) {
    ILayer* layer = network->getLayer(i);
    if (layer->getType() != LayerType::kCONSTANT && layer->getType() != LayerType::kSHAPE) {
      layer->setPrecision(DataType::kFLOAT);
      CHECK(layer->precisionIsSet() && layer->getPrecision() == DataType::kFLOAT);
    }
    for (int32_t j = 0; j < layer->getNbOutputs(); ++j) {
      ITensor* out = layer->getOutput(j);
      if (out->isExecutionTensor()) layer->setOutputType(j, DataType::kFLOAT);
      CHECK(out->setDynamicRange(-8.0F, 8.0F) && out->dynamicRangeIsSet() && out->getDynamicRangeMax() == 8.0F);
    }
  }
#endif
  UniquePtr<IHostMemory> plan{builder->buildSerializedNetwork(*network, *config)};
  CHECK(plan);
  UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
  UniquePtr<ICudaEngine> engine{runtime->deserializeCudaEngine(plan->data(), plan->size())};
  UniquePtr<IExecutionContext> context{engine->createExecutionContext()};
  Buffer in(2 * 16), out(3 * 16);
  in.host = numbers(in.host.size(), 3);
  in.upload(nullptr);
  CHECK(context->setTensorAddress("x", in.device()) && context->setTensorAddress("y", out.device()));
  CHECK(context->enqueueV3(nullptr));
  out.download(nullptr);
  CUDA(cudaStreamSynchronize(nullptr));
  for (int m = 0; m < 3; ++m)
    for (int h = 0; h < 4; ++h)
      for (int w = 0; w < 4; ++w) {
        float sum = bias[static_cast<std::size_t>(m)];
        for (int c = 0; c < 2; ++c)
          for (int i = 0; i < 3; ++i)
            for (int j = 0; j < 3; ++j) {
              int const row = h + i - 1, column = w + j - 1;
              if (row < 0 || row > 3 || column < 0 || column > 3) continue;
              sum += kernel[static_cast<std::size_t>(((m * 2 + c) * 3 + i) * 3 + j)] *
                     in.host[static_cast<std::size_t>((c * 4 + row) * 4 + column)];
            }
        CHECK(close(out.host[static_cast<std::size_t>((m * 4 + h) * 4 + w)], sum > 0 ? sum : 0, 5e-3F));
      }
}

// x -> quantize -> dequantize, output as half in a packed format where the era lets a tensor have a type.
void explicitly(Logger& logger) {
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  UniquePtr<INetworkDefinition> network{createNetwork(*builder)};
  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
  ITensor* x = network->addInput("x", DataType::kFLOAT, Dims4{1, 2, 2, 2});
  std::vector<float> const scales = {0.05F, 0.1F};
  ITensor* scale = network->addConstant(Dims{1, {2}}, weights(scales))->getOutput(0);
#if NV_TENSORRT_MAJOR < 10
  IQuantizeLayer* quantize = network->addQuantize(*x, *scale);
#else
  IQuantizeLayer* quantize = network->addQuantize(*x, *scale, DataType::kINT8);
#endif
  quantize->setAxis(1);
  CHECK(quantize->getOutput(0)->getType() == DataType::kINT8);
#if NV_TENSORRT_MAJOR < 10
  IDequantizeLayer* dequantize = network->addDequantize(*quantize->getOutput(0), *scale);
#else
  IDequantizeLayer* dequantize = network->addDequantize(*quantize->getOutput(0), *scale, DataType::kFLOAT);
#endif
  dequantize->setAxis(1);
  ITensor* y = dequantize->getOutput(0);
  y->setName("y");
  network->markOutput(*y);
  y->setAllowedFormats(1U << static_cast<uint32_t>(TensorFormat::kCHW4));
  UniquePtr<IHostMemory> plan{builder->buildSerializedNetwork(*network, *config)};
  CHECK(plan);
  UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
  UniquePtr<ICudaEngine> engine{runtime->deserializeCudaEngine(plan->data(), plan->size())};
  CHECK(engine->getTensorFormat("y") == TensorFormat::kCHW4 && engine->getTensorBytesPerComponent("y") == 4);
  UniquePtr<IExecutionContext> context{engine->createExecutionContext()};
  Buffer in(8), out(16);
  in.host = numbers(8, 5);
  in.upload(nullptr);
  CHECK(context->setTensorAddress("x", in.device()) && context->setTensorAddress("y", out.device()));
  CHECK(context->enqueueV3(nullptr));
  out.download(nullptr);
  CUDA(cudaStreamSynchronize(nullptr));
  for (std::size_t c = 0; c < 2; ++c)
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(close(out.host[i * 4 + c], std::nearbyint(in.host[c * 4 + i] / scales[c]) * scales[c]));
}

}  // namespace

int main() {
  Logger logger;
  implicitly(logger);
  explicitly(logger);
  CHECK(logger.errors == 0);
  std::puts("PASSED");
}
