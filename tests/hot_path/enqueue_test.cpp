// In the steady state enqueueV3 allocates nothing, locks nothing and makes no system call but the futex() that wakes a
// sleeping thread, on the null stream and on a created one, for networks that run on one thread and on several.
#include <dovetail/dovetail.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

#include "hooks.h"

namespace dovetail::test {
namespace {

constexpr int kNoFilter = 77, kCounted = 2;

class Silent final : public ILogger {
 public:
  void log(Severity severity, char const* message) noexcept override {
    if (severity <= Severity::kERROR) std::fprintf(stderr, "%s\n", message);
  }
};

/// x [1..4, width] -> relu(x w + b) -> y, with weights that need no randomness.
std::unique_ptr<IHostMemory> build(int64_t width, int64_t hidden) {
  static Silent logger;
  std::unique_ptr<IBuilder> builder(createInferBuilder(logger));
  std::unique_ptr<INetworkDefinition> network(builder->createNetworkV2(0));
  std::unique_ptr<IBuilderConfig> config(builder->createBuilderConfig());
  config->setBuilderOptimizationLevel(0);
  const std::vector<float> w(static_cast<size_t>(width * hidden), 0.01f), b(static_cast<size_t>(hidden), 1.f);
  ITensor* x = network->addInput("x", DataType::kFLOAT, Dims2(-1, width));
  ITensor* weights =
      network->addConstant(Dims2(width, hidden), {DataType::kFLOAT, w.data(), width * hidden})->getOutput(0);
  ITensor* bias = network->addConstant(Dims2(1, hidden), {DataType::kFLOAT, b.data(), hidden})->getOutput(0);
  ITensor* product =
      network->addMatrixMultiply(*x, MatrixOperation::kNONE, *weights, MatrixOperation::kNONE)->getOutput(0);
  ITensor* sum = network->addElementWise(*product, *bias, ElementWiseOperation::kSUM)->getOutput(0);
  ITensor* y = network->addActivation(*sum, ActivationType::kRELU)->getOutput(0);
  y->setName("y");
  network->markOutput(*y);
  IOptimizationProfile* profile = builder->createOptimizationProfile();
  profile->setDimensions("x", OptProfileSelector::kMIN, Dims2(1, width));
  profile->setDimensions("x", OptProfileSelector::kOPT, Dims2(4, width));
  profile->setDimensions("x", OptProfileSelector::kMAX, Dims2(4, width));
  config->addOptimizationProfile(profile);
  return std::unique_ptr<IHostMemory>(builder->buildSerializedNetwork(*network, *config));
}

/// Runs every batch size on `stream` a number of times.
bool run(IExecutionContext& context, int64_t width, cudaStream_t stream, int times) {
  for (int i = 0; i < times; ++i) {
    if (!context.setInputShape("x", Dims2(1 + i % 4, width)) || !context.enqueueV3(stream)) return false;
    if (stream != nullptr) dovetailStreamSynchronize(stream);
  }
  return true;
}

/// The whole of one case, in a process of its own: ends it with what it found.
[[noreturn]] void measure(int64_t width, int64_t hidden, bool on_stream) {
  static Silent logger;
  const std::unique_ptr<IHostMemory> plan = build(width, hidden);
  std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
  std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  std::vector<float> x(static_cast<size_t>(4 * width), 0.5f), y(static_cast<size_t>(4 * hidden));
  context->setTensorAddress("x", x.data());
  context->setTensorAddress("y", y.data());
  cudaStream_t stream = on_stream ? dovetailStreamCreate() : nullptr;
  if (!run(*context, width, stream, 16)) ::_exit(1);
  const int64_t allocations_before = allocations, locks_before = locks;
  if (!run(*context, width, stream, 200)) ::_exit(1);
  const int64_t allocated = allocations - allocations_before, locked = locks - locks_before;
  std::fprintf(stderr, "%lld allocations, %lld locks\n", static_cast<long long>(allocated),
               static_cast<long long>(locked));
  if (allocated != 0 || locked != 0) ::_exit(kCounted);
  if (!forbid_system_calls()) ::_exit(kNoFilter);
  if (!run(*context, width, stream, 200)) ::_exit(1);
  ::_exit(0);
}

struct Case {
  const char* name;
  int64_t width, hidden;
  bool on_stream;
};

class Enqueue : public testing::TestWithParam<Case> {};

TEST_P(Enqueue, AsksNothingOfTheSystem) {
  if (!hooks_work()) GTEST_SKIP() << "a sanitizer has hooks of its own";
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto& [name, width, hidden, on_stream] = GetParam();
  bool no_filter = false;
  const auto well = [&](int status) {
    no_filter = WIFEXITED(status) && WEXITSTATUS(status) == kNoFilter;
    return no_filter || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
  };
  EXPECT_EXIT(measure(width, hidden, on_stream), well, "");
  if (no_filter) GTEST_SKIP() << "the system has no filter for system calls: allocations and locks alone were counted";
}

INSTANTIATE_TEST_SUITE_P(, Enqueue,
                         testing::Values(Case{"small_null_stream", 8, 16, false}, Case{"small_stream", 8, 16, true},
                                         Case{"threads_null_stream", 1024, 2048, false},
                                         Case{"threads_stream", 1024, 2048, true}),
                         [](const auto& info) { return info.param.name; });

// What the test above relies on: the hooks see an allocation and a lock, and the filter ends the process.
TEST(Hooks, SeeWhatTheyCount) {
  if (!hooks_work()) GTEST_SKIP() << "a sanitizer has hooks of its own";
  const int64_t before = allocations;
  void* volatile memory = malloc(10);  // volatile: a pair of calls without a use may be left out
  free(memory);
  EXPECT_GT(allocations, before);
  const int64_t locks_before = locks;
  std::mutex mutex;
  { const std::lock_guard lock(mutex); }
  EXPECT_GT(locks, locks_before);
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        if (!forbid_system_calls()) ::_exit(kForbiddenCall);
        ::getppid();
        ::_exit(0);
      },
      testing::ExitedWithCode(kForbiddenCall), "");
}

}  // namespace
}  // namespace dovetail::test
