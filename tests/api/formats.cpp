// Inputs and outputs in other formats than row-major: what the engine says of them, and what it reads and writes.

#include "run.h"

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

struct Case {
  TensorFormat format;
  int trailing;
  int64_t vector;
  bool channels_last;
};
const Case kCases[] = {
    {TensorFormat::kCHW2, 3, 2, false},    {TensorFormat::kHWC8, 3, 8, true},    {TensorFormat::kCHW4, 3, 4, false},
    {TensorFormat::kCHW16, 3, 16, false},  {TensorFormat::kCHW32, 3, 32, false}, {TensorFormat::kDHWC8, 4, 8, true},
    {TensorFormat::kCDHW32, 4, 32, false}, {TensorFormat::kHWC, 3, 1, true},     {TensorFormat::kHWC16, 3, 16, true},
    {TensorFormat::kDHWC, 4, 1, true},
};

/// Where element (n, c, position) of [N, C, spatial...] lies.
int64_t place(const Case& f, int64_t channels, int64_t positions, int64_t n, int64_t c, int64_t p) {
  const int64_t groups = (channels + f.vector - 1) / f.vector;
  if (f.channels_last) return (n * positions + p) * groups * f.vector + c;
  return ((n * groups + c / f.vector) * positions + p) * f.vector + c % f.vector;
}

TEST(Formats, AreReadAndWrittenAtTheBorder) {
  for (const bool dynamic : {false, true})
    for (const Case& f : kCases)
      for (const int64_t channels : {3, 8}) {
        SCOPED_TRACE(testing::Message() << static_cast<int>(f.format) << " C" << channels << " dynamic " << dynamic);
        std::vector<int64_t> shape =
            f.trailing == 3 ? std::vector<int64_t>{2, channels, 2, 3} : std::vector<int64_t>{2, channels, 2, 2, 3};
        const int64_t positions = count_of(shape) / 2 / channels,
                      padded = (channels + f.vector - 1) / f.vector * f.vector;
        Session s;
        std::vector<int64_t> given = shape;
        if (dynamic) {
          given[0] = given.back() = -1;
          std::vector<int64_t> min = shape, max = shape;
          min[0] = min.back() = 1;
          max[0] = 4, max.back() = 5;
          s.profile("x", min, shape, max);
        }
        ITensor& x = s.input("x", given);
        ITensor& y = *s.network->addUnary(x, UnaryOperation::kNEG)->getOutput(0);
        s.output(y, "y");
        x.setAllowedFormats(1U << static_cast<uint32_t>(f.format));
        y.setAllowedFormats(1U << static_cast<uint32_t>(f.format));
        const std::unique_ptr<ICudaEngine> engine = s.engine();
        ASSERT_NE(engine, nullptr) << s.logger.take_errors();
        EXPECT_EQ(engine->getTensorFormat("x"), f.format);
        EXPECT_THAT(list(engine->getTensorShape("x")), ElementsAreArray(given));
        EXPECT_EQ(engine->getTensorComponentsPerElement("y"), f.vector == 1 ? -1 : f.vector);
        EXPECT_EQ(engine->getTensorBytesPerComponent("y"), f.vector == 1 ? -1 : 4);
        EXPECT_EQ(engine->getTensorVectorizedDim("y"), f.vector == 1 ? -1 : 1);
        EXPECT_THAT(list(engine->getProfileShape("x", 0, OptProfileSelector::kOPT)), ElementsAreArray(shape));

        const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
        ASSERT_TRUE(context->setInputShape("x", dims(shape))) << s.logger.take_errors();
        EXPECT_THAT(list(context->getTensorShape("y")), ElementsAreArray(shape));
        std::vector<float> in(static_cast<size_t>(2 * padded * positions), 0), out(in.size(), 7);
        EXPECT_EQ(context->getMaxOutputSize("y"), static_cast<int64_t>(out.size() * sizeof(float)));
        for (int64_t n = 0; n < 2; ++n)
          for (int64_t c = 0; c < channels; ++c)
            for (int64_t p = 0; p < positions; ++p)
              in[size_t(place(f, channels, positions, n, c, p))] = float((n * channels + c) * positions + p + 1);
        context->setTensorAddress("x", in.data());
        context->setTensorAddress("y", out.data());
        ASSERT_TRUE(context->enqueueV3(nullptr)) << s.logger.take_errors();
        for (size_t i = 0; i < in.size(); ++i) ASSERT_EQ(out[i], -in[i]) << i;  // added channels are 0
      }
}

TEST(Formats, StridesCountVectors) {
  Session s;
  ITensor& x = s.input("x", {2, 10, 3, 4});
  ITensor& y = *s.network->addUnary(x, UnaryOperation::kNEG)->getOutput(0);
  s.output(y, "y");
  x.setAllowedFormats(1U << static_cast<uint32_t>(TensorFormat::kCHW4));
  y.setAllowedFormats(1U << static_cast<uint32_t>(TensorFormat::kHWC8));
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  ASSERT_NE(engine, nullptr) << s.logger.take_errors();
  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  EXPECT_THAT(list(context->getTensorStrides("x")), ElementsAre(36, 12, 4, 1));
  EXPECT_THAT(list(context->getTensorStrides("y")), ElementsAre(24, 1, 8, 2));
  EXPECT_THAT(std::string(engine->getTensorFormatDesc("x")), HasSubstr("kCHW4"));
}

TEST(Formats, LinearIsTakenWhereItIsAllowed) {
  Session s;
  ITensor& x = s.input("x", {2, 3});
  x.setAllowedFormats(1U << static_cast<uint32_t>(TensorFormat::kCHW4) | 1U);
  s.output(*s.network->addUnary(x, UnaryOperation::kNEG)->getOutput(0), "y");
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  ASSERT_NE(engine, nullptr) << s.logger.take_errors();
  EXPECT_EQ(engine->getTensorFormat("x"), TensorFormat::kLINEAR);
}

TEST(Formats, WhatDoesNotFitIsReported) {
  Session s;
  ITensor& x = s.input("x", {2, 3});
  x.setAllowedFormats(0);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("is empty or has bits that are no format"));
  x.setAllowedFormats(1U << static_cast<uint32_t>(TensorFormat::kCHW4));
  s.output(*s.network->addUnary(x, UnaryOperation::kNEG)->getOutput(0), "y");
  EXPECT_EQ(s.build(), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("tensor 'x' of rank 2: none of the allowed formats"));
  Session channels;
  channels.profile("x", {1, 3, 2, 2}, {1, 4, 2, 2}, {1, 5, 2, 2});
  ITensor& varying = channels.input("x", {1, -1, 2, 2});
  varying.setAllowedFormats(1U << static_cast<uint32_t>(TensorFormat::kHWC8));
  channels.output(*channels.network->addUnary(varying, UnaryOperation::kNEG)->getOutput(0), "y");
  EXPECT_EQ(channels.build(), nullptr);
  EXPECT_THAT(channels.logger.take_errors(), HasSubstr("needs a constant number of channels"));
}

}  // namespace
}  // namespace dovetail::test
