// Entries of a timing cache: listed, looked up and decided by the user.

#include "run.h"

namespace dovetail::test {
namespace {

using testing::HasSubstr;

TEST(TimingCacheEntries, AreQueriedAndUpdated) {
  Session s;
  s.config->setBuilderOptimizationLevel(3);
  const std::unique_ptr<ITimingCache> cache(s.config->createTimingCache(nullptr, 0));
  ASSERT_TRUE(s.config->setTimingCache(*cache, false));
  ITensor& x = s.input("x", {4, 16});
  IMatrixMultiplyLayer* product = s.network->addMatrixMultiply(
      x, MatrixOperation::kNONE, s.constant({16, 8}, std::vector<float>(128, 1)), MatrixOperation::kNONE);
  s.output(*product->getOutput(0), "y");
  ASSERT_NE(s.build(), nullptr) << s.logger.take_errors();
  const int64_t count = cache->queryKeys(nullptr, 0);
  ASSERT_GT(count, 0);
  std::vector<TimingCacheKey> keys(static_cast<size_t>(count));
  EXPECT_EQ(cache->queryKeys(keys.data(), count), count);
  const TimingCacheValue before = cache->query(keys[0]);
  EXPECT_NE(before.tacticHash, 0U);
  EXPECT_TRUE(cache->update(keys[0], {before.tacticHash, 123}));
  EXPECT_EQ(cache->query(keys[0]).tacticHash, before.tacticHash);
  EXPECT_EQ(cache->query(keys[0]).timingMSec, 123);
  EXPECT_EQ(cache->queryKeys(nullptr, 0), count);

  // What was decided survives the text form.
  const std::unique_ptr<IHostMemory> text(cache->serialize());
  const std::unique_ptr<ITimingCache> copy(s.config->createTimingCache(text->data(), text->size()));
  EXPECT_EQ(copy->query(keys[0]).timingMSec, 123);

  EXPECT_FALSE(cache->update(keys[0], {1, 1}));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no tactic of that entry has the hash 1"));
  EXPECT_FALSE(cache->update(TimingCacheKey{}, before));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("has no entry of that key"));
  EXPECT_EQ(cache->query(TimingCacheKey{}).tacticHash, 0U);
}

TEST(BuilderFlags, ThatContradictTheNetworkAreRefused) {
  Session s;
  s.network.reset(
      s.builder->createNetworkV2(1U << static_cast<uint32_t>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED)));
  s.output(*s.network->addUnary(s.input("x", {1, 4, 2, 2}), UnaryOperation::kNEG)->getOutput(0), "y");
  s.config->setFlag(BuilderFlag::kFP16);
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the network is strongly typed"));
  EXPECT_FALSE(s.builder->isNetworkSupported(*s.network, *s.config));
  s.logger.take_errors();
  s.config->clearFlag(BuilderFlag::kFP16);
  s.config->setFlag(BuilderFlag::kDIRECT_IO);
  EXPECT_NE(s.build(), nullptr) << s.logger.take_errors();
  s.network->getInput(0)->setAllowedFormats(1U << static_cast<uint32_t>(TensorFormat::kCHW4));
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("kDIRECT_IO: an input or output is not linear"));
}

}  // namespace
}  // namespace dovetail::test
