// Kernels in blocks of channels, whose width the file does not say; refusals of operators of com.microsoft.
#include "support.h"

namespace dvt::test {
namespace {

using dovetail::IConvolutionLayer;
using dovetail::LayerType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kBlocked = "com.microsoft.nchwc";

/// x[1, channels, 4, 4] through a convolution with this kernel.
OnnxModel blocked_conv(int64_t channels, const std::vector<int64_t>& dims, const std::vector<float>& kernel,
                       int64_t group = 1) {
  OnnxModel model;
  model.opset(kBlocked, 1).input("x", kOnnxFloat, {1, channels, 4, 4}).output("y");
  model.initializer(onnx_floats("w", dims, kernel));
  return model.node(OnnxNode("Conv", {"x", "w"}, {"y"}, "conv", kBlocked).i("group", group));
}

std::vector<float> counted(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i + 1);
  return values;
}

std::vector<float> kernel_of(const Parsed& p) {
  const auto* conv = p.first<IConvolutionLayer>(LayerType::kCONVOLUTION);
  const dovetail::Weights w = conv->getKernelWeights();
  const auto* values = static_cast<const float*>(w.values);
  return {values, values + w.count};
}

TEST(OnnxLayout, ChannelsThatSixteenDoesNotDivideAreInBlocksOfEight) {
  // [O / 8, I / 8, 1, 1, 8 inputs, 8 outputs]
  const Parsed p(blocked_conv(16, {8, 16, 1, 1}, counted(128)));
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.result.warnings, IsEmpty());
  const std::vector<float> kernel = kernel_of(p);
  for (int64_t o = 0; o < 8; ++o)
    for (int64_t i = 0; i < 16; ++i)
      EXPECT_EQ(kernel[static_cast<size_t>(o * 16 + i)], static_cast<float>(i / 8 * 64 + i % 8 * 8 + o + 1));
}

TEST(OnnxLayout, ZerosThatFillABlockTellThatItIsSixteenWide) {
  // Each channel by itself: [O / 16, 1, 1, 2, 16 outputs]
  std::vector<float> values = counted(32);
  for (size_t i = 0; i < values.size(); ++i)
    if (i % 16 >= 8) values[i] = 0;
  OnnxModel model = blocked_conv(16, {16, 1, 1, 2}, values, 16);
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.result.warnings, IsEmpty());
  const std::vector<float> kernel = kernel_of(p);
  for (size_t o = 0; o < 16; ++o)
    for (size_t s = 0; s < 2; ++s) EXPECT_EQ(kernel[o * 2 + s], values[s * 16 + o]);
}

TEST(OnnxLayout, WithoutAHintTheWidthIsThisMachinesAndAWarning) {
  const Parsed p(blocked_conv(3, {16, 3, 1, 1}, counted(48)));
  ASSERT_TRUE(p.result.ok) << p.errors();
  ASSERT_THAT(p.result.warnings, SizeIs(1));
  EXPECT_THAT(p.result.warnings[0], HasSubstr("DOVETAIL_CHANNEL_BLOCK"));
}

TEST(OnnxLayout, KernelsThatNoBlockDividesAreRefused) {
  const Parsed p(blocked_conv(3, {12, 3, 1, 1}, counted(36)));
  EXPECT_THAT(p.errors(), HasSubstr("12 by 3 channels does not divide into blocks of 8"));
}

TEST(OnnxLayout, ComputedKernelsInBlocksAreRefused) {
  OnnxModel model;
  model.opset(kBlocked, 1).input("x", kOnnxFloat, {1, 16, 4, 4}).input("w", kOnnxFloat, {16, 16, 1, 1}).output("y");
  model.node(OnnxNode("Conv", {"x", "w"}, {"y"}, "conv", kBlocked));
  EXPECT_THAT(Parsed(model).errors(), HasSubstr("a kernel in blocks must be constant"));
}

TEST(OnnxLayout, ReorderOutputCannotGiveMoreChannelsThanThereAre) {
  OnnxModel model;
  model.opset(kBlocked, 1).input("x", kOnnxFloat, {1, 16, 4, 4}).output("y");
  model.node(OnnxNode("ReorderOutput", {"x"}, {"y"}, "out", kBlocked).i("channels", 17));
  EXPECT_THAT(Parsed(model).errors(), HasSubstr("'channels' is 17 for 16 channels"));
}

TEST(OnnxLayout, ReorderInputFillsBlocksThatReorderOutputTakesAway) {
  OnnxModel model = blocked_conv(9, {16, 9, 1, 1}, counted(144));  // 9 channels are fewer than one block of 16
  model.output("z").node(OnnxNode("ReorderInput", {"x"}, {"b"}, "in", kBlocked));
  model.node(OnnxNode("ReorderOutput", {"b"}, {"z"}, "out", kBlocked).i("channels", 9).i("channels_last", 1));
  const Parsed p(model);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.output_dims(1), ElementsAre(1, 4, 4, 9));
}

struct Refusal {
  const char* op;
  std::vector<std::pair<std::string, std::vector<OnnxDim>>> inputs;
  std::vector<std::pair<std::string, int64_t>> attributes;
  const char* reason;
};

TEST(OnnxMicrosoft, WhatIsNotDoneIsRefusedByName) {
  const Refusal refusals[] = {
      {"MatMulNBits",
       {{"a", {2, 16}}},
       {{"K", 16}, {"N", 4}, {"bits", 4}, {"block_size", 16}, {"weight_prepacked", 1}},
       "weight_prepacked 1"},
      {"DecoderMaskedMultiHeadAttention",
       {{"q", {1, 1, 8}}},
       {{"num_heads", 2}, {"past_present_share_buffer", 1}},
       "past_present_share_buffer"},
      {"CausalConvWithState", {{"x", {1, 4, 5}}, {"w", {4, 1, 3}}}, {{"state_window", 2}}, "'state_window' is 2"},
      {"UnfoldTensor", {{"x", {2, 3}}}, {{"dim", 1}, {"size", 4}}, "slices of 4 elements"},
      {"Rfft", {{"x", {2, 4, 4}}}, {{"signal_ndim", 2}}, "signal_ndim 1"},
      {"MoE",
       {{"x", {2, 4}}, {"r", {2, 3}}, {"a", {3, 8, 4}}, {"", {}}, {"b", {3, 4, 8}}},
       {{"k", 4}},
       "k is 4 of 3 experts"},
  };
  for (const Refusal& r : refusals) {
    OnnxModel model;
    model.opset("com.microsoft", 1).output("y");
    std::vector<std::string> names;
    for (const auto& [name, dims] : r.inputs) {
      names.push_back(name);
      if (!name.empty()) model.input(name, kOnnxFloat, dims);
    }
    OnnxNode node(r.op, names, {"y"}, "", "com.microsoft");
    for (const auto& [name, value] : r.attributes) node.i(name, value);
    const Parsed p(model.node(node));
    EXPECT_FALSE(p.result.ok) << r.op;
    EXPECT_THAT(p.errors(), HasSubstr(r.reason)) << r.op;
  }
}

}  // namespace
}  // namespace dvt::test
