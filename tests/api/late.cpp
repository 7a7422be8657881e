// Layers whose results are as large as the data says, through the public API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "support.h"

namespace dovetail::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Grown final : IOutputAllocator {
  std::vector<std::byte> memory;
  std::vector<int64_t> shape;
  int asked = 0;
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override {
    ++asked;
    memory.resize(size);
    return memory.data();
  }
  void notifyShape(char const*, Dims const& d) noexcept override { shape.assign(d.d, d.d + d.nbDims); }
  template <class T>
  std::vector<T> as() const {
    size_t count = 1;
    for (int64_t d : shape) count *= static_cast<size_t>(d);
    std::vector<T> elements(count);
    std::memcpy(elements.data(), memory.data(), count * sizeof(T));
    return elements;
  }
};

/// An engine of a session, whose outputs grow.
struct Runner {
  explicit Runner(Session& s) : session(s), engine(s.engine()) {
    if (!engine) return;
    context.reset(engine->createExecutionContext());
    for (int i = 0; i < engine->getNbIOTensors(); ++i) {
      const char* name = engine->getIOTensorName(i);
      if (engine->getTensorIOMode(name) == TensorIOMode::kOUTPUT) context->setOutputAllocator(name, &outputs[name]);
    }
  }
  template <class T>
  void set(const char* name, std::vector<int64_t> shape, const std::vector<T>& values) {
    std::vector<std::byte>& bytes = inputs[name];
    bytes.resize(values.size() * sizeof(T) + 1);
    std::memcpy(bytes.data(), values.data(), values.size() * sizeof(T));
    EXPECT_TRUE(context->setInputShape(name, dims(std::move(shape)))) << session.logger.take_errors();
    EXPECT_TRUE(context->setTensorAddress(name, bytes.data()));
  }
  bool run() { return context->enqueueV3(nullptr); }

  Session& session;
  std::unique_ptr<ICudaEngine> engine;
  std::map<std::string, Grown> outputs;
  std::map<std::string, std::vector<std::byte>> inputs;
  std::unique_ptr<IExecutionContext> context;
};

using Floats = std::vector<float>;

TEST(LateOutputs, ShapesAreKnownAfterTheRun) {
  Session s;
  ITensor& x = s.input("x", {2, 3});
  s.output(*s.network->addNonZero(x, DataType::kINT64)->getOutput(0), "y");
  Runner r(s);
  ASSERT_TRUE(r.engine) << s.logger.take_errors();
  EXPECT_EQ(r.engine->getTensorShape("y").d[1], -1);
  EXPECT_EQ(r.context->getMaxOutputSize("y"), 2 * 6 * 8);
  r.set<float>("x", {2, 3}, {0, 1, 0, 0, 0, 2});
  EXPECT_EQ(r.context->getTensorShape("y").d[1], -1);
  ASSERT_TRUE(r.run()) << s.logger.take_errors();
  EXPECT_EQ(r.context->getTensorShape("y").d[1], 2);
  EXPECT_THAT(r.outputs["y"].as<int64_t>(), ElementsAre(0, 1, 1, 2));
  EXPECT_EQ(r.outputs["y"].asked, 1);
  r.set<float>("x", {2, 3}, Floats(6));
  ASSERT_TRUE(r.run());
  EXPECT_THAT(r.outputs["y"].shape, ElementsAre(2, 0));
}

TEST(LateOutputs, PlainAddressesDo) {
  Session s;
  s.output(*s.network->addNonZero(s.input("x", {4}), DataType::kINT32)->getOutput(0), "y");
  const auto engine = s.engine();
  ASSERT_TRUE(engine) << s.logger.take_errors();
  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  Floats x{1, 0, 0, 1};
  std::vector<int32_t> y(static_cast<size_t>(context->getMaxOutputSize("y")) / sizeof(int32_t));
  EXPECT_EQ(y.size(), 4u);
  context->setTensorAddress("x", x.data());
  EXPECT_FALSE(context->enqueueV3(nullptr));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("address of output 'y' is not set"));
  context->setTensorAddress("y", y.data());
  ASSERT_TRUE(context->enqueueV3(nullptr)) << s.logger.take_errors();
  EXPECT_EQ(context->getTensorShape("y").d[1], 2);
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], 3);
}

TEST(Nms, BothFormatsOfBoxes) {
  for (const auto format : {BoundingBoxFormat::kCORNER_PAIRS, BoundingBoxFormat::kCENTER_SIZES}) {
    Session s;
    ITensor &boxes = s.input("boxes", {1, 4, 4}), &scores = s.input("scores", {1, 4, 2});
    const int32_t most = 3;
    ITensor& limit = *s.network->addConstant(Dims{}, Weights{DataType::kINT32, &most, 1})->getOutput(0);
    INMSLayer* nms = s.network->addNMS(boxes, scores, limit);
    ASSERT_NE(nms, nullptr) << s.logger.take_errors();
    nms->setInput(3, s.constant({}, {0.5F}));
    nms->setInput(4, s.constant({}, {0.1F}));
    nms->setBoundingBoxFormat(format);
    s.output(*nms->getOutput(0), "selected");
    s.output(*nms->getOutput(1), "count");
    Runner r(s);
    ASSERT_TRUE(r.engine) << s.logger.take_errors();
    // Boxes 0 and 1 are nearly one; 2 is apart; 3 scores too little in class 0.
    if (format == BoundingBoxFormat::kCORNER_PAIRS)
      r.set<float>("boxes", {1, 4, 4}, {0, 0, 2, 2, 2.1F, 2, 0, 0, 5, 5, 6, 6, 9, 9, 10, 10});
    else
      r.set<float>("boxes", {1, 4, 4}, {1, 1, 2, 2, 1, 1.05F, 2, 2.1F, 5.5F, 5.5F, 1, 1, 9.5F, 9.5F, 1, 1});
    r.set<float>("scores", {1, 4, 2}, {0.6F, 0, 0.9F, 0, 0.3F, 0, 0.05F, 0.8F});
    ASSERT_TRUE(r.run()) << s.logger.take_errors();
    EXPECT_THAT(r.outputs["selected"].as<int32_t>(), ElementsAre(0, 0, 1, 0, 0, 2, 0, 1, 3));
    EXPECT_THAT(r.outputs["count"].as<int32_t>(), ElementsAre(3));
    r.set<float>("scores", {1, 4, 2}, Floats(8));
    ASSERT_TRUE(r.run());
    EXPECT_THAT(r.outputs["selected"].shape, ElementsAre(0, 3));
    EXPECT_THAT(r.outputs["count"].as<int32_t>(), ElementsAre(0));
  }
}

// How many elements are positive: an integer that a kernel computes.
ITensor& positives(Session& s, ITensor& x) {
  ITensor& zero = s.constant({1}, {0});
  ITensor& mask = *s.network->addElementWise(x, zero, ElementWiseOperation::kGREATER)->getOutput(0);
  ITensor& ones = *s.network->addCast(mask, DataType::kINT64)->getOutput(0);
  return *s.network->addReduce(ones, ReduceOperation::kSUM, 1, false)->getOutput(0);
}

TEST(LateSizes, TopKOfAComputedK) {
  Session s;
  ITensor& x = s.input("x", {5});
  ITopKLayer* top = s.network->addTopK(x, TopKOperation::kMAX, 1, 1, DataType::kINT32);
  top->setInput(1, positives(s, x));
  s.output(*top->getOutput(0), "y");
  Runner r(s);
  ASSERT_TRUE(r.engine) << s.logger.take_errors();
  EXPECT_EQ(r.context->getMaxOutputSize("y"), 20);
  r.set<float>("x", {5}, {-1, 3, 0, 7, 5});
  ASSERT_TRUE(r.run()) << s.logger.take_errors();
  EXPECT_THAT(r.outputs["y"].as<float>(), ElementsAre(7, 5, 3));
  r.set<float>("x", {5}, Floats(5, -1));
  ASSERT_TRUE(r.run());
  EXPECT_THAT(r.outputs["y"].shape, ElementsAre(0));
}

TEST(LateSizes, SliceAndShuffleByComputedNumbers) {
  Session s;
  ITensor& x = s.input("x", {6});
  ITensor& count = positives(s, x);
  IShuffleLayer* vector = s.network->addShuffle(count);
  vector->setReshapeDimensions(dims({1}));
  ISliceLayer* slice = s.network->addSlice(x, dims({0}), dims({0}), dims({1}));
  slice->setInput(2, *vector->getOutput(0));
  s.output(*slice->getOutput(0), "front");
  const int64_t minus_one = -1;
  ITensor& rest = *s.network->addConstant(dims({1}), Weights{DataType::kINT64, &minus_one, 1})->getOutput(0);
  ITensor* parts[] = {vector->getOutput(0), &rest};
  IShuffleLayer* shuffle = s.network->addShuffle(x);
  shuffle->setInput(1, *s.network->addConcatenation(parts, 2)->getOutput(0));
  s.output(*shuffle->getOutput(0), "rows");
  Runner r(s);
  ASSERT_TRUE(r.engine) << s.logger.take_errors();
  r.set<float>("x", {6}, {-1, 3, 0, 7, 5, -2});
  ASSERT_TRUE(r.run()) << s.logger.take_errors();
  EXPECT_THAT(r.outputs["front"].as<float>(), ElementsAre(-1, 3, 0));
  EXPECT_THAT(r.outputs["rows"].shape, ElementsAre(3, 2));
  r.set<float>("x", {6}, {1, 1, 1, 1, 0, 0});  // 4 rows of 6 elements
  EXPECT_FALSE(r.run());
  EXPECT_NE(s.logger.take_errors(), "");
  r.set<float>("x", {6}, {1, 1, 0, 0, 0, 0});
  ASSERT_TRUE(r.run());
  EXPECT_THAT(r.outputs["rows"].shape, ElementsAre(2, 3));
}

}  // namespace
}  // namespace dovetail::test
