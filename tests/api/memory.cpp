// Memory that the user provides: allocators of contexts, caches that are written in place, assertions on shapes.

#include <set>

#include "run.h"

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Counts what it hands out.
class Allocator : public IGpuAllocator {
 public:
  void* allocate(uint64_t size, uint64_t alignment, AllocatorFlags) noexcept override {
    ++calls;
    if (size > limit) return nullptr;
    void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    live.insert(memory);
    return memory;
  }
  bool deallocate(void* memory) noexcept override {
    live.erase(memory);
    std::free(memory);
    return true;
  }
  std::set<void*> live;
  uint64_t limit = UINT64_MAX;
  int calls = 0;
};

/// Two products in a row, so that there is something to keep in scratch memory.
std::unique_ptr<IHostMemory> plan_with_scratch(Session& s) {
  s.profile("x", {1, 4}, {4, 4}, {64, 4});
  ITensor& x = s.input("x", {-1, 4});
  ITensor& w = s.constant({4, 4}, std::vector<float>(16, 1));
  ITensor* y = &x;
  for (int i = 0; i < 2; ++i) {
    y = s.network->addMatrixMultiply(*y, MatrixOperation::kNONE, w, MatrixOperation::kNONE)->getOutput(0);
    y = s.network->addSoftMax(*y)->getOutput(0);
  }
  s.output(*y, "y");
  return s.build();
}

TEST(Allocators, ContextsTakeTheirMemoryFromThem) {
  Session s;
  const std::unique_ptr<IHostMemory> plan = plan_with_scratch(s);
  ASSERT_NE(plan, nullptr) << s.logger.take_errors();
  Allocator allocator;
  for (const auto strategy :
       {ExecutionContextAllocationStrategy::kSTATIC, ExecutionContextAllocationStrategy::kON_PROFILE_CHANGE}) {
    const std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
    runtime->setGpuAllocator(&allocator);
    const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
    ASSERT_NE(engine, nullptr);
    std::unique_ptr<IExecutionContext> context(engine->createExecutionContext(strategy));
    ASSERT_NE(context, nullptr);
    EXPECT_EQ(allocator.live.size(), 1U);
    EXPECT_TRUE(context->setOptimizationProfileAsync(0, nullptr));
    std::vector<float> in(16, 1), out(16, 0);
    context->setInputShape("x", Dims2(4, 4));
    context->setTensorAddress("x", in.data());
    context->setTensorAddress("y", out.data());
    EXPECT_TRUE(context->enqueueV3(nullptr));
    EXPECT_NEAR(out[0], 0.25, 1e-6);
    context.reset();
    EXPECT_TRUE(allocator.live.empty());
  }
  allocator.limit = 0;
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
  runtime->setGpuAllocator(&allocator);
  const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  EXPECT_EQ(engine->createExecutionContext(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the allocator gave no memory for a context"));
}

TEST(Allocators, TheOneForTemporaryStorageTakesOver) {
  Session s;
  const std::unique_ptr<IHostMemory> plan = plan_with_scratch(s);
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
  const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  Allocator allocator;
  {
    const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
    EXPECT_TRUE(context->setTemporaryStorageAllocator(&allocator));
    EXPECT_EQ(context->getTemporaryStorageAllocator(), &allocator);
    EXPECT_EQ(allocator.live.size(), 1U);
    std::vector<float> in(16, 1), out(16, 0);
    void* bindings[] = {in.data(), out.data()};
    context->setInputShape("x", Dims2(4, 4));
    EXPECT_TRUE(context->executeV2(bindings));
    EXPECT_NEAR(out[15], 0.25, 1e-6);
  }
  EXPECT_TRUE(allocator.live.empty());
}

TEST(KVCacheUpdate, WritesRowsInPlaceAndLeavesOutWhatPassesTheEnd) {
  for (const bool in_place : {true, false})
    for (const DataType type : {DataType::kFLOAT, DataType::kHALF}) {
      Session s;
      ITensor& cache = s.input("cache", {2, 2, 4, 3}, type);
      ITensor& update = s.input("update", {2, 2, 2, 3}, type);
      IKVCacheUpdateLayer* layer =
          s.network->addKVCacheUpdate(cache, update, s.input("where", {2}, DataType::kINT32), KVCacheMode::kLINEAR);
      ASSERT_NE(layer, nullptr) << s.logger.take_errors();
      // A reader of the output sees the new rows.
      IReduceLayer* sum = s.network->addReduce(*layer->getOutput(0), ReduceOperation::kSUM, 15, false);
      s.output(*layer->getOutput(0), "out");
      s.output(*sum->getOutput(0), "sum");
      const std::unique_ptr<ICudaEngine> engine = s.engine();
      ASSERT_NE(engine, nullptr) << s.logger.take_errors();
      EXPECT_STREQ(engine->getAliasedInputTensor("out"), "cache");
      EXPECT_EQ(engine->getAliasedInputTensor("sum"), nullptr);
      const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
      std::vector<double> values(48), rows(24);
      for (size_t i = 0; i < values.size(); ++i) values[i] = double(i);
      for (size_t i = 0; i < rows.size(); ++i) rows[i] = 100 + double(i);
      std::vector<char> memory = to_bytes(values, type), other(memory.size()), fresh = to_bytes(rows, type), total(8);
      int32_t where[] = {1, 3};
      context->setTensorAddress("cache", memory.data());
      context->setTensorAddress("update", fresh.data());
      context->setTensorAddress("where", where);
      context->setTensorAddress("out", in_place ? memory.data() : other.data());
      context->setTensorAddress("sum", total.data());
      ASSERT_TRUE(context->enqueueV3(nullptr)) << s.logger.take_errors();
      std::vector<double> expected = values;
      for (int64_t b = 0; b < 2; ++b)
        for (int64_t h = 0; h < 2; ++h)
          for (int64_t i = 0; i < 2; ++i)
            for (int64_t d = 0; d < 3; ++d)
              if (where[b] + i < 4)
                expected[size_t(((b * 2 + h) * 4 + where[b] + i) * 3 + d)] =
                    rows[size_t(((b * 2 + h) * 2 + i) * 3 + d)];
      EXPECT_EQ(from_bytes(in_place ? memory : other, type, 48), expected);
      if (!in_place) EXPECT_EQ(from_bytes(memory, type, 48), values);
      double sum_of = 0;
      for (double v : expected) sum_of += v;
      EXPECT_NEAR(from_bytes(total, type, 1)[0], sum_of, sum_of / 1024);
    }
}

TEST(KVCacheUpdate, PackedUpdatesGoToTheirSequence) {
  Session s;
  IKVCacheUpdateLayer* layer =
      s.network->addKVCacheUpdate(s.input("cache", {2, 1, 3, 1}), s.input("update", {4, 1, 1}),
                                  s.input("where", {2}, DataType::kINT64), KVCacheMode::kLINEAR);
  EXPECT_TRUE(layer->setUpdateForm(AttentionIOForm::kPACKED_NHD));
  EXPECT_TRUE(layer->setUpdateLengths(&s.input("first", {3}, DataType::kINT32)));
  const Numbers y = result_of(s, *layer->getOutput(0),
                              {{"cache", {{2, 1, 3, 1}, {0, 0, 0, 0, 0, 0}}},
                               {"update", {{4, 1, 1}, {1, 2, 3, 4}}},
                               {"where", {{2}, {2, 0}}},
                               {"first", {{3}, {0, 1, 3}}}});
  EXPECT_THAT(y.values, ElementsAre(0, 0, 1, 2, 3, 0));  // The fourth token belongs to no sequence.
}

TEST(KVCacheUpdate, ACacheThatOthersReadIsRefused) {
  Session s;
  ITensor& cache = s.input("cache", {2, 2, 4, 3});
  IKVCacheUpdateLayer* layer = s.network->addKVCacheUpdate(
      cache, s.input("update", {2, 2, 1, 3}), s.input("where", {2}, DataType::kINT32), KVCacheMode::kLINEAR);
  s.output(*layer->getOutput(0), "out");
  s.output(*s.network->addReduce(cache, ReduceOperation::kSUM, 15, false)->getOutput(0), "sum");
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the cache 'cache' is read by another layer too"));
}

TEST(Assertions, OnShapesAreCheckedBeforeEachRun) {
  for (const bool named : {false, true}) {
    Session s;
    s.profile("x", {1, 2}, {2, 2}, {8, 2});
    ITensor& x = s.input("x", {-1, 2});
    if (named) x.setDimensionName(0, "batch");
    ITensor& shape = *s.network->addShape(x)->getOutput(0);
    const int64_t limit[] = {5, 3};
    IConstantLayer* most = s.network->addConstant(dims({2}), Weights{DataType::kINT64, limit, 2});
    IElementWiseLayer* less = s.network->addElementWise(shape, *most->getOutput(0), ElementWiseOperation::kLESS);
    s.network->addAssertion(*less->getOutput(0), "at most four rows");
    s.output(*s.network->addUnary(x, UnaryOperation::kNEG)->getOutput(0), "y");
    const std::unique_ptr<ICudaEngine> engine = s.engine();
    ASSERT_NE(engine, nullptr) << s.logger.take_errors();
    EXPECT_EQ(run(*engine, {1, 2}, {1, 2}).size(), 2U);
    EXPECT_EQ(s.logger.take_errors(), "");
    EXPECT_TRUE(run(*engine, std::vector<float>(10), {5, 2}).empty());
    EXPECT_THAT(s.logger.take_errors(), HasSubstr("an assertion does not hold: at most four rows"));
  }
}

TEST(Assertions, OnKnownValuesFailTheBuild) {
  Session s;
  ITensor& x = s.input("x", {4, 2});
  const int64_t limit[] = {3, 3};
  IElementWiseLayer* less =
      s.network->addElementWise(*s.network->addShape(x)->getOutput(0),
                                *s.network->addConstant(dims({2}), Weights{DataType::kINT64, limit, 2})->getOutput(0),
                                ElementWiseOperation::kLESS);
  IAssertionLayer* assertion = s.network->addAssertion(*less->getOutput(0), "few rows");
  EXPECT_STREQ(assertion->getMessage(), "few rows");
  s.output(*s.network->addUnary(x, UnaryOperation::kNEG)->getOutput(0), "y");
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("(Assertion) does not hold: few rows"));
}

}  // namespace
}  // namespace dovetail::test
