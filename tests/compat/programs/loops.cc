// A recurrent network by hand (iterator, two recurrences, both kinds of output), a loop that ends by a condition, and a
// conditional: made with the network API, run for several batches.

#include "program.hpp"

using namespace nvinfer1;

namespace {

constexpr int kTime = 3, kWidth = 2, kHidden = 4;

ITensor* constant(INetworkDefinition& network, Dims const& dims, std::vector<float> const& values) {
  return network.addConstant(dims, weights(values))->getOutput(0);
}

ITensor* gate(INetworkDefinition& network, ITensor& gates, int index, ActivationType type) {
  ISliceLayer* part = network.addSlice(gates, Dims2{0, index * kHidden}, Dims2{2, kHidden}, Dims2{1, 1});
  return network.addActivation(*part->getOutput(0), type)->getOutput(0);
}

ITensor* combined(INetworkDefinition& network, ITensor* a, ITensor* b, ElementWiseOperation op) {
  return network.addElementWise(*a, *b, op)->getOutput(0);
}

struct Numbers {
  std::vector<float> w = numbers(4 * kHidden * kWidth, 1), r = numbers(4 * kHidden * kHidden, 2),
                     b = numbers(4 * kHidden, 3), zeros = std::vector<float>(2 * kHidden), hundred = {100.0F};
  int32_t time = kTime;
};

// Input x [2, time, width]; outputs: every hidden state [2, time, hidden], the last, and the last cell.
void lstm(INetworkDefinition& network, Numbers const& n) {
  ITensor* x = network.addInput("x", DataType::kFLOAT, Dims3{2, kTime, kWidth});
  ITensor* zeros = constant(network, Dims2{2, kHidden}, n.zeros);
  ITensor* trips = network.addConstant(Dims{0, {}}, Weights{DataType::kINT32, &n.time, 1})->getOutput(0);
  ILoop* loop = network.addLoop();
  loop->setName("sequence");
  loop->addTripLimit(*trips, TripLimit::kCOUNT);
  IIteratorLayer* step = loop->addIterator(*x, 1);
  CHECK(!step->getReverse() && step->getAxis() == 1);
  IRecurrenceLayer* h = loop->addRecurrence(*zeros);
  IRecurrenceLayer* c = loop->addRecurrence(*zeros);
  ITensor* fromInput =
      network
          .addMatrixMultiply(*step->getOutput(0), MatrixOperation::kNONE,
                             *constant(network, Dims2{4 * kHidden, kWidth}, n.w), MatrixOperation::kTRANSPOSE)
          ->getOutput(0);
  ITensor* fromHidden =
      network
          .addMatrixMultiply(*h->getOutput(0), MatrixOperation::kNONE,
                             *constant(network, Dims2{4 * kHidden, kHidden}, n.r), MatrixOperation::kTRANSPOSE)
          ->getOutput(0);
  ITensor* gates = combined(network, fromInput, fromHidden, ElementWiseOperation::kSUM);
  gates = combined(network, gates, constant(network, Dims2{1, 4 * kHidden}, n.b), ElementWiseOperation::kSUM);
  ITensor* i = gate(network, *gates, 0, ActivationType::kSIGMOID);
  ITensor* f = gate(network, *gates, 1, ActivationType::kSIGMOID);
  ITensor* g = gate(network, *gates, 2, ActivationType::kTANH);
  ITensor* o = gate(network, *gates, 3, ActivationType::kSIGMOID);
  ITensor* cell = combined(network, combined(network, f, c->getOutput(0), ElementWiseOperation::kPROD),
                           combined(network, i, g, ElementWiseOperation::kPROD), ElementWiseOperation::kSUM);
  ITensor* hidden = combined(network, o, network.addActivation(*cell, ActivationType::kTANH)->getOutput(0),
                             ElementWiseOperation::kPROD);
  h->setInput(1, *hidden);
  c->setInput(1, *cell);
  ILoopOutputLayer* every = loop->addLoopOutput(*hidden, LoopOutput::kCONCATENATE, 1);
  every->setInput(1, *trips);
  every->getOutput(0)->setName("every");
  ILoopOutputLayer* last = loop->addLoopOutput(*h->getOutput(0), LoopOutput::kLAST_VALUE);
  last->getOutput(0)->setName("last");
  network.markOutput(*every->getOutput(0));
  network.markOutput(*last->getOutput(0));
}

// z doubles until it passes 100; where it began below zero, it is its absolute value.
void conditions(INetworkDefinition& network, Numbers const& n) {
  ITensor* z = network.addInput("z", DataType::kFLOAT, Dims{0, {}});
  ITensor* hundred = constant(network, Dims{0, {}}, n.hundred);
  ITensor* zero = network.addConstant(Dims{0, {}}, Weights{DataType::kFLOAT, n.zeros.data(), 1})->getOutput(0);
  ILoop* loop = network.addLoop();
  IRecurrenceLayer* value = loop->addRecurrence(*z);
  ITensor* below = combined(network, value->getOutput(0), hundred, ElementWiseOperation::kLESS);
  loop->addTripLimit(*below, TripLimit::kWHILE);
  value->setInput(1, *combined(network, value->getOutput(0), value->getOutput(0), ElementWiseOperation::kSUM));
  ITensor* doubled = loop->addLoopOutput(*value->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0);

  IIfConditional* choice = network.addIfConditional();
  choice->setCondition(*combined(network, z, zero, ElementWiseOperation::kLESS));
  ITensor* inside = choice->addInput(*z)->getOutput(0);
  ITensor* positive = network.addUnary(*inside, UnaryOperation::kABS)->getOutput(0);
  ITensor* as = choice->addOutput(*positive, *choice->addInput(*z)->getOutput(0))->getOutput(0);
  doubled->setName("doubled");
  as->setName("size");
  network.markOutput(*doubled);
  network.markOutput(*as);
}

UniquePtr<ICudaEngine> build(Logger& logger, void (*define)(INetworkDefinition&, Numbers const&)) {
  Numbers const n;
  UniquePtr<IBuilder> builder{createInferBuilder(logger)};
  UniquePtr<INetworkDefinition> network{createNetwork(*builder)};
  UniquePtr<IBuilderConfig> config{builder->createBuilderConfig()};
  define(*network, n);
  UniquePtr<IHostMemory> plan{builder->buildSerializedNetwork(*network, *config)};
  CHECK(plan);
  UniquePtr<IRuntime> runtime{createInferRuntime(logger)};
  return UniquePtr<ICudaEngine>{runtime->deserializeCudaEngine(plan->data(), plan->size())};
}

float sigmoid(float v) { return 1 / (1 + std::exp(-v)); }

void runLstm(Logger& logger) {
  Numbers const n;
  UniquePtr<ICudaEngine> engine = build(logger, &lstm);
  UniquePtr<IExecutionContext> context{engine->createExecutionContext()};
  Buffer x(2 * kTime * kWidth), every(2 * kTime * kHidden), last(2 * kHidden);
  x.host = numbers(x.host.size(), 4);
  x.upload(nullptr);
  CHECK(context->setTensorAddress("x", x.device()) && context->setTensorAddress("every", every.device()));
  CHECK(context->setTensorAddress("last", last.device()) && context->enqueueV3(nullptr));
  every.download(nullptr);
  last.download(nullptr);
  CUDA(cudaStreamSynchronize(nullptr));
  for (std::size_t batch = 0; batch < 2; ++batch) {
    std::vector<float> h(kHidden), c(kHidden);
    for (std::size_t t = 0; t < kTime; ++t) {
      std::vector<float> gates(n.b);
      for (std::size_t k = 0; k < gates.size(); ++k) {
        for (std::size_t j = 0; j < kWidth; ++j)
          gates[k] += n.w[k * kWidth + j] * x.host[(batch * kTime + t) * kWidth + j];
        for (std::size_t j = 0; j < kHidden; ++j) gates[k] += n.r[k * kHidden + j] * h[j];
      }
      for (std::size_t j = 0; j < kHidden; ++j) {
        c[j] = sigmoid(gates[kHidden + j]) * c[j] + sigmoid(gates[j]) * std::tanh(gates[2 * kHidden + j]);
        h[j] = sigmoid(gates[3 * kHidden + j]) * std::tanh(c[j]);
        CHECK(close(every.host[(batch * kTime + t) * kHidden + j], h[j]));
      }
    }
    for (std::size_t j = 0; j < kHidden; ++j) CHECK(close(last.host[batch * kHidden + j], h[j]));
  }
}

void runConditions(Logger& logger) {
  UniquePtr<ICudaEngine> engine = build(logger, &conditions);
  UniquePtr<IExecutionContext> context{engine->createExecutionContext()};
  for (float begin : {3.0F, 60.0F, 101.0F}) {
    Buffer z(1), doubled(1), size(1);
    z.host[0] = begin;
    z.upload(nullptr);
    CHECK(context->setTensorAddress("z", z.device()) && context->setTensorAddress("doubled", doubled.device()));
    CHECK(context->setTensorAddress("size", size.device()) && context->enqueueV3(nullptr));
    doubled.download(nullptr);
    size.download(nullptr);
    CUDA(cudaStreamSynchronize(nullptr));
    float expected = begin;
    while (expected < 100) expected *= 2;
    CHECK(doubled.host[0] == expected && size.host[0] == begin);
  }
}

}  // namespace

int main() {
  Logger logger;
  runLstm(logger);
  runConditions(logger);
  CHECK(logger.errors == 0);
  std::puts("PASSED");
}
