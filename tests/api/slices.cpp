// Slices in every mode, gathers, scatters and fills against their formulas.

#include "run.h"

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Where position p of a dimension of n elements reads from; -1: the fill value.
int64_t sampled(SampleMode mode, int64_t p, int64_t n) {
  if (p >= 0 && p < n) return p;
  switch (mode) {
    case SampleMode::kWRAP:
      return ((p % n) + n) % n;
    case SampleMode::kCLAMP:
      return p < 0 ? 0 : n - 1;
    case SampleMode::kREFLECT: {
      if (n == 1) return 0;
      const int64_t period = 2 * (n - 1), q = ((p % period) + period) % period;
      return q < n ? q : period - q;
    }
    default:
      return -1;
  }
}

struct SliceCase {
  std::vector<int64_t> start, size, stride;
};
const SliceCase kInside[] = {
    {{1, 0}, {2, 3}, {1, 2}}, {{3, 4}, {4, 2}, {-1, -2}}, {{2, 1}, {3, 2}, {0, 1}}, {{0, 0}, {0, 5}, {1, 1}}};
const SliceCase kBeyond[] = {
    {{-2, 3}, {7, 4}, {1, 1}}, {{5, -1}, {6, 3}, {-1, 3}}, {{-3, -4}, {9, 13}, {1, 1}}, {{0, 7}, {2, 3}, {3, -4}}};

void check_slice(SampleMode mode, const SliceCase& c, bool tensors, bool dynamic) {
  SCOPED_TRACE(testing::Message() << "mode " << static_cast<int>(mode) << " start " << testing::PrintToString(c.start)
                                  << " size " << testing::PrintToString(c.size) << " stride "
                                  << testing::PrintToString(c.stride) << " tensors " << tensors << " dynamic "
                                  << dynamic);
  Session s;
  const Numbers x = noise({4, 5}, 1);
  if (dynamic) s.profile("x", {2, 5}, {4, 5}, {6, 5});
  ITensor& input = s.input("x", {dynamic ? -1 : 4, 5});
  ISliceLayer* slice = s.network->addSlice(input, dims(tensors ? std::vector<int64_t>{0, 0} : c.start),
                                           dims(tensors ? std::vector<int64_t>{1, 1} : c.size), dims(c.stride));
  slice->setMode(mode);
  EXPECT_EQ(slice->getMode(), mode);
  if (tensors) {
    slice->setInput(1, *s.network->addConstant(dims({2}), Weights{DataType::kINT64, c.start.data(), 2})->getOutput(0));
    slice->setInput(2, *s.network->addConstant(dims({2}), Weights{DataType::kINT64, c.size.data(), 2})->getOutput(0));
    slice->setInput(3, *s.network->addConstant(dims({2}), Weights{DataType::kINT64, c.stride.data(), 2})->getOutput(0));
  }
  if (mode == SampleMode::kFILL) slice->setInput(4, s.constant({}, {9}));
  Numbers y{c.size, {}};
  for (int64_t i = 0; i < c.size[0]; ++i)
    for (int64_t j = 0; j < c.size[1]; ++j) {
      const int64_t r = sampled(mode, c.start[0] + i * c.stride[0], 4),
                    k = sampled(mode, c.start[1] + j * c.stride[1], 5);
      y.values.push_back(r < 0 || k < 0 ? 9 : x.values[size_t(r * 5 + k)]);
    }
  expect_near(result_of(s, *slice->getOutput(0), {{"x", x}}), y, 0);
}

TEST(Slices, InsideReadTheSameInEveryMode) {
  for (const SampleMode mode :
       {SampleMode::kSTRICT_BOUNDS, SampleMode::kWRAP, SampleMode::kCLAMP, SampleMode::kFILL, SampleMode::kREFLECT})
    for (const SliceCase& c : kInside)
      for (const bool tensors : {false, true}) check_slice(mode, c, tensors, false);
}

TEST(Slices, BeyondTheEndsFollowTheMode) {
  for (const SampleMode mode : {SampleMode::kWRAP, SampleMode::kCLAMP, SampleMode::kFILL, SampleMode::kREFLECT})
    for (const SliceCase& c : kBeyond)
      for (const bool dynamic : {false, true}) check_slice(mode, c, dynamic, dynamic);
}

TEST(Slices, AxesNameSomeDimensions) {
  Session s;
  ISliceLayer* slice = s.network->addSlice(s.input("x", {2, 3}), dims({1}), dims({2}), dims({1}));
  slice->setAxes(dims({1}));
  EXPECT_THAT(result_of(s, *slice->getOutput(0), {{"x", {{2, 3}, {1, 2, 3, 4, 5, 6}}}}).values,
              ElementsAre(2, 3, 5, 6));
}

TEST(Slices, StrictOnesMustLieInside) {
  Session s;
  ISliceLayer* slice = s.network->addSlice(s.input("x", {2, 3}), dims({1, 1}), dims({2, 2}), dims({1, 1}));
  EXPECT_EQ(slice->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("slice"));
  ISliceLayer* ranks = s.network->addSlice(s.input("z", {2, 3}), dims({1}), dims({2}), dims({1}));
  EXPECT_EQ(ranks->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the start has 1 elements, expected 2"));
}

TEST(Gathers, WithSharedLeadingDimensions) {
  // data [2, 2, 3], indices [2, 2]: along axis 2, and along axis 1 behind the shared dimension.
  const Numbers data{{2, 2, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}, indices{{2, 2}, {0, 1, 1, 0}};
  for (const int32_t axis : {1, 2}) {
    Session s;
    IGatherLayer* gather = s.network->addGatherV2(s.input("data", data.shape),
                                                  s.input("indices", {2, 2}, DataType::kINT32), GatherMode::kDEFAULT);
    gather->setGatherAxis(axis);
    gather->setNbElementWiseDims(1);
    Numbers y{axis == 1 ? std::vector<int64_t>{2, 2, 3} : std::vector<int64_t>{2, 2, 2}, {}};
    for (int64_t b = 0; b < 2; ++b)
      for (int64_t i = 0; i < 2; ++i)
        for (int64_t j = 0; j < y.shape[2]; ++j) {
          const auto at = [&](int64_t k) { return int64_t(indices.values[size_t(b * 2 + k)]); };
          y.values.push_back(data.values[size_t(axis == 1 ? (b * 2 + at(i)) * 3 + j : (b * 2 + i) * 3 + at(j))]);
        }
    expect_near(result_of(s, *gather->getOutput(0), {{"data", data}, {"indices", indices}}), y, 0);
  }
}

TEST(Gathers, ByElementAndByTuple) {
  const Numbers data{{2, 3}, {0, 1, 2, 3, 4, 5}};
  Session element;
  IGatherLayer* e = element.network->addGatherV2(element.input("data", {2, 3}),
                                                 element.input("i", {2, 2}, DataType::kINT64), GatherMode::kELEMENT);
  e->setGatherAxis(1);
  EXPECT_THAT(result_of(element, *e->getOutput(0), {{"data", data}, {"i", {{2, 2}, {2, 0, 1, 1}}}}).values,
              ElementsAre(2, 0, 4, 4));
  Session tuple;
  IGatherLayer* t = tuple.network->addGatherV2(tuple.input("data", {2, 3}), tuple.input("i", {2, 2}, DataType::kINT32),
                                               GatherMode::kND);
  EXPECT_THAT(result_of(tuple, *t->getOutput(0), {{"data", data}, {"i", {{2, 2}, {1, 2, 0, 1}}}}).values,
              ElementsAre(5, 1));
  Session misuse;
  IGatherLayer* m = misuse.network->addGatherV2(misuse.input("data", {2, 3}), misuse.input("i", {2}, DataType::kINT32),
                                                GatherMode::kDEFAULT);
  m->setNbElementWiseDims(2);
  EXPECT_EQ(m->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(misuse.logger.take_errors(), HasSubstr("2 element-wise dims do not fit"));
}

TEST(Scatters, ByElementAndByTuple) {
  Session element;
  IScatterLayer* e =
      element.network->addScatter(element.input("data", {2, 3}), element.input("i", {2, 1}, DataType::kINT32),
                                  element.input("u", {2, 1}), ScatterMode::kELEMENT);
  e->setAxis(1);
  EXPECT_THAT(result_of(element, *e->getOutput(0),
                        {{"data", {{2, 3}, {0, 0, 0, 0, 0, 0}}}, {"i", {{2, 1}, {2, 0}}}, {"u", {{2, 1}, {7, 8}}}})
                  .values,
              ElementsAre(0, 0, 7, 8, 0, 0));
  Session tuple;
  IScatterLayer* t = tuple.network->addScatter(tuple.input("data", {3, 2}), tuple.input("i", {2, 1}, DataType::kINT32),
                                               tuple.input("u", {2, 2}), ScatterMode::kND);
  EXPECT_THAT(
      result_of(tuple, *t->getOutput(0),
                {{"data", {{3, 2}, {1, 2, 3, 4, 5, 6}}}, {"i", {{2, 1}, {2, 0}}}, {"u", {{2, 2}, {7, 8, 9, 10}}}})
          .values,
      ElementsAre(9, 10, 3, 4, 7, 8));
}

TEST(Fills, LinearSpacesOfOneAndSeveralDimensions) {
  for (const DataType type : {DataType::kFLOAT, DataType::kINT32, DataType::kINT64, DataType::kHALF}) {
    SCOPED_TRACE(static_cast<int>(type));
    Session one;
    IFillLayer* line = one.network->addFill(dims({4}), FillOperation::kLINSPACE, type);
    line->setAlpha(2);
    line->setBeta(3);
    EXPECT_EQ(line->getOutput(0)->getType(), type);
    EXPECT_THAT(result_of(one, *line->getOutput(0), {}).values, ElementsAre(2, 5, 8, 11));
    Session two;
    IFillLayer* plane = two.network->addFill(dims({2, 3}), FillOperation::kLINSPACE, type);
    plane->setInput(1, two.constant({}, {1}));
    plane->setInput(2, two.constant({2}, {10, 2}));
    EXPECT_THAT(result_of(two, *plane->getOutput(0), {}).values, ElementsAre(1, 3, 5, 11, 13, 15));
  }
  Session exact;
  IFillLayer* large = exact.network->addFill(dims({2}), FillOperation::kLINSPACE, DataType::kINT64);
  large->setAlphaInt64((int64_t{1} << 53) + 1);
  large->setBetaInt64(1);
  EXPECT_TRUE(large->isAlphaBetaInt64());
  exact.output(*large->getOutput(0), "y");
  const std::unique_ptr<ICudaEngine> engine = exact.engine();
  ASSERT_NE(engine, nullptr) << exact.logger.take_errors();
  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  int64_t y[2] = {};
  context->setTensorAddress("y", y);
  ASSERT_TRUE(context->enqueueV3(nullptr));
  EXPECT_EQ(y[0], (int64_t{1} << 53) + 1);  // No float in between.
  EXPECT_EQ(y[1], (int64_t{1} << 53) + 2);
}

TEST(Fills, RandomNumbersAreThoseOfTheirSeed) {
  for (const auto op : {FillOperation::kRANDOM_UNIFORM, FillOperation::kRANDOM_NORMAL})
    for (const DataType type : {DataType::kFLOAT, DataType::kHALF}) {
      std::vector<std::vector<double>> drawn;
      for (int i = 0; i < 3; ++i) {
        Session s;
        IFillLayer* fill = s.network->addFill(dims({100, 200}), op, type);
        ASSERT_NE(fill, nullptr) << s.logger.take_errors();
        fill->setAlpha(2);
        fill->setBeta(5);
        fill->setName(i == 2 ? "other" : "fill");
        drawn.push_back(result_of(s, *fill->getOutput(0), {}).values);
        ASSERT_EQ(drawn.back().size(), 20000U);
      }
      EXPECT_EQ(drawn[0], drawn[1]);
      EXPECT_NE(drawn[0], drawn[2]);
      double sum = 0, squares = 0;
      for (double v : drawn[0]) {
        sum += v, squares += v * v;
        if (op == FillOperation::kRANDOM_UNIFORM) ASSERT_TRUE(v >= 2 && v <= 5) << v;
      }
      const double mean = sum / 20000, deviation = std::sqrt(squares / 20000 - mean * mean);
      const bool uniform = op == FillOperation::kRANDOM_UNIFORM;
      // Five standard errors of the mean, and of the deviation.
      EXPECT_NEAR(mean, uniform ? 3.5 : 2, 5 * 5 / std::sqrt(20000));
      EXPECT_NEAR(deviation, uniform ? 3 / std::sqrt(12) : 5, 5 * 5 / std::sqrt(40000));
    }
  Session s;
  EXPECT_EQ(s.network->addFill(dims({2}), static_cast<FillOperation>(9), DataType::kFLOAT), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("fill: there is no operation 9"));
}

TEST(Fills, SeveralDimensionsNeedAStepForEach) {
  Session s;
  IFillLayer* fill = s.network->addFill(dims({2, 3}), FillOperation::kLINSPACE, DataType::kFLOAT);
  EXPECT_EQ(fill->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("needs input 2, a vector of 2 steps"));
}

}  // namespace
}  // namespace dovetail::test
