// Reductions, running sums, the largest elements and their like, in every type that they take.

#include "run.h"

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Numbers kX{{2, 3, 2}, {3, -1, 4, 1, -5, 9, 2, 6, -5, 3, 5, -8}};

double reduced(ReduceOperation op, const std::vector<double>& v) {
  double r = v[0];
  for (size_t i = 1; i < v.size(); ++i) {
    if (op == ReduceOperation::kPROD)
      r *= v[i];
    else if (op == ReduceOperation::kMAX)
      r = std::max(r, v[i]);
    else if (op == ReduceOperation::kMIN)
      r = std::min(r, v[i]);
    else
      r += v[i];
  }
  return op == ReduceOperation::kAVG ? r / double(v.size()) : r;
}

TEST(Reductions, OfEveryOperationAndType) {
  for (const auto op : {ReduceOperation::kSUM, ReduceOperation::kPROD, ReduceOperation::kMAX, ReduceOperation::kMIN,
                        ReduceOperation::kAVG})
    for (const DataType type : {DataType::kFLOAT, DataType::kHALF, DataType::kINT32, DataType::kINT64})
      for (const bool keep : {false, true}) {
        if (op == ReduceOperation::kAVG && type != DataType::kFLOAT && type != DataType::kHALF) continue;
        SCOPED_TRACE(testing::Message() << int(op) << " type " << int(type));
        Session s;
        IReduceLayer* layer = s.network->addReduce(s.input("x", kX.shape, type), op, 1U << 1, keep);
        EXPECT_EQ(layer->getOutput(0)->getType(), type);
        Numbers y{keep ? std::vector<int64_t>{2, 1, 2} : std::vector<int64_t>{2, 2}, {}};
        for (size_t a = 0; a < 2; ++a)
          for (size_t c = 0; c < 2; ++c)
            y.values.push_back(reduced(op, {kX.values[a * 6 + c], kX.values[a * 6 + 2 + c], kX.values[a * 6 + 4 + c]}));
        expect_near(result_of(s, *layer->getOutput(0), {{"x", kX}}), y, type == DataType::kHALF ? 0.05 : 1e-5);
      }
  Session s;
  EXPECT_EQ(s.network->addReduce(s.input("x", {2, 3}), ReduceOperation::kNONE, 1, false), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("reduces nothing"));
  IReduceLayer* beyond = s.network->addReduce(s.input("y", {2, 3}), ReduceOperation::kSUM, 1U << 5, false);
  EXPECT_EQ(beyond->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("axis 5 is outside rank 2"));
}

TEST(Reductions, OfNothing) {
  Session s;
  s.profile("x", {0, 2}, {1, 2}, {3, 2});
  ITensor& x = s.input("x", {-1, 2});
  expect_near(
      result_of(s, *s.network->addReduce(x, ReduceOperation::kSUM, 1, false)->getOutput(0), {{"x", {{0, 2}, {}}}}),
      {{2}, {0, 0}}, 0);
}

TEST(TopK, GivesValuesAndIndicesInOrder) {
  for (const auto op : {TopKOperation::kMAX, TopKOperation::kMIN})
    for (const DataType indices : {DataType::kINT32, DataType::kINT64})
      for (const bool tensor : {false, true}) {
        Session s;
        ITopKLayer* layer = s.network->addTopK(s.input("x", {2, 4}), op, 2, 1U << 1, indices);
        const int32_t k = 2;
        if (tensor)
          layer->setInput(1, *s.network->addConstant(dims({}), Weights{DataType::kINT32, &k, 1})->getOutput(0));
        EXPECT_EQ(layer->getOutput(1)->getType(), indices);
        s.output(*layer->getOutput(0), "values");
        s.output(*layer->getOutput(1), "indices");
        const std::unique_ptr<ICudaEngine> engine = s.engine();
        ASSERT_NE(engine, nullptr) << s.logger.take_errors();
        const std::map<std::string, Numbers> y = run(*engine, {{"x", {{2, 4}, {1, 4, 2, 3, 8, 5, 7, 6}}}});
        const bool max = op == TopKOperation::kMAX;
        expect_near(y.at("values"), {{2, 2}, max ? std::vector<double>{4, 3, 8, 7} : std::vector<double>{1, 2, 5, 6}},
                    0);
        expect_near(y.at("indices"), {{2, 2}, max ? std::vector<double>{1, 3, 0, 2} : std::vector<double>{0, 2, 1, 3}},
                    0);
      }
  Session s;
  EXPECT_EQ(s.network->addTopK(s.input("x", {2, 4}), TopKOperation::kMAX, 2, 1U << 1, DataType::kFLOAT), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("indices must be INT32 or INT64"));
  ITopKLayer* two = s.network->addTopK(s.input("z", {2, 4}), TopKOperation::kMAX, 2, 3);
  EXPECT_EQ(two->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("a mask with one bit set"));
}

TEST(Cumulative, SumsForwardsBackwardsWithAndWithoutItself) {
  for (const DataType type : {DataType::kFLOAT, DataType::kINT32, DataType::kINT64})
    for (const bool exclusive : {false, true})
      for (const bool reverse : {false, true}) {
        Session s;
        const int32_t axis = 1;
        ITensor& at = *s.network->addConstant(dims({}), Weights{DataType::kINT32, &axis, 1})->getOutput(0);
        ICumulativeLayer* layer =
            s.network->addCumulative(s.input("x", {2, 3}, type), at, CumulativeOperation::kSUM, exclusive, reverse);
        const Numbers x{{2, 3}, {1, 2, 3, 4, 5, 6}};
        Numbers y = x;
        for (size_t r = 0; r < 2; ++r) {
          double sum = 0;
          for (size_t i = 0; i < 3; ++i) {
            const size_t c = r * 3 + (reverse ? 2 - i : i);
            if (exclusive) y.values[c] = sum;
            sum += x.values[c];
            if (!exclusive) y.values[c] = sum;
          }
        }
        expect_near(result_of(s, *layer->getOutput(0), {{"x", x}}), y, 0);
      }
}

TEST(OneHot, PutsTheNewDimensionAnywhere) {
  for (const int32_t axis : {-1, 0, 1}) {
    Session s;
    const int32_t depth = 3;
    ITensor& d = *s.network->addConstant(dims({}), Weights{DataType::kINT32, &depth, 1})->getOutput(0);
    IOneHotLayer* layer = s.network->addOneHot(s.input("i", {2}, DataType::kINT32), s.constant({2}, {0.5, 2}), d, axis);
    EXPECT_EQ(layer->getOutput(0)->getType(), DataType::kFLOAT);
    const bool last = axis != 0;
    expect_near(result_of(s, *layer->getOutput(0), {{"i", {{2}, {2, 0}}}}),
                {last ? std::vector<int64_t>{2, 3} : std::vector<int64_t>{3, 2},
                 last ? std::vector<double>{0.5, 0.5, 2, 2, 0.5, 0.5} : std::vector<double>{0.5, 2, 0.5, 0.5, 2, 0.5}},
                0);
  }
}

TEST(LocalResponse, DividesByItsNeighbours) {
  Session s;
  const Numbers x = noise({1, 5, 2, 1}, 1);
  ILRNLayer* lrn = s.network->addLRN(s.input("x", x.shape), 3, 0.5F, 0.75F, 2);
  Numbers y = x;
  for (int64_t c = 0; c < 5; ++c)
    for (int64_t p = 0; p < 2; ++p) {
      double sum = 0;
      for (int64_t i = std::max<int64_t>(c - 1, 0); i <= std::min<int64_t>(c + 1, 4); ++i)
        sum += x.values[size_t(i * 2 + p)] * x.values[size_t(i * 2 + p)];
      y.values[size_t(c * 2 + p)] /= std::pow(2 + 0.5 / 3 * sum, 0.75);
    }
  expect_near(result_of(s, *lrn->getOutput(0), {{"x", x}}), y, 1e-6);
}

TEST(Scales, OfEveryModeWithAndWithoutWeights) {
  const Numbers x{{1, 2, 1, 2}, {1, 2, 3, 4}};
  for (const auto mode : {ScaleMode::kUNIFORM, ScaleMode::kCHANNEL, ScaleMode::kELEMENTWISE}) {
    const size_t count = mode == ScaleMode::kUNIFORM ? 1 : mode == ScaleMode::kCHANNEL ? 2 : 4;
    std::vector<float> shift, scale, power;
    for (size_t i = 0; i < count; ++i)
      shift.push_back(float(i) + 1), scale.push_back(2 - 0.25F * float(i)), power.push_back(i % 2 == 0 ? 2 : 1);
    Session s;
    IScaleLayer* layer =
        s.network->addScaleNd(s.input("x", x.shape), mode, s.weights(shift), s.weights(scale), s.weights(power), 1);
    Numbers y = x;
    for (size_t i = 0; i < 4; ++i) {
      const size_t w = mode == ScaleMode::kUNIFORM ? 0 : mode == ScaleMode::kCHANNEL ? i / 2 : i;
      y.values[i] = std::pow(x.values[i] * double(scale[w]) + double(shift[w]), double(power[w]));
    }
    expect_near(result_of(s, *layer->getOutput(0), {{"x", x}}), y, 1e-4);
  }
  Session none;
  expect_near(
      result_of(none,
                *none.network->addScale(none.input("x", x.shape), ScaleMode::kUNIFORM, Weights{}, Weights{}, Weights{})
                     ->getOutput(0),
                {{"x", x}}),
      x, 0);
  Session misuse;
  IScaleLayer* layer = misuse.network->addScaleNd(misuse.input("x", x.shape), ScaleMode::kCHANNEL, Weights{},
                                                  misuse.weights({1, 2, 3}), Weights{}, 1);
  EXPECT_EQ(layer->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_NE(misuse.logger.take_errors(), "");
}

TEST(Sequences, RaggedSoftmaxAndReversal) {
  Session ragged;
  IRaggedSoftMaxLayer* softmax =
      ragged.network->addRaggedSoftMax(ragged.input("x", {2, 1, 3}), ragged.input("n", {2, 1, 1}, DataType::kINT32));
  expect_near(
      result_of(ragged, *softmax->getOutput(0), {{"x", {{2, 1, 3}, {0, 0, 5, 1, 1, 1}}}, {"n", {{2, 1, 1}, {2, 3}}}}),
      {{2, 1, 3}, {0.5, 0.5, 0, 1 / 3.0, 1 / 3.0, 1 / 3.0}}, 1e-6);
  Session reverse;
  IReverseSequenceLayer* layer =
      reverse.network->addReverseSequence(reverse.input("x", {3, 2}), reverse.input("n", {2}, DataType::kINT32));
  EXPECT_EQ(layer->getBatchAxis(), 1);
  EXPECT_EQ(layer->getSequenceAxis(), 0);
  EXPECT_THAT(
      result_of(reverse, *layer->getOutput(0), {{"x", {{3, 2}, {1, 2, 3, 4, 5, 6}}}, {"n", {{2}, {2, 3}}}}).values,
      ElementsAre(3, 6, 1, 4, 5, 2));
}

TEST(Normalizations, OfBatchInstanceGroupAndLayer) {
  const Numbers x = noise({2, 4, 3, 2}, 5), scale = noise({4}, 6), bias = noise({4}, 7);
  struct Kind {
    uint32_t axes;
    int64_t groups;
    bool v2;
  };
  for (const Kind& k : {Kind{1U << 2 | 1U << 3, 1, false}, Kind{1U << 2 | 1U << 3, 2, true},
                        Kind{1U << 0 | 1U << 2 | 1U << 3, 1, false}, Kind{1U << 1 | 1U << 2 | 1U << 3, 1, true}}) {
    SCOPED_TRACE(testing::Message() << "axes " << k.axes << " groups " << k.groups);
    Session s;
    ITensor &sc = s.constant({1, 4, 1, 1}, {scale.values.begin(), scale.values.end()}),
            &bi = s.constant({1, 4, 1, 1}, {bias.values.begin(), bias.values.end()});
    ITensor& in = s.input("x", x.shape);
    INormalizationLayer* layer =
        k.v2 ? s.network->addNormalizationV2(in, sc, bi, k.axes) : s.network->addNormalization(in, sc, bi, k.axes);
    EXPECT_EQ(layer->isV2(), k.v2);
    layer->setNbGroups(k.groups);
    layer->setEpsilon(1e-3F);
    Numbers y = x;
    const auto cell = [&](int64_t i) {  // What an element shares its statistics with.
      const int64_t n = i / 24, c = i / 6 % 4;
      const bool over_n = k.axes & 1U, over_c = k.axes & 2U;
      return (over_n ? 0 : n) * 4 + (over_c ? 0 : k.groups > 1 ? c / 2 : c);
    };
    for (int64_t i = 0; i < 48; ++i) {
      double sum = 0, squares = 0, count = 0;
      for (int64_t j = 0; j < 48; ++j)
        if (cell(j) == cell(i))
          sum += x.values[size_t(j)], squares += x.values[size_t(j)] * x.values[size_t(j)], ++count;
      const double mean = sum / count, variance = squares / count - mean * mean;
      const size_t c = size_t(i / 6 % 4);
      y.values[size_t(i)] =
          (x.values[size_t(i)] - mean) / std::sqrt(variance + 1e-3) * scale.values[c] + bias.values[c];
    }
    expect_near(result_of(s, *layer->getOutput(0), {{"x", x}}), y, 1e-5);
  }
}

}  // namespace
}  // namespace dovetail::test
