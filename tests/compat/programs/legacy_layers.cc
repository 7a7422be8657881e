// Layers and setters that 10 no longer has: fully connected, RNNv2, two-dimensional convolution, pooling and padding.

#include <algorithm>

#include "program.hpp"

using namespace nvinfer1;

namespace {

struct Session {
  explicit Session(Logger& l) : logger(l), builder{createInferBuilder(l)}, network{createNetwork(*builder)} {}
  std::vector<float> run(ITensor& y, std::vector<float> const& x) {
    y.setName("y");
    network->markOutput(y);
    UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
    UniquePtr<ICudaEngine> engine{builder->buildEngineWithConfig(*network, *config)};
    CHECK(engine);
    UniquePtr<IExecutionContext> context{engine->createExecutionContext()};
    Buffer in(static_cast<int64_t>(x.size())), out(volume(engine->getBindingDimensions(1)));
    in.host = x;
    in.upload(nullptr);
    void* bindings[] = {in.device(), out.device()};
    CHECK(context->executeV2(bindings));
    out.download(nullptr);
    CUDA(cudaStreamSynchronize(nullptr));
    return out.host;
  }
  Logger& logger;
  UniquePtr<IBuilder> builder;
  UniquePtr<INetworkDefinition> network;
};

void fullyConnected(Logger& logger) {
  constexpr int kIn = 12, kOut = 5;
  std::vector<float> const kernel = numbers(kIn * kOut, 1), bias = numbers(kOut, 2), x = numbers(2 * kIn, 3);
  Session s(logger);
  ITensor* in = s.network->addInput("x", DataType::kFLOAT, Dims4{2, 3, 2, 2});
  IFullyConnectedLayer* fc = s.network->addFullyConnected(*in, kOut, weights(kernel), weights(bias));
  CHECK(fc != nullptr && fc->getType() == LayerType::kFULLY_CONNECTED && fc->getNbOutputChannels() == kOut);
  CHECK(fc->getOutput(0)->getDimensions().d[1] == kOut);
  std::vector<float> const y = s.run(*fc->getOutput(0), x);
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t o = 0; o < kOut; ++o) {
      float sum = bias[o];
      for (std::size_t i = 0; i < kIn; ++i) sum += x[n * kIn + i] * kernel[o * kIn + i];
      CHECK(close(y[n * kOut + o], sum));
    }
}

float sigmoid(float v) { return 1 / (1 + std::exp(-v)); }

void recurrent(Logger& logger) {
  constexpr std::size_t kSteps = 4, kIn = 3, kHidden = 2;
  RNNGateType const gates[] = {RNNGateType::kUPDATE, RNNGateType::kRESET, RNNGateType::kHIDDEN};
  std::vector<std::vector<float>> w, r, wb, rb;
  std::vector<float> const x = numbers(kSteps * kIn, 7);
  Session s(logger);
  ITensor* in = s.network->addInput("x", DataType::kFLOAT, Dims3{1, kSteps, kIn});
  IRNNv2Layer* rnn = s.network->addRNNv2(*in, 1, kHidden, kSteps, RNNOperation::kGRU);
  CHECK(rnn != nullptr && rnn->getType() == LayerType::kRNN_V2 && rnn->getHiddenSize() == kHidden);
  for (unsigned g = 0; g < 3; ++g) {
    w.push_back(numbers(kHidden * kIn, 10 + g));
    r.push_back(numbers(kHidden * kHidden, 20 + g));
    wb.push_back(numbers(kHidden, 30 + g));
    rb.push_back(numbers(kHidden, 40 + g));
  }
  for (std::size_t g = 0; g < 3; ++g) {
    rnn->setWeightsForGate(0, gates[g], true, weights(w[g]));
    rnn->setWeightsForGate(0, gates[g], false, weights(r[g]));
    rnn->setBiasForGate(0, gates[g], true, weights(wb[g]));
    rnn->setBiasForGate(0, gates[g], false, weights(rb[g]));
  }
  std::vector<float> const y = s.run(*rnn->getOutput(0), x);
  std::vector<float> h(kHidden, 0.0F);
  for (std::size_t t = 0; t < kSteps; ++t) {
    std::vector<float> next(kHidden);
    for (std::size_t i = 0; i < kHidden; ++i) {
      float fromInput[3], fromState[3];
      for (std::size_t g = 0; g < 3; ++g) {
        fromInput[g] = wb[g][i];
        fromState[g] = rb[g][i];
        for (std::size_t j = 0; j < kIn; ++j) fromInput[g] += w[g][i * kIn + j] * x[t * kIn + j];
        for (std::size_t j = 0; j < kHidden; ++j) fromState[g] += r[g][i * kHidden + j] * h[j];
      }
      float const update = sigmoid(fromInput[0] + fromState[0]), reset = sigmoid(fromInput[1] + fromState[1]);
      next[i] = (1 - update) * std::tanh(fromInput[2] + reset * fromState[2]) + update * h[i];
      CHECK(close(y[t * kHidden + i], next[i]));
    }
    h = next;
  }
}

void twoDimensional(Logger& logger) {
  std::vector<float> const kernel = numbers(2 * 1 * 3 * 3, 8), bias = {0.5F, -0.5F}, x = numbers(5 * 5, 9);
  Session s(logger);
  ITensor* in = s.network->addInput("x", DataType::kFLOAT, Dims4{1, 1, 5, 5});
  IPaddingLayer* padded = s.network->addPadding(*in, DimsHW{1, 1}, DimsHW{0, 0});
  IConvolutionLayer* conv =
      s.network->addConvolution(*padded->getOutput(0), 2, DimsHW{3, 3}, weights(kernel), weights(bias));
  conv->setStride(DimsHW{1, 1});
  conv->setPadding(DimsHW{0, 0});
  CHECK(conv->getKernelSize().h() == 3 && conv->getStride().w() == 1);
  IPoolingLayer* pool = s.network->addPooling(*conv->getOutput(0), PoolingType::kMAX, DimsHW{2, 2});
  pool->setStride(DimsHW{2, 2});
  Dims const dims = pool->getOutput(0)->getDimensions();
  CHECK(dims.nbDims == 4 && dims.d[1] == 2 && dims.d[2] == 2 && dims.d[3] == 2);
  std::vector<float> const y = s.run(*pool->getOutput(0), x);
  auto at = [&](int i, int j) { return i < 1 || j < 1 ? 0.0F : x[static_cast<std::size_t>((i - 1) * 5 + j - 1)]; };
  for (int m = 0; m < 2; ++m)
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j) {
        float largest = -1e30F;
        for (int p = 0; p < 4; ++p) {
          float sum = bias[static_cast<std::size_t>(m)];
          for (int k = 0; k < 9; ++k)
            sum += at(2 * i + p / 2 + k / 3, 2 * j + p % 2 + k % 3) * kernel[static_cast<std::size_t>(m * 9 + k)];
          largest = std::max(largest, sum);
        }
        CHECK(close(y[static_cast<std::size_t>((m * 2 + i) * 2 + j)], largest));
      }
}

}  // namespace

int main() {
  Logger logger;
  fullyConnected(logger);
  recurrent(logger);
  twoDimensional(logger);
  CHECK(logger.errors == 0);
  std::puts("PASSED");
}
