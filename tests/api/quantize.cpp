// Quantize, dequantize and dynamic quantize against their formulas.

#include "run.h"

namespace dovetail::test {
namespace {

using testing::HasSubstr;

double to_int8(double v) { return std::min(127.0, std::max(-128.0, std::nearbyint(v))); }

/// x [4, 6], and the scale that belongs to each element.
struct Layout {
  std::vector<int64_t> shape;
  int32_t axis;
  std::vector<int64_t> blocks;
  int64_t (*index)(int64_t row, int64_t column);
};
const Layout kLayouts[] = {
    {{}, -1, {}, [](int64_t, int64_t) { return int64_t{0}; }},
    {{4}, 0, {}, [](int64_t r, int64_t) { return r; }},
    {{6}, 1, {}, [](int64_t, int64_t c) { return c; }},
    {{4, 2}, -1, {}, [](int64_t r, int64_t c) { return r * 2 + c / 3; }},
    {{2, 6}, -1, {2, 1}, [](int64_t r, int64_t c) { return r / 2 * 6 + c; }},
    {{2, 3}, -1, {2, 2}, [](int64_t r, int64_t c) { return r / 2 * 3 + c / 2; }},
    {{1, 3}, -1, {-1, 2}, [](int64_t, int64_t c) { return c / 2; }},
};

TEST(Quantize, RoundsHalfToEvenByTensorChannelAndBlock) {
  for (const Layout& layout : kLayouts) {
    SCOPED_TRACE(testing::PrintToString(layout.shape) + testing::PrintToString(layout.blocks));
    Session s;
    Numbers x{{4, 6}, {}}, scale{layout.shape, {}}, expected{{4, 6}, {}};
    for (int64_t i = 0; i < 24; ++i) x.values.push_back(i - 11.5);
    for (int64_t i = 0; i < count_of(layout.shape); ++i) scale.values.push_back(i % 2 == 0 ? 1 : 0.0625);
    for (int64_t r = 0; r < 4; ++r)
      for (int64_t c = 0; c < 6; ++c)
        expected.values.push_back(to_int8(x.values[size_t(r * 6 + c)] / scale.values[size_t(layout.index(r, c))]));
    ITensor& scales = s.input("scale", layout.shape);
    IQuantizeLayer* q = s.network->addQuantize(s.input("x", {4, 6}), scales, DataType::kINT8);
    IDequantizeLayer* d = s.network->addDequantize(*q->getOutput(0), scales, DataType::kFLOAT);
    if (layout.axis >= 0) q->setAxis(layout.axis), d->setAxis(layout.axis);
    if (!layout.blocks.empty()) {
      EXPECT_TRUE(q->setBlockShape(dims(layout.blocks)));
      EXPECT_TRUE(d->setBlockShape(dims(layout.blocks)));
    }
    EXPECT_EQ(q->getOutput(0)->getType(), DataType::kINT8);
    s.output(*q->getOutput(0), "q");
    s.output(*d->getOutput(0), "d");
    const std::unique_ptr<ICudaEngine> engine = s.engine();
    ASSERT_NE(engine, nullptr) << s.logger.take_errors();
    std::map<std::string, Numbers> y = run(*engine, {{"x", x}, {"scale", scale}});
    expect_near(y["q"], expected, 0);
    for (int64_t r = 0; r < 4; ++r)
      for (int64_t c = 0; c < 6; ++c) expected.values[size_t(r * 6 + c)] *= scale.values[size_t(layout.index(r, c))];
    expect_near(y["d"], expected, 0);
  }
}

TEST(Quantize, AVectorOfScalesNeedsItsAxis) {
  Session s;
  IQuantizeLayer* q = s.network->addQuantize(s.input("x", {4, 6}), s.input("scale", {6}));
  EXPECT_EQ(q->getAxis(), -1);
  EXPECT_EQ(q->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("set the axis"));
  EXPECT_FALSE(q->setBlockShape(dims({0, 2})));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("extents are positive, or -1"));
}

TEST(DynamicQuantize, ScalesAreTheLargestOfTheirBlock) {
  for (const bool by_axis : {false, true})
    for (const bool second : {false, true}) {
      Session s;
      const Numbers x{{2, 4}, {1, -2, 0, 0, 127, 3, -63.5, 1}};
      ITensor& input = s.input("x", {2, 4});
      IDynamicQuantizeLayer* q =
          by_axis ? s.network->addDynamicQuantize(input, 1, 2, DataType::kINT8, DataType::kFLOAT)
                  : s.network->addDynamicQuantizeV2(input, dims({1, 2}), DataType::kINT8, DataType::kFLOAT);
      ASSERT_NE(q, nullptr);
      if (second) q->setInput(1, s.constant({}, {2}));
      s.output(*q->getOutput(0), "q");
      s.output(*q->getOutput(1), "scale");
      const std::unique_ptr<ICudaEngine> engine = s.engine();
      ASSERT_NE(engine, nullptr) << s.logger.take_errors();
      std::map<std::string, Numbers> y = run(*engine, {{"x", x}});
      expect_near(y["q"], {{2, 4}, {64, -127, 0, 0, 127, 3, -127, 2}}, 0);
      const double by = second ? 2 : 1;
      expect_near(y["scale"], {{2, 2}, {2 / 127.0 / by, 0, 1 / by, 0.5 / by}}, 1e-7);
    }
}

TEST(DynamicQuantize, MisuseIsReported) {
  Session s;
  ITensor& x = s.input("x", {2, 5});
  EXPECT_EQ(s.network->addDynamicQuantizeV2(x, dims({1, 5}), DataType::kHALF, DataType::kFLOAT), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("none of kFP4, kFP8 and kINT8"));
  EXPECT_EQ(s.network->addDynamicQuantizeV2(x, dims({1, 5}), DataType::kINT8, DataType::kHALF), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("none of kFP8, kE8M0 and kFLOAT"));
  IDynamicQuantizeLayer* q = s.network->addDynamicQuantizeV2(x, dims({1, 2}), DataType::kINT8, DataType::kFLOAT);
  EXPECT_EQ(q->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("no multiple of the block size"));
}

}  // namespace
}  // namespace dovetail::test
