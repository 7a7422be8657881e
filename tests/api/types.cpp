// Inputs, outputs and constants of every data type, through a plan.
#include "support.h"

#include <cstring>
#include <random>

namespace dovetail::test {
namespace {

struct TypeCase {
  const char* name;
  DataType type;
  int bits;
};
const TypeCase kTypes[] = {
    {"FLOAT", DataType::kFLOAT, 32},
    {"HALF", DataType::kHALF, 16},
    {"INT8", DataType::kINT8, 8},
    {"INT32", DataType::kINT32, 32},
    {"BOOL", DataType::kBOOL, 8},
    {"UINT8", DataType::kUINT8, 8},
    {"FP8", DataType::kFP8, 8},
    {"BF16", DataType::kBF16, 16},
    {"INT64", DataType::kINT64, 64},
    {"INT4", DataType::kINT4, 4},
    {"FP4", DataType::kFP4, 4},
    {"E8M0", DataType::kE8M0, 8},
    {"FLOAT64", DataType::kFLOAT64, 64},
    {"INT16", DataType::kINT16, 16},
    {"UINT16", DataType::kUINT16, 16},
    {"UINT32", DataType::kUINT32, 32},
    {"UINT64", DataType::kUINT64, 64},
    {"UINT4", DataType::kUINT4, 4},
    {"FP8E5M2", DataType::kFP8E5M2, 8},
    {"FP8E4M3FNUZ", DataType::kFP8E4M3FNUZ, 8},
    {"FP8E5M2FNUZ", DataType::kFP8E5M2FNUZ, 8},
    {"INT2", DataType::kINT2, 2},
    {"UINT2", DataType::kUINT2, 2},
};

class EveryType : public testing::TestWithParam<TypeCase> {};

/// Bytes of `count` elements; every pattern is one of the type's except in a boolean.
std::vector<uint8_t> draw(const TypeCase& t, int64_t count) {
  std::mt19937 random(3);
  std::vector<uint8_t> bytes(static_cast<size_t>((count * t.bits + 7) / 8));
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(t.type == DataType::kBOOL ? random() & 1 : random());
  if (const int rest = static_cast<int>(count * t.bits % 8)) bytes.back() &= static_cast<uint8_t>((1 << rest) - 1);
  return bytes;
}

TEST_P(EveryType, IsInputOutputAndConstant) {
  const TypeCase& t = GetParam();
  Session s;
  const std::vector<uint8_t> x = draw(t, 3), c = draw(t, 4);  // 3 elements of 4 or 2 bits do not fill their bytes
  ITensor* parts[] = {&s.input("x", {3}, t.type),
                      s.network->addConstant(dims({4}), Weights{t.type, c.data(), 4})->getOutput(0)};
  s.output(*s.network->addConcatenation(parts, 2)->getOutput(0), "y");
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  ASSERT_TRUE(engine) << s.logger.take_errors();
  EXPECT_EQ(engine->getTensorDataType("x"), t.type);
  EXPECT_EQ(engine->getTensorDataType("y"), t.type);

  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  std::vector<uint8_t> in = x, out(static_cast<size_t>((7 * t.bits + 7) / 8));
  context->setTensorAddress("x", in.data());
  context->setTensorAddress("y", out.data());
  ASSERT_TRUE(context->enqueueV3(nullptr)) << s.logger.take_errors();

  const auto element = [&](const std::vector<uint8_t>& bytes, int i) {
    uint64_t value = 0;
    if (t.bits < 8)
      return uint64_t{bytes[static_cast<size_t>(i * t.bits / 8)]} >> (i * t.bits % 8) & ((1u << t.bits) - 1);
    std::memcpy(&value, bytes.data() + i * t.bits / 8, static_cast<size_t>(t.bits) / 8);
    return value;
  };
  for (int i = 0; i < 7; ++i) EXPECT_EQ(element(out, i), i < 3 ? element(x, i) : element(c, i - 3)) << i;
}

TEST_P(EveryType, IsCastFromFloatAndBack) {
  const TypeCase& t = GetParam();
  Session s;
  ITensor& x = s.input("x", {5});
  ITensor& y = *s.network->addCast(x, t.type)->getOutput(0);
  s.output(*s.network->addCast(y, DataType::kFLOAT)->getOutput(0), "y");
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  ASSERT_TRUE(engine) << s.logger.take_errors();
  const std::vector<float> ones = run(*engine, {1, 1, 1, 1, 1}, {5});
  EXPECT_THAT(ones, testing::Each(1.0f));
}

TEST_P(EveryType, MayBeEmpty) {
  const TypeCase& t = GetParam();
  Session s;
  ITensor& x = s.input("x", {0, 3}, t.type);
  IShuffleLayer& turned = *s.network->addShuffle(x);
  turned.setFirstTranspose({{1, 0}});
  s.output(*turned.getOutput(0), "y");
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  ASSERT_TRUE(engine) << s.logger.take_errors();
  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  uint8_t nothing[2] = {7, 7};
  context->setTensorAddress("x", nothing);
  context->setTensorAddress("y", nothing + 1);
  ASSERT_TRUE(context->enqueueV3(nullptr)) << s.logger.take_errors();
  EXPECT_THAT(list(context->getTensorShape("y")), testing::ElementsAre(3, 0));
  EXPECT_EQ(nothing[1], 7);
}

INSTANTIATE_TEST_SUITE_P(Types, EveryType, testing::ValuesIn(kTypes),
                         [](const testing::TestParamInfo<TypeCase>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace dovetail::test
