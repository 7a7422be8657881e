// Objects share what they need: users may destroy them in any order, also their inputs (plan bytes, weights).

#include "support.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Every sixteenth of the 5040 orders: in these, too, each object goes before and after each other one.
TEST(Lifetime, AnyOrderOfDestruction) {
  std::vector<int> order = {0, 1, 2, 3, 4, 5, 6};
  int number = 0;
  do {
    if (number++ % 16 != 0) continue;
    auto logger = std::make_unique<Logger>();
    auto* builder = createInferBuilder(*logger);
    auto* network = builder->createNetworkV2(0);
    auto* parser = onnx::createParser(*network, *logger);
    auto* config = builder->createBuilderConfig();
    config->setBuilderOptimizationLevel(0);
    ITensor* x = network->addInput("x", DataType::kFLOAT, dims({2}));
    network->markOutput(*network->addUnary(*x, UnaryOperation::kNEG)->getOutput(0));
    static IHostMemory* plan = builder->buildSerializedNetwork(*network, *config);  // Once: the orders are many.
    ASSERT_NE(plan, nullptr);
    auto* runtime = createInferRuntime(*logger);
    auto* engine = runtime->deserializeCudaEngine(plan->data(), plan->size());
    ASSERT_NE(engine, nullptr);
    auto* context = engine->createExecutionContext();
    const std::function<void()> destroy[] = {[&] { delete builder; }, [&] { delete network; }, [&] { delete parser; },
                                             [&] { delete config; },  [&] { delete runtime; }, [&] { delete engine; },
                                             [&] { delete context; }};
    logger.reset();  // First of all: destructors do not log.
    for (int i : order) destroy[i]();
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Lifetime, AContextOutlivesEngineRuntimeAndPlan) {
  Session s;
  ITensor& x = s.input("x", {2});
  s.output(*s.network->addElementWise(x, s.constant({2}, {10, 20}), ElementWiseOperation::kSUM)->getOutput(0), "y");
  std::unique_ptr<IHostMemory> plan = s.build();
  ASSERT_NE(plan, nullptr) << s.logger.take_errors();
  s.network.reset();
  s.builder.reset();
  for (std::vector<float>& weights : s.kept) std::fill(weights.begin(), weights.end(), -7);
  std::vector<char> bytes(plan->size());
  std::memcpy(bytes.data(), plan->data(), bytes.size());
  plan.reset();
  std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
  std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(bytes.data(), bytes.size()));
  ASSERT_NE(engine, nullptr) << s.logger.take_errors();
  std::fill(bytes.begin(), bytes.end(), '\xAB');
  std::vector<char>().swap(bytes);
  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  EXPECT_EQ(&context->getEngine(), engine.get());
  runtime.reset();
  engine.reset();
  EXPECT_EQ(context->getEngine().getNbIOTensors(), 2);
  float in[] = {1, 2}, out[2] = {};
  void* bindings[] = {in, out};
  EXPECT_TRUE(context->enqueueV2(bindings, nullptr, nullptr)) << s.logger.take_errors();
  EXPECT_THAT(out, ElementsAre(11, 22));
}

TEST(Lifetime, ARecorderIsHandedOnAndReleased) {
  Recorder recorder;
  {
    Session s;
    s.builder->setErrorRecorder(&recorder);
    const std::unique_ptr<INetworkDefinition> network(s.builder->createNetworkV2(0));
    EXPECT_EQ(network->getErrorRecorder(), &recorder);
    EXPECT_EQ(recorder.references, 2);
    s.builder.reset();
    network->addInput("", DataType::kFLOAT, dims({1}));
    EXPECT_EQ(recorder.getNbErrors(), 1);
  }
  EXPECT_EQ(recorder.references, 0);
}

TEST(Runtime, BytesThatAreNoPlanAreRefused) {
  Logger logger;
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
  EXPECT_EQ(runtime->deserializeCudaEngine(nullptr, 10), nullptr);
  EXPECT_THAT(logger.take_errors(), HasSubstr("nullptr"));
  EXPECT_EQ(runtime->deserializeCudaEngine("", 0), nullptr);
  EXPECT_THAT(logger.take_errors(), HasSubstr("invalid plan"));
  const std::string text(1000, 'x');
  EXPECT_EQ(runtime->deserializeCudaEngine(text.data(), text.size()), nullptr);
  EXPECT_THAT(logger.take_errors(), HasSubstr("invalid plan"));
  EXPECT_EQ(runtime->deserializeCudaEngineFromFile("/nonexistent/plan"), nullptr);
  EXPECT_THAT(logger.take_errors(), HasSubstr("/nonexistent/plan"));
  EXPECT_FALSE(runtime->setMaxThreads(0));
  EXPECT_TRUE(runtime->setMaxThreads(2));
  EXPECT_EQ(runtime->getMaxThreads(), 2);
}

TEST(Runtime, PlansComeFromReaders) {
  struct Reader : IStreamReaderV2 {
    int64_t read(void* to, int64_t size, cudaStream_t) noexcept override {
      if (fails) return -1;
      const auto n = std::min<int64_t>({size, 100, static_cast<int64_t>(bytes.size() - at)});
      std::memcpy(to, bytes.data() + at, static_cast<size_t>(n));
      at += static_cast<size_t>(n);
      return n;
    }
    bool seek(int64_t, SeekPosition) noexcept override { return false; }
    std::string bytes;
    size_t at = 0;
    bool fails = false;
  } reader;
  Session s;
  s.output(*s.network->addUnary(s.input("x", {2}), UnaryOperation::kNEG)->getOutput(0), "y");
  const auto plan = s.build();
  reader.bytes.assign(static_cast<const char*>(plan->data()), plan->size());
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
  const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(reader));
  ASSERT_NE(engine, nullptr) << s.logger.take_errors();
  EXPECT_THAT(run(*engine, {1, 2}, {2}), ElementsAre(-1, -2));
  const auto refused = [&](const std::string& bytes) {
    reader.bytes = bytes;
    reader.at = 0;
    EXPECT_EQ(runtime->deserializeCudaEngine(reader), nullptr);
    return s.logger.take_errors();
  };
  const std::string whole = reader.bytes;
  EXPECT_THAT(refused(whole + "x"), HasSubstr("the stream goes on behind the plan's"));
  EXPECT_THAT(refused(whole.substr(0, whole.size() - 1)), HasSubstr("truncated"));
  EXPECT_THAT(refused(whole.substr(0, 63)), HasSubstr("truncated"));
  EXPECT_THAT(refused(""), HasSubstr("it is empty"));
  EXPECT_THAT(refused(std::string(200, 'x')), HasSubstr("this is not a plan"));
  reader.fails = true;
  EXPECT_THAT(refused(whole), HasSubstr("reader failed"));
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, n);
  return pclose(pipe) == 0 ? text : text + "(failed)";
}

TEST(LeanLibrary, RunsAPlanAlone) {
  Session s;
  ITensor& x = s.input("x", {-1, 2});
  s.output(*s.network
                ->addMatrixMultiply(x, MatrixOperation::kNONE, s.constant({2, 3}, {1, 2, 3, 4, 5, 6}),
                                    MatrixOperation::kNONE)
                ->getOutput(0),
           "y");
  s.profile("x", {1, 2}, {4, 2}, {8, 2});
  const auto plan = s.build();
  ASSERT_NE(plan, nullptr) << s.logger.take_errors();
  const std::string path = testing::TempDir() + "lean.plan";
  std::ofstream(path, std::ios::binary)
      .write(static_cast<const char*>(plan->data()), static_cast<std::streamsize>(plan->size()));
  // The program links the lean library alone, which in a sanitizer build comes before the sanitizer's own.
  const std::string command = std::string("ASAN_OPTIONS=verify_asan_link_order=0 ") + DOVETAIL_LEAN_PROGRAM;
  EXPECT_EQ(output_of(command + " " + path + " 2>&1"), "");
  std::remove(path.c_str());
}

TEST(LeanLibrary, ExportsNoBuilderAndHoldsNoGraph) {
  const std::string exported = output_of("nm -D --defined-only -C " + std::string(DOVETAIL_LEAN_LIBRARY));
  EXPECT_THAT(exported, HasSubstr("createInferRuntime_INTERNAL"));
  EXPECT_THAT(exported, testing::Not(HasSubstr("createInferBuilder_INTERNAL")));
  EXPECT_THAT(exported, testing::Not(HasSubstr("dvt::")));
  const std::string all = output_of("nm -C " + std::string(DOVETAIL_LEAN_LIBRARY));
  for (const char* room : {"dvt::ir::", "dvt::passes::", "dvt::builder::", "dvt::onnx::"})
    EXPECT_THAT(all, testing::Not(HasSubstr(room)));
}

}  // namespace
}  // namespace dovetail::test
