// Every elementwise, unary and activation kind in every type that it takes, against C++'s own arithmetic.

#include <functional>

#include "run.h"

namespace dovetail::test {
namespace {

using testing::HasSubstr;

struct Binary {
  ElementWiseOperation op;
  std::function<double(double, double)> f;
  bool integers = true;
  bool boolean = false;  ///< The result is kBOOL.
};
const std::vector<Binary>& binaries() {
  static const std::vector<Binary> list = {
      {ElementWiseOperation::kSUM, [](double a, double b) { return a + b; }},
      {ElementWiseOperation::kPROD, [](double a, double b) { return a * b; }},
      {ElementWiseOperation::kMAX, [](double a, double b) { return std::max(a, b); }},
      {ElementWiseOperation::kMIN, [](double a, double b) { return std::min(a, b); }},
      {ElementWiseOperation::kSUB, [](double a, double b) { return a - b; }},
      {ElementWiseOperation::kFLOOR_DIV, [](double a, double b) { return std::floor(a / b); }},
      {ElementWiseOperation::kEQUAL, [](double a, double b) { return double(a == b); }, true, true},
      {ElementWiseOperation::kGREATER, [](double a, double b) { return double(a > b); }, true, true},
      {ElementWiseOperation::kLESS, [](double a, double b) { return double(a < b); }, true, true},
  };
  return list;
}

TEST(Pointwise, ElementWiseOfEveryTypeWithBroadcasting) {
  const Numbers a{{2, 3}, {7, -7, 3, 4, -1, 6}}, b{{1, 3}, {2, 3, 3}};
  for (const Binary& c : binaries())
    for (const DataType type :
         {DataType::kFLOAT, DataType::kHALF, DataType::kINT32, DataType::kINT64, DataType::kINT8}) {
      SCOPED_TRACE(testing::Message() << "operation " << static_cast<int>(c.op) << " type " << static_cast<int>(type));
      Session s;
      IElementWiseLayer* layer =
          s.network->addElementWise(s.input("a", a.shape, type), s.input("b", b.shape, type), c.op);
      EXPECT_EQ(layer->getOperation(), c.op);
      EXPECT_EQ(layer->getOutput(0)->getType(), c.boolean ? DataType::kBOOL : type);
      Numbers y{{2, 3}, {}};
      for (size_t i = 0; i < 6; ++i) y.values.push_back(c.f(a.values[i], b.values[i % 3]));
      expect_near(result_of(s, *layer->getOutput(0), {{"a", a}, {"b", b}}), y, 0);
    }
}

TEST(Pointwise, DivisionAndPowers) {
  const Numbers a{{4}, {7, -7, 9, 2}}, b{{4}, {2, 2, 3, 3}};
  for (const DataType type : {DataType::kFLOAT, DataType::kINT32, DataType::kINT64}) {
    Session s;
    const auto op = [&](ElementWiseOperation o) {
      return s.network->addElementWise(*s.network->getInput(0), *s.network->getInput(1), o)->getOutput(0);
    };
    s.input("a", {4}, type), s.input("b", {4}, type);
    s.output(*op(ElementWiseOperation::kDIV), "div");
    s.output(*op(ElementWiseOperation::kPOW), "pow");
    const std::unique_ptr<ICudaEngine> engine = s.engine();
    ASSERT_NE(engine, nullptr) << s.logger.take_errors();
    const std::map<std::string, Numbers> y = run(*engine, {{"a", a}, {"b", b}});
    const bool whole = type != DataType::kFLOAT;  // Integers are divided towards zero.
    expect_near(y.at("div"), {{4}, {whole ? 3 : 3.5, whole ? -3 : -3.5, 3, whole ? 0 : 2 / 3.0}}, 1e-6);
    expect_near(y.at("pow"), {{4}, {49, 49, 729, 8}}, 1e-3);
  }
}

TEST(Pointwise, LogicTakesBooleansOnly) {
  const Numbers a{{4}, {0, 0, 1, 1}}, b{{4}, {0, 1, 0, 1}};
  const std::pair<ElementWiseOperation, std::vector<double>> cases[] = {{ElementWiseOperation::kAND, {0, 0, 0, 1}},
                                                                        {ElementWiseOperation::kOR, {0, 1, 1, 1}},
                                                                        {ElementWiseOperation::kXOR, {0, 1, 1, 0}}};
  for (const auto& [op, expected] : cases) {
    Session s;
    IElementWiseLayer* layer =
        s.network->addElementWise(s.input("a", {4}, DataType::kBOOL), s.input("b", {4}, DataType::kBOOL), op);
    expect_near(result_of(s, *layer->getOutput(0), {{"a", a}, {"b", b}}), {{4}, expected}, 0);
    Session misuse;
    IElementWiseLayer* numbers = misuse.network->addElementWise(misuse.input("a", {4}, DataType::kINT32),
                                                                misuse.input("b", {4}, DataType::kINT32), op);
    EXPECT_EQ(numbers->getOutput(0)->getDimensions().nbDims, -1);
    EXPECT_THAT(misuse.logger.take_errors(), HasSubstr("a logical operation takes kBOOL"));
  }
  Session s;
  EXPECT_EQ(s.network->addElementWise(s.input("a", {4}), s.input("b", {4}), static_cast<ElementWiseOperation>(99)),
            nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("there is no elementwise operation with number 99"));
  IElementWiseLayer* mixed =
      s.network->addElementWise(s.input("c", {4}), s.input("d", {4}, DataType::kINT32), ElementWiseOperation::kSUM);
  EXPECT_EQ(mixed->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_NE(s.logger.take_errors(), "");
}

struct One {
  UnaryOperation op;
  double (*f)(double);
  std::vector<double> x = {-0.75, -0.25, 0.5, 0.25};
};
const std::vector<One>& unaries() {
  const std::vector<double> positive = {0.25, 1, 2.5, 7}, from_one = {1, 1.5, 2.5, 7}, halves = {-2.5, -0.5, 0.5, 1.5};
  static const std::vector<One> list = {
      {UnaryOperation::kEXP, std::exp},
      {UnaryOperation::kLOG, std::log, positive},
      {UnaryOperation::kSQRT, std::sqrt, positive},
      {UnaryOperation::kRECIP, [](double v) { return 1 / v; }},
      {UnaryOperation::kABS, std::fabs},
      {UnaryOperation::kNEG, [](double v) { return -v; }},
      {UnaryOperation::kSIN, std::sin},
      {UnaryOperation::kCOS, std::cos},
      {UnaryOperation::kTAN, std::tan},
      {UnaryOperation::kSINH, std::sinh},
      {UnaryOperation::kCOSH, std::cosh},
      {UnaryOperation::kASIN, std::asin},
      {UnaryOperation::kACOS, std::acos},
      {UnaryOperation::kATAN, std::atan},
      {UnaryOperation::kASINH, std::asinh},
      {UnaryOperation::kACOSH, std::acosh, from_one},
      {UnaryOperation::kATANH, std::atanh},
      {UnaryOperation::kCEIL, std::ceil, halves},
      {UnaryOperation::kFLOOR, std::floor, halves},
      {UnaryOperation::kERF, std::erf},
      {UnaryOperation::kSIGN, [](double v) { return double(v > 0) - double(v < 0); }},
      {UnaryOperation::kROUND, std::nearbyint, halves},
  };
  return list;
}

TEST(Pointwise, UnaryOfFloatingTypes) {
  for (const One& c : unaries())
    for (const DataType type : {DataType::kFLOAT, DataType::kHALF}) {
      SCOPED_TRACE(testing::Message() << "operation " << static_cast<int>(c.op) << " type " << static_cast<int>(type));
      Session s;
      IUnaryLayer* layer = s.network->addUnary(s.input("x", {4}, type), c.op);
      Numbers y{{4}, {}};
      for (double v : c.x) y.values.push_back(c.f(v));
      expect_near(result_of(s, *layer->getOutput(0), {{"x", {{4}, c.x}}}), y, type == DataType::kHALF ? 4e-3 : 4e-6);
    }
}

TEST(Pointwise, UnaryOfIntegersBooleansAndSpecialValues) {
  for (const DataType type : {DataType::kINT32, DataType::kINT64, DataType::kINT8}) {
    const std::pair<UnaryOperation, std::vector<double>> cases[] = {
        {UnaryOperation::kABS, {3, 0, 5}}, {UnaryOperation::kNEG, {3, 0, -5}}, {UnaryOperation::kSIGN, {-1, 0, 1}}};
    for (const auto& [op, expected] : cases) {
      Session s;
      expect_near(
          result_of(s, *s.network->addUnary(s.input("x", {3}, type), op)->getOutput(0), {{"x", {{3}, {-3, 0, 5}}}}),
          {{3}, expected}, 0);
    }
  }
  Session no;
  expect_near(
      result_of(no, *no.network->addUnary(no.input("x", {2}, DataType::kBOOL), UnaryOperation::kNOT)->getOutput(0),
                {{"x", {{2}, {0, 1}}}}),
      {{2}, {1, 0}}, 0);
  for (const auto& [op, expected] :
       {std::pair{UnaryOperation::kISINF, std::vector<double>{1, 1, 0, 0}}, {UnaryOperation::kISNAN, {0, 0, 1, 0}}}) {
    Session s;
    ITensor* y = s.network->addUnary(s.input("x", {4}), op)->getOutput(0);
    EXPECT_EQ(y->getType(), DataType::kBOOL);
    expect_near(result_of(s, *y, {{"x", {{4}, {INFINITY, -INFINITY, NAN, 1}}}}), {{4}, expected}, 0);
  }
  Session misuse;
  EXPECT_EQ(misuse.network->addUnary(misuse.input("x", {2}), static_cast<UnaryOperation>(77)), nullptr);
  EXPECT_THAT(misuse.logger.take_errors(), HasSubstr("there is no unary operation with number 77"));
  EXPECT_EQ(misuse.network->addUnary(misuse.input("i", {2}, DataType::kINT32), UnaryOperation::kNOT)
                ->getOutput(0)
                ->getDimensions()
                .nbDims,
            -1);
  EXPECT_THAT(misuse.logger.take_errors(), HasSubstr("kNOT takes kBOOL"));
}

TEST(Pointwise, Activations) {
  static constexpr double a = 0.3, b = 0.8;
  const std::pair<ActivationType, std::function<double(double)>> cases[] = {
      {ActivationType::kRELU, [](double v) { return std::max(v, 0.0); }},
      {ActivationType::kSIGMOID, [](double v) { return 1 / (1 + std::exp(-v)); }},
      {ActivationType::kTANH, [](double v) { return std::tanh(v); }},
      {ActivationType::kLEAKY_RELU, [](double v) { return v >= 0 ? v : a * v; }},
      {ActivationType::kELU, [](double v) { return v >= 0 ? v : a * (std::exp(v) - 1); }},
      {ActivationType::kSELU, [](double v) { return b * (v >= 0 ? v : a * (std::exp(v) - 1)); }},
      {ActivationType::kSOFTSIGN, [](double v) { return v / (1 + std::fabs(v)); }},
      {ActivationType::kSOFTPLUS, [](double v) { return a * std::log(std::exp(b * v) + 1); }},
      {ActivationType::kCLIP, [](double v) { return std::max(a, std::min(b, v)); }},
      {ActivationType::kHARD_SIGMOID, [](double v) { return std::max(0.0, std::min(1.0, a * v + b)); }},
      {ActivationType::kSCALED_TANH, [](double v) { return a * std::tanh(b * v); }},
      {ActivationType::kTHRESHOLDED_RELU, [](double v) { return v > a ? v : 0; }},
      {ActivationType::kGELU_ERF, [](double v) { return v * (1 + std::erf(v / std::sqrt(2))) / 2; }},
      {ActivationType::kGELU_TANH,
       [](double v) { return v * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v))) / 2; }},
  };
  static_assert(EnumMax<ActivationType>() == std::size(cases));
  const Numbers x{{6}, {-2, -0.5, 0, 0.25, 0.75, 3}};
  for (const auto& [type, f] : cases)
    for (const DataType in : {DataType::kFLOAT, DataType::kHALF}) {
      SCOPED_TRACE(static_cast<int>(type));
      Session s;
      IActivationLayer* layer = s.network->addActivation(s.input("x", {6}, in), type);
      layer->setAlpha(static_cast<float>(a));
      layer->setBeta(static_cast<float>(b));
      EXPECT_EQ(layer->getActivationType(), type);
      Numbers y{{6}, {}};
      for (double v : x.values) y.values.push_back(f(v));
      expect_near(result_of(s, *layer->getOutput(0), {{"x", x}}), y, in == DataType::kHALF ? 3e-3 : 2e-6);
    }
  Session s;
  EXPECT_EQ(s.network->addActivation(s.input("x", {6}), static_cast<ActivationType>(20)), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("there is no activation type with number 20"));
}

TEST(Pointwise, CastsBetweenTypes) {
  const DataType types[] = {DataType::kFLOAT, DataType::kHALF, DataType::kINT32, DataType::kINT64,
                            DataType::kINT8,  DataType::kBOOL, DataType::kUINT8};
  for (const DataType from : types)
    for (const DataType to : types) {
      Session s;
      ITensor& x = s.input("x", {3}, from);
      ITensor* y = s.network->addCast(x, to)->getOutput(0);
      EXPECT_EQ(y->getType(), to);
      const Numbers in{{3}, from == DataType::kBOOL ? std::vector<double>{0, 1, 1} : std::vector<double>{0, 2, 100}};
      Numbers out = in;
      if (to == DataType::kBOOL)
        for (double& v : out.values) v = v != 0;
      expect_near(result_of(s, *y, {{"x", in}}), out, 0);
    }
  Session identity;
  IIdentityLayer* layer = identity.network->addIdentity(identity.input("x", {2}));
  layer->setOutputType(0, DataType::kINT32);
  EXPECT_EQ(layer->getOutput(0)->getType(), DataType::kINT32);
  expect_near(result_of(identity, *layer->getOutput(0), {{"x", {{2}, {1.75, -1.75}}}}), {{2}, {1, -1}}, 0);
}

TEST(Pointwise, SelectAndParametricReLUBroadcast) {
  Session s;
  ISelectLayer* select =
      s.network->addSelect(s.input("c", {2, 1}, DataType::kBOOL), s.input("a", {2, 2}), s.input("b", {1, 2}));
  expect_near(result_of(s, *select->getOutput(0),
                        {{"c", {{2, 1}, {1, 0}}}, {"a", {{2, 2}, {1, 2, 3, 4}}}, {"b", {{1, 2}, {5, 6}}}}),
              {{2, 2}, {1, 2, 5, 6}}, 0);
  Session p;
  IParametricReLULayer* prelu = p.network->addParametricReLU(p.input("x", {2, 2}), p.input("slope", {1, 2}));
  expect_near(result_of(p, *prelu->getOutput(0), {{"x", {{2, 2}, {-1, -2, 3, -4}}}, {"slope", {{1, 2}, {0.5, 0.25}}}}),
              {{2, 2}, {-0.5, -0.5, 3, -1}}, 0);
}

TEST(Pointwise, NothingIsAShapeToo) {
  for (const DataType type : {DataType::kFLOAT, DataType::kINT64}) {
    Session s;
    s.profile("x", {0, 3}, {2, 3}, {4, 3});
    IElementWiseLayer* sum =
        s.network->addElementWise(s.input("x", {-1, 3}, type), s.input("z", {1, 3}, type), ElementWiseOperation::kSUM);
    const Numbers y = result_of(s, *sum->getOutput(0), {{"x", {{0, 3}, {}}}, {"z", {{1, 3}, {1, 2, 3}}}});
    EXPECT_THAT(y.shape, testing::ElementsAre(0, 3));
  }
}

}  // namespace
}  // namespace dovetail::test
