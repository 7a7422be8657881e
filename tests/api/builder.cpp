#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>

#include "support.h"

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// y = relu(x w) with x [-1, 4].
struct DynamicSession : Session {
  DynamicSession() {
    ITensor& x = input("x", {-1, 4});
    ITensor* product = network
                           ->addMatrixMultiply(x, MatrixOperation::kNONE, constant({4, 2}, {1, 0, 0, 1, 1, 0, 0, 1}),
                                               MatrixOperation::kNONE)
                           ->getOutput(0);
    output(*network->addActivation(*product, ActivationType::kRELU)->getOutput(0), "y");
  }
};

TEST(Builder, NeedsALogger) {
  EXPECT_EQ(createInferBuilder_INTERNAL(nullptr, DOVETAIL_API_VERSION), nullptr);
  EXPECT_EQ(createInferRuntime_INTERNAL(nullptr, DOVETAIL_API_VERSION), nullptr);
}

TEST(Builder, RefusesHeadersOfAnotherRevision) {
  Logger logger;
  EXPECT_EQ(createInferBuilder_INTERNAL(&logger, 7103), nullptr);
  EXPECT_THAT(logger.take_errors(), HasSubstr("revision 7103"));
  EXPECT_EQ(createInferRuntime_INTERNAL(&logger, DOVETAIL_API_VERSION + 1), nullptr);
  EXPECT_NE(logger.take_errors(), "");
}

TEST(Builder, ServesTheHeadersOfOtherEras) {
  Logger logger;
  for (int32_t revision : {8601, 100000, 110100}) {
    const std::unique_ptr<IBuilder> builder(static_cast<IBuilder*>(createInferBuilder_INTERNAL(&logger, revision)));
    EXPECT_NE(builder, nullptr) << revision;
  }
  EXPECT_EQ(logger.take_errors(), "");
}

TEST(Builder, TellsVersionsAndTheLogger) {
  Session s;
  EXPECT_STREQ(getDovetailVersion(), "0.1.0");
  EXPECT_EQ(getInferLibVersion(), DOVETAIL_API_VERSION);
  EXPECT_EQ(s.builder->getLogger(), &s.logger);
  EXPECT_EQ(getLogger(), &s.logger);
}

TEST(Builder, ANetworkWithoutOutputsIsRefused) {
  Session s;
  s.input("x", {2});
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no outputs"));
}

TEST(Builder, DynamicInputsNeedAProfile) {
  DynamicSession s;
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("'x'"));
}

TEST(Builder, ProfilesAreHeldAgainstTheNetwork) {
  {
    DynamicSession s;
    s.profile("x", {1, 5}, {2, 5}, {3, 5});
    EXPECT_EQ(s.build(), nullptr);
    EXPECT_THAT(s.logger.take_errors(), HasSubstr("input 'x', dimension 1 is always 4, the min shape is [1,5]"));
  }
  {
    DynamicSession s;
    s.profile("z", {1, 4}, {2, 4}, {3, 4});
    EXPECT_EQ(s.build(), nullptr);
    EXPECT_THAT(s.logger.take_errors(), HasSubstr("'z', which is no input of the network"));
  }
  {
    DynamicSession s;
    s.profile("x", {1}, {2}, {3});
    EXPECT_EQ(s.build(), nullptr);
    EXPECT_THAT(s.logger.take_errors(), HasSubstr("has rank 2"));
  }
}

TEST(Builder, TacticsAreChosenAmongTheNamesThatAreAllowed) {
  EXPECT_FALSE(dovetailConfigSetTactics(nullptr, "*"));
  EXPECT_EQ(dovetailConfigGetTactics(nullptr), nullptr);
  for (const char* patterns : {"!cpu.*", ""}) {
    DynamicSession s;
    s.profile("x", {1, 4}, {2, 4}, {3, 4});
    s.config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
    EXPECT_STREQ(dovetailConfigGetTactics(s.config.get()), "");
    EXPECT_TRUE(dovetailConfigSetTactics(s.config.get(), patterns));
    EXPECT_STREQ(dovetailConfigGetTactics(s.config.get()), patterns);
    const std::unique_ptr<ICudaEngine> engine = s.engine();
    ASSERT_NE(engine, nullptr) << s.logger.take_errors();
    const std::unique_ptr<IEngineInspector> inspector(engine->createEngineInspector());
    const std::string facts = inspector->getEngineInformation(LayerInformationFormat::kJSON);
    EXPECT_EQ(facts.find("cpu.reference") != std::string::npos, *patterns != 0) << facts;
  }
}

TEST(Builder, ABuildBudgetIsANumberOfSeconds) {
  DynamicSession s;
  EXPECT_EQ(dovetailConfigGetBuildBudget(s.config.get()), std::numeric_limits<double>::infinity());
  EXPECT_FALSE(dovetailConfigSetBuildBudget(s.config.get(), -1));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("-1 seconds"));
  EXPECT_TRUE(dovetailConfigSetBuildBudget(s.config.get(), 0));
  EXPECT_EQ(dovetailConfigGetBuildBudget(s.config.get()), 0);
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  EXPECT_NE(s.build(), nullptr) << s.logger.take_errors();
}

TEST(Profile, ChecksWhatItIsTold) {
  Session s;
  IOptimizationProfile* p = s.builder->createOptimizationProfile();
  EXPECT_TRUE(p->isValid());
  EXPECT_EQ(p->getDimensions("x", OptProfileSelector::kMIN).nbDims, -1);
  EXPECT_TRUE(p->setDimensions("x", OptProfileSelector::kMIN, dims({4, 3})));
  EXPECT_FALSE(p->isValid());
  EXPECT_FALSE(p->setDimensions("x", OptProfileSelector::kOPT, dims({4})));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("was given 2 numbers before, now 1"));
  EXPECT_FALSE(p->setDimensions("x", OptProfileSelector::kOPT, dims({-1, 3})));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("negative extent"));
  EXPECT_TRUE(p->setDimensions("x", OptProfileSelector::kOPT, dims({4, 3})));
  EXPECT_TRUE(p->setDimensions("x", OptProfileSelector::kMAX, dims({3, 3})));
  EXPECT_FALSE(p->isValid());
  EXPECT_EQ(s.config->addOptimizationProfile(p), -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("min <= opt <= max"));
  EXPECT_TRUE(p->setDimensions("x", OptProfileSelector::kMAX, dims({5, 3})));
  EXPECT_TRUE(p->isValid());
  EXPECT_EQ(s.config->addOptimizationProfile(p), 0);
  EXPECT_EQ(s.config->addOptimizationProfile(nullptr), -1);
  EXPECT_THAT(list(p->getDimensions("x", OptProfileSelector::kMAX)), ElementsAre(5, 3));
  const int32_t values[] = {1, 2};
  EXPECT_TRUE(p->setShapeValues("s", OptProfileSelector::kMIN, values, 2));
  EXPECT_EQ(p->getNbShapeValues("s"), 2);
  EXPECT_EQ(p->getShapeValuesV2("s", OptProfileSelector::kMIN)[1], 2);
  EXPECT_EQ(p->getShapeValues("s", OptProfileSelector::kMIN)[1], 2);
  EXPECT_EQ(p->getShapeValuesV2("s", OptProfileSelector::kMAX), nullptr);
  EXPECT_FALSE(p->setExtraMemoryTarget(2));
}

TEST(Config, KeepsWhatItIsTold) {
  Session s;
  IBuilderConfig& c = *s.config;
  EXPECT_TRUE(c.getFlag(BuilderFlag::kTF32));
  c.setFlag(BuilderFlag::kFP16);
  EXPECT_EQ(c.getFlags(), 1U << 0 | 1U << 6);
  c.clearFlag(BuilderFlag::kTF32);
  EXPECT_FALSE(c.getFlag(BuilderFlag::kTF32));
  c.setFlag(static_cast<BuilderFlag>(77));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no builder flag 77"));
  c.setMemoryPoolLimit(MemoryPoolType::kWORKSPACE, 1234);
  EXPECT_EQ(c.getMemoryPoolLimit(MemoryPoolType::kWORKSPACE), 1234U);
  EXPECT_EQ(c.getMaxWorkspaceSize(), 1234U);
  c.setBuilderOptimizationLevel(9);
  EXPECT_EQ(c.getBuilderOptimizationLevel(), 5);
  c.setBuilderOptimizationLevel(-1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("-1 is negative"));
  c.setAvgTimingIterations(4);
  EXPECT_EQ(c.getAvgTimingIterations(), 4);
  c.setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
  EXPECT_EQ(c.getProfilingVerbosity(), ProfilingVerbosity::kDETAILED);
  EXPECT_TRUE(c.setMaxThreads(2));
  EXPECT_EQ(c.getMaxThreads(), 2);
  EXPECT_FALSE(c.setMaxThreads(-1));
  EXPECT_TRUE(c.setTacticSources(5));
  EXPECT_EQ(c.getTacticSources(), 5U);
  c.setPreviewFeature(PreviewFeature::kPROFILE_SHARING_0806, true);
  EXPECT_TRUE(c.getPreviewFeature(PreviewFeature::kPROFILE_SHARING_0806));
  c.setDefaultDeviceType(DeviceType::kDLA);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no DLA"));
  c.reset();
  EXPECT_EQ(c.getBuilderOptimizationLevel(), 3);
  EXPECT_EQ(c.getFlags(), 1U << 6);
}

TEST(Builder, FlagsThatCannotBeObeyedAreRefused) {
  DynamicSession s;
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  s.config->setFlag(BuilderFlag::kREFIT);
  EXPECT_FALSE(s.builder->isNetworkSupported(*s.network, *s.config));
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("kREFIT"));
  s.config->clearFlag(BuilderFlag::kREFIT);
  EXPECT_TRUE(s.builder->isNetworkSupported(*s.network, *s.config));
  EXPECT_NE(s.build(), nullptr) << s.logger.take_errors();
}

TEST(Builder, TheSameNetworkBuildsTwiceToTheSameBytes) {
  DynamicSession s;
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  const auto a = s.build(), b = s.build();
  ASSERT_TRUE(a && b) << s.logger.take_errors();
  const std::string_view first(static_cast<const char*>(a->data()), a->size());
  EXPECT_EQ(first, std::string_view(static_cast<const char*>(b->data()), b->size()));
  EXPECT_EQ(first.substr(0, 4), "ftrt");
}

TEST(Builder, APlanGoesToAStream) {
  struct Writer : IStreamWriter {
    int64_t write(void const* data, int64_t size) override {
      bytes.append(static_cast<const char*>(data), static_cast<size_t>(size));
      return full ? size - 1 : size;
    }
    std::string bytes;
    bool full = false;
  } writer;
  DynamicSession s;
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  EXPECT_TRUE(s.builder->buildSerializedNetworkToStream(*s.network, *s.config, writer));
  const std::unique_ptr<IHostMemory> whole = s.build();
  ASSERT_NE(whole, nullptr) << s.logger.take_errors();
  EXPECT_EQ(writer.bytes, std::string(static_cast<const char*>(whole->data()), whole->size()));
  writer.full = true;
  EXPECT_FALSE(s.builder->buildSerializedNetworkToStream(*s.network, *s.config, writer));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the stream writer took"));
}

TEST(Builder, APlanGoesToAFile) {
  DynamicSession s;
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  const std::unique_ptr<IHostMemory> whole = s.build();
  ASSERT_NE(whole, nullptr) << s.logger.take_errors();
  const std::string path = testing::TempDir() + "dovetail_built.plan";
  EXPECT_EQ(dovetailBuildToFile(s.builder.get(), s.network.get(), s.config.get(), path.c_str()), whole->size());
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(bytes, std::string(static_cast<const char*>(whole->data()), whole->size()));
  std::remove(path.c_str());

  EXPECT_EQ(dovetailBuildToFile(s.builder.get(), s.network.get(), s.config.get(), "/no/such/folder/x.plan"), 0u);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("/no/such/folder/x.plan"));
  EXPECT_EQ(dovetailBuildToFile(nullptr, s.network.get(), s.config.get(), path.c_str()), 0u);
  EXPECT_EQ(dovetailBuildToFile(s.builder.get(), s.network.get(), s.config.get(), nullptr), 0u);
}

TEST(Builder, ABudgetOfNothingTimesNothing) {
  DynamicSession s;
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  s.config->setBuilderOptimizationLevel(3);
  EXPECT_EQ(dovetailConfigGetBuildBudget(s.config.get()), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(dovetailConfigSetBuildBudget(s.config.get(), 0));
  EXPECT_EQ(dovetailConfigGetBuildBudget(s.config.get()), 0);
  const std::unique_ptr<ITimingCache> cache(s.config->createTimingCache(nullptr, 0));
  ASSERT_TRUE(s.config->setTimingCache(*cache, false));
  ASSERT_NE(s.build(), nullptr) << s.logger.take_errors();
  EXPECT_EQ(cache->queryKeys(nullptr, 0), 0);

  EXPECT_FALSE(dovetailConfigSetBuildBudget(s.config.get(), -1));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the build budget is -1 seconds"));
  EXPECT_FALSE(dovetailConfigSetBuildBudget(s.config.get(), std::numeric_limits<double>::quiet_NaN()));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("build budget"));
  EXPECT_FALSE(dovetailConfigSetBuildBudget(nullptr, 1));
  s.config->reset();
  EXPECT_EQ(dovetailConfigGetBuildBudget(s.config.get()), std::numeric_limits<double>::infinity());
}

TEST(Runtime, EnginesOfOnePlanInMemoryShareItsBytes) {
  DynamicSession s;
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  std::unique_ptr<IHostMemory> plan = s.build();
  ASSERT_NE(plan, nullptr) << s.logger.take_errors();
  std::string copy(static_cast<const char*>(plan->data()), plan->size());
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(s.logger));
  const auto load = [&](const void* data, size_t size) {
    return std::unique_ptr<ICudaEngine>(runtime->deserializeCudaEngine(data, size));
  };
  const auto bytes_of = [](const ICudaEngine& engine) {
    return std::unique_ptr<IHostMemory>(engine.serialize())->data();
  };
  std::unique_ptr<ICudaEngine> first = load(plan->data(), plan->size());
  const std::unique_ptr<ICudaEngine> second = load(copy.data(), copy.size());
  ASSERT_TRUE(first && second) << s.logger.take_errors();
  EXPECT_EQ(bytes_of(*first), bytes_of(*second));
  EXPECT_NE(bytes_of(*first), plan->data());  // the caller's bytes may go, and be overwritten before
  std::memset(copy.data(), 0, copy.size());
  plan.reset();
  first.reset();
  EXPECT_EQ(run(*second, {1, 2, 3, 4}, {1, 4}), (std::vector<float>{4, 6}));
}

TEST(Builder, AnEngineComesDirectly) {
  DynamicSession s;
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  const std::unique_ptr<ICudaEngine> engine(s.builder->buildEngineWithConfig(*s.network, *s.config));
  ASSERT_NE(engine, nullptr) << s.logger.take_errors();
  EXPECT_THAT(run(*engine, {1, 2, 3, 4}, {1, 4}), ElementsAre(4, 6));
}

TEST(Builder, AMonitorFollowsAndCancels) {
  struct Monitor : IProgressMonitor {
    void phaseStart(char const* name, char const*, int32_t) noexcept override { open.push_back(name); }
    bool stepComplete(char const*, int32_t) noexcept override { return !cancel; }
    void phaseFinish(char const* name) noexcept override {
      EXPECT_EQ(open.back(), name);
      open.pop_back();
      ++finished;
    }
    std::vector<std::string> open;
    int finished = 0;
    bool cancel = false;
  } monitor;
  DynamicSession s;
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  s.config->setProgressMonitor(&monitor);
  EXPECT_NE(s.build(), nullptr) << s.logger.take_errors();
  EXPECT_GT(monitor.finished, 0);
  EXPECT_TRUE(monitor.open.empty());
  monitor.cancel = true;
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("cancel"));
  EXPECT_TRUE(monitor.open.empty());
}

TEST(TimingCache, IsFilledByBuildsAndReadBack) {
  DynamicSession s;
  s.profile("x", {1, 4}, {2, 4}, {3, 4});
  s.config->setBuilderOptimizationLevel(3);
  const std::unique_ptr<ITimingCache> cache(s.config->createTimingCache(nullptr, 0));
  EXPECT_EQ(cache->queryKeys(nullptr, 0), 0);
  ASSERT_TRUE(s.config->setTimingCache(*cache, false));
  EXPECT_EQ(s.config->getTimingCache(), cache.get());
  const auto plan = s.build();
  ASSERT_NE(plan, nullptr) << s.logger.take_errors();
  const int64_t entries = cache->queryKeys(nullptr, 0);
  if (entries == 0) GTEST_SKIP() << "this machine has one tactic for each problem, so nothing was timed";
  std::vector<TimingCacheKey> keys(static_cast<size_t>(entries));
  EXPECT_EQ(cache->queryKeys(keys.data(), entries), entries);
  const TimingCacheValue value = cache->query(keys[0]);
  EXPECT_NE(value.tacticHash, 0U);
  EXPECT_LT(value.timingMSec, 1000);

  // A build that may not time gives the same plan from the text.
  const std::unique_ptr<IHostMemory> text(cache->serialize());
  const std::unique_ptr<ITimingCache> copy(s.config->createTimingCache(text->data(), text->size()));
  EXPECT_EQ(copy->queryKeys(nullptr, 0), entries);
  s.config->setTimingCache(*copy, false);
  s.config->setFlag(BuilderFlag::kERROR_ON_TIMING_CACHE_MISS);
  const auto again = s.build();
  ASSERT_NE(again, nullptr) << s.logger.take_errors();
  EXPECT_EQ(std::string_view(static_cast<const char*>(plan->data()), plan->size()),
            std::string_view(static_cast<const char*>(again->data()), again->size()));
  EXPECT_TRUE(copy->reset());
  EXPECT_EQ(copy->queryKeys(nullptr, 0), 0);
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_TRUE(copy->combine(*cache, false));
  EXPECT_EQ(copy->queryKeys(nullptr, 0), entries);
  EXPECT_NE(s.build(), nullptr);
}

TEST(TimingCache, ADamagedOneIsAWarning) {
  Session s;
  const std::string text = "this is not a timing cache\n";
  const std::unique_ptr<ITimingCache> cache(s.config->createTimingCache(text.data(), text.size()));
  ASSERT_NE(cache, nullptr);
  EXPECT_EQ(s.logger.take_errors(), "");
  EXPECT_FALSE(s.logger.warnings.empty());
}

}  // namespace
}  // namespace dovetail::test
