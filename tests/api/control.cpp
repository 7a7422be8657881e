// Loops and conditionals through the layers of the interface.

#include <cstring>
#include <map>

#include "support.h"

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Floats = std::vector<float>;

/// Grows with what a run gives.
struct Result final : IOutputAllocator {
  std::vector<std::byte> memory;
  std::vector<int64_t> shape;
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t) noexcept override {
    memory.resize(size + 1);
    return memory.data();
  }
  void notifyShape(char const*, Dims const& d) noexcept override { shape = list(d); }
  Floats floats() const {
    size_t count = 1;
    for (int64_t d : shape) count *= static_cast<size_t>(d);
    Floats values(count);
    if (count) std::memcpy(values.data(), memory.data(), count * sizeof(float));
    return values;
  }
};

/// An engine with a context; inputs by name, outputs as they come.
struct Running {
  std::unique_ptr<ICudaEngine> engine;
  std::unique_ptr<IExecutionContext> context;
  std::map<std::string, std::vector<std::byte>> inputs;
  std::map<std::string, Result> results;

  explicit Running(Session& s) : engine(s.engine()) {
    EXPECT_NE(engine, nullptr) << s.logger.take_errors();
    if (engine) context.reset(engine->createExecutionContext());
  }
  template <class T>
  Running& set(const char* name, std::vector<int64_t> shape, std::vector<T> values) {
    std::vector<std::byte>& bytes = inputs[name];
    bytes.resize(values.size() * sizeof(T) + 1);
    std::memcpy(bytes.data(), values.data(), values.size() * sizeof(T));
    EXPECT_TRUE(context->setInputShape(name, dims(std::move(shape))));
    EXPECT_TRUE(context->setTensorAddress(name, bytes.data()));
    return *this;
  }
  Floats run(const char* output = "y") {
    for (int i = 0; i < engine->getNbIOTensors(); ++i) {
      const char* name = engine->getIOTensorName(i);
      if (engine->getTensorIOMode(name) != TensorIOMode::kOUTPUT) continue;
      Result& r = results[name];
      const Dims d = context->getTensorShape(name);
      bool known = d.nbDims >= 0;
      size_t bytes = 16;
      for (int k = 0; k < d.nbDims; ++k)
        known &= d.d[k] >= 0, bytes *= static_cast<size_t>(std::max<int64_t>(d.d[k], 1));
      if (known) {
        r.memory.resize(bytes);
        r.shape = list(d);
        context->setTensorAddress(name, r.memory.data());
      } else {
        context->setOutputAllocator(name, &r);
      }
    }
    EXPECT_TRUE(context->enqueueV3(nullptr));
    return results[output].floats();
  }
};

ITensor& add(Session& s, ITensor& a, ITensor& b) {
  return *s.network->addElementWise(a, b, ElementWiseOperation::kSUM)->getOutput(0);
}

TEST(ControlLayers, ConditionalTakesOneBranch) {
  Session s;
  ITensor& x = s.input("x", {2});
  ITensor& c = s.input("c", {}, DataType::kBOOL);
  IIfConditional* conditional = s.network->addIfConditional();
  conditional->setName("choice");
  EXPECT_STREQ(conditional->getName(), "choice");
  IConditionLayer* condition = conditional->setCondition(c);
  EXPECT_EQ(condition->getType(), LayerType::kCONDITION);
  EXPECT_EQ(condition->getConditional(), conditional);
  EXPECT_EQ(condition->getNbOutputs(), 0);
  IIfConditionalInputLayer* in = conditional->addInput(x);
  EXPECT_EQ(in->getType(), LayerType::kCONDITIONAL_INPUT);
  ITensor& twice = add(s, *in->getOutput(0), *in->getOutput(0));
  ITensor* const both[] = {&twice, in->getOutput(0)};
  ITensor& longer = *s.network->addConcatenation(both, 2)->getOutput(0);
  ITensor& negative = *s.network->addUnary(*in->getOutput(0), UnaryOperation::kNEG)->getOutput(0);
  IIfConditionalOutputLayer* out = conditional->addOutput(longer, negative);
  EXPECT_EQ(out->getType(), LayerType::kCONDITIONAL_OUTPUT);
  EXPECT_EQ(list(out->getOutput(0)->getDimensions()), (std::vector<int64_t>{-1}));
  s.output(*out->getOutput(0), "y");
  Running r(s);
  ASSERT_NE(r.context, nullptr);
  r.set<float>("x", {2}, {1, 2});
  EXPECT_THAT(r.set<uint8_t>("c", {}, {1}).run(), ElementsAre(2, 4, 1, 2));
  EXPECT_THAT(r.set<uint8_t>("c", {}, {0}).run(), ElementsAre(-1, -2));
}

/// y = -x where c is below `depth`, each choice inside the one before it; else x.
std::string errors_of_choices(int depth) {
  Session s;
  ITensor& x = s.input("x", {2});
  ITensor& c = s.input("c", {}, DataType::kINT64);
  ITensor* y = &x;
  std::vector<int64_t> numbers(static_cast<size_t>(depth));
  for (int64_t i = 0; i < depth; ++i) {
    numbers[static_cast<size_t>(i)] = i;
    const Weights weights{DataType::kINT64, &numbers[static_cast<size_t>(i)], 1};
    ITensor& number = *s.network->addConstant(dims({}), weights)->getOutput(0);
    IIfConditional* conditional = s.network->addIfConditional();
    conditional->setCondition(*s.network->addElementWise(c, number, ElementWiseOperation::kEQUAL)->getOutput(0));
    ITensor& negative = *s.network->addUnary(x, UnaryOperation::kNEG)->getOutput(0);
    y = conditional->addOutput(negative, *y)->getOutput(0);
  }
  s.output(*y, "y");
  return s.engine() ? "" : s.logger.take_errors();
}

TEST(ControlLayers, ChoicesThatLieTooDeepInEachOtherAreRefused) {
  EXPECT_EQ(errors_of_choices(16), "");
  EXPECT_THAT(errors_of_choices(17), HasSubstr("lie more than 16 deep in each other"));
  EXPECT_THAT(errors_of_choices(40), HasSubstr("lie more than 16 deep in each other"));
}

/// y = x added to itself n times; all = the sums, one a row.
struct Sum {
  Session s;
  ITensor &x, &n;
  ILoop* loop;
  IRecurrenceLayer* sum;
  ITensor& next;
  explicit Sum(std::vector<int64_t> shape = {2})
      : x(s.input("x", std::move(shape))),
        n(s.input("n", {}, DataType::kINT32)),
        loop(s.network->addLoop()),
        sum(loop->addRecurrence(x)),
        next(add(s, *sum->getOutput(0), x)) {
    loop->setName("sums");
    sum->setInput(1, next);
  }
};

TEST(ControlLayers, CountedLoop) {
  Sum t;
  ITripLimitLayer* limit = t.loop->addTripLimit(t.n, TripLimit::kCOUNT);
  EXPECT_EQ(limit->getType(), LayerType::kTRIP_LIMIT);
  EXPECT_EQ(limit->getTripLimit(), TripLimit::kCOUNT);
  EXPECT_EQ(limit->getLoop(), t.loop);
  ILoopOutputLayer* last = t.loop->addLoopOutput(*t.sum->getOutput(0), LoopOutput::kLAST_VALUE);
  ILoopOutputLayer* all = t.loop->addLoopOutput(t.next, LoopOutput::kCONCATENATE, 1);
  ILoopOutputLayer* reverse = t.loop->addLoopOutput(t.next, LoopOutput::kREVERSE);
  all->setInput(1, t.n);
  reverse->setInput(1, t.n);
  EXPECT_EQ(all->getAxis(), 1);
  EXPECT_EQ(reverse->getLoopOutput(), LoopOutput::kREVERSE);
  EXPECT_EQ(list(last->getOutput(0)->getDimensions()), (std::vector<int64_t>{2}));
  EXPECT_EQ(list(all->getOutput(0)->getDimensions()), (std::vector<int64_t>{2, -1}));
  t.s.output(*last->getOutput(0), "y");
  t.s.output(*all->getOutput(0), "all");
  t.s.output(*reverse->getOutput(0), "reverse");
  Running r(t.s);
  ASSERT_NE(r.context, nullptr);
  r.set<float>("x", {2}, {1, 2});
  EXPECT_THAT(r.set<int32_t>("n", {}, {2}).run(), ElementsAre(3, 6));
  EXPECT_THAT(r.results["all"].floats(), ElementsAre(2, 3, 4, 6));
  EXPECT_THAT(r.results["reverse"].floats(), ElementsAre(3, 6, 2, 4));
  EXPECT_THAT(r.set<int32_t>("n", {}, {0}).run(), ElementsAre(1, 2));
  EXPECT_THAT(r.results["all"].floats(), IsEmpty());
}

TEST(ControlLayers, WhileLoopWithIterator) {
  Session s;
  ITensor& rows = s.input("x", {2, 3});
  ILoop* loop = s.network->addLoop();
  IIteratorLayer* row = loop->addIterator(rows, 1, true);
  EXPECT_EQ(row->getAxis(), 1);
  EXPECT_TRUE(row->getReverse());
  EXPECT_EQ(list(row->getOutput(0)->getDimensions()), (std::vector<int64_t>{2}));
  IRecurrenceLayer* sum = loop->addRecurrence(s.constant({2}, {0, 0}));
  ITensor& next = add(s, *sum->getOutput(0), *row->getOutput(0));
  sum->setInput(1, next);
  // Goes on while the sum of all is below 10.
  ITensor& total = *s.network->addReduce(*sum->getOutput(0), ReduceOperation::kSUM, 1, false)->getOutput(0);
  ITensor& below = *s.network->addElementWise(total, s.constant({}, {10}), ElementWiseOperation::kLESS)->getOutput(0);
  loop->addTripLimit(below, TripLimit::kWHILE);
  s.output(*loop->addLoopOutput(*sum->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0), "y");
  Running r(s);
  ASSERT_NE(r.context, nullptr);
  EXPECT_THAT(r.set<float>("x", {2, 3}, {1, 2, 3, 4, 5, 6}).run(), ElementsAre(5, 11));
  EXPECT_THAT(r.set<float>("x", {2, 3}, {1, 1, 1, 1, 1, 1}).run(), ElementsAre(3, 3));
}

TEST(ControlLayers, LoopInBranchReadsFromOutside) {
  Session s;
  ITensor& x = s.input("x", {2});
  ITensor& c = s.input("c", {}, DataType::kBOOL);
  ITensor& n = s.input("n", {}, DataType::kINT64);
  ILoop* loop = s.network->addLoop();
  IRecurrenceLayer* grown = loop->addRecurrence(x);
  ITensor* const parts[] = {grown->getOutput(0), &x};
  grown->setInput(1, *s.network->addConcatenation(parts, 2)->getOutput(0));
  loop->addTripLimit(n, TripLimit::kCOUNT);
  ITensor& whole = *loop->addLoopOutput(*grown->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0);
  EXPECT_EQ(list(whole.getDimensions()), (std::vector<int64_t>{-1}));
  EXPECT_EQ(list(grown->getOutput(0)->getDimensions()), (std::vector<int64_t>{-1}));
  IIfConditional* conditional = s.network->addIfConditional();
  conditional->setCondition(c);
  s.output(*conditional->addOutput(whole, x)->getOutput(0), "y");
  Running r(s);
  ASSERT_NE(r.context, nullptr);
  r.set<float>("x", {2}, {1, 2}).set<int64_t>("n", {}, {2});
  EXPECT_THAT(r.set<uint8_t>("c", {}, {1}).run(), ElementsAre(1, 2, 1, 2, 1, 2));
  EXPECT_THAT(r.set<uint8_t>("c", {}, {0}).run(), ElementsAre(1, 2));
}

TEST(ControlLayers, TwoContextsAtOnce) {
  Sum t;
  t.loop->addTripLimit(t.n, TripLimit::kCOUNT);
  t.s.output(*t.loop->addLoopOutput(*t.sum->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0), "y");
  Running a(t.s);
  ASSERT_NE(a.context, nullptr);
  std::unique_ptr<IExecutionContext> other(a.engine->createExecutionContext());
  std::vector<float> x = {10, 20}, y(2);
  int32_t n = 3;
  for (const auto& [name, address] : std::map<const char*, void*>{{"x", x.data()}, {"n", &n}, {"y", y.data()}})
    other->setTensorAddress(name, address);
  a.set<float>("x", {2}, {1, 2}).set<int32_t>("n", {}, {1});
  EXPECT_THAT(a.run(), ElementsAre(2, 4));
  ASSERT_TRUE(other->enqueueV3(nullptr));
  EXPECT_THAT(a.run(), ElementsAre(2, 4));
  EXPECT_THAT(y, ElementsAre(40, 80));
}

std::string build_error(Session& s) {
  EXPECT_EQ(s.build(), nullptr);
  return s.logger.take_errors();
}

TEST(ControlLayers, RefusesWhatMakesNoSense) {
  Sum t;
  EXPECT_EQ(t.loop->addLoopOutput(t.next, LoopOutput::kLAST_VALUE), nullptr);
  EXPECT_THAT(t.s.logger.take_errors(), HasSubstr("the last value can only be that of a recurrence"));
  EXPECT_EQ(t.loop->addLoopOutput(*t.sum->getOutput(0), LoopOutput::kLAST_VALUE, 1), nullptr);
  EXPECT_THAT(t.s.logger.take_errors(), HasSubstr("has no axis, got 1"));
  t.s.output(*t.loop->addLoopOutput(*t.sum->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0), "y");
  EXPECT_THAT(build_error(t.s), HasSubstr("loop 'sums' never ends; add a trip limit"));
  ASSERT_NE(t.loop->addTripLimit(t.n, TripLimit::kCOUNT), nullptr);
  EXPECT_EQ(t.loop->addTripLimit(t.n, TripLimit::kCOUNT), nullptr);
  EXPECT_THAT(t.s.logger.take_errors(), HasSubstr("has a trip limit of this kind already"));
  EXPECT_NE(t.s.build(), nullptr) << t.s.logger.take_errors();
}

TEST(ControlLayers, WhatIsInsideStaysInside) {
  Sum t;
  t.loop->addTripLimit(t.n, TripLimit::kCOUNT);
  t.s.output(*t.loop->addLoopOutput(*t.sum->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0), "y");
  t.s.output(*t.s.network->addUnary(t.next, UnaryOperation::kNEG)->getOutput(0), "leak");
  EXPECT_THAT(build_error(t.s), HasSubstr("is read outside of the loop"));
}

TEST(ControlLayers, RecurrencesAreClosedAndKeepTheirType) {
  Session s;
  ITensor& x = s.input("x", {2});
  ITensor& n = s.input("n", {}, DataType::kINT32);
  ILoop* loop = s.network->addLoop();
  loop->addTripLimit(n, TripLimit::kCOUNT);
  IRecurrenceLayer* r = loop->addRecurrence(x);
  r->setName("state");
  s.output(*loop->addLoopOutput(*r->getOutput(0), LoopOutput::kLAST_VALUE)->getOutput(0), "y");
  EXPECT_THAT(build_error(s), HasSubstr("recurrence 'state' has no next value"));
  r->setInput(1, *s.network->addCast(*r->getOutput(0), DataType::kHALF)->getOutput(0));
  EXPECT_THAT(build_error(s), HasSubstr("recurrence 'state'"));
}

TEST(ControlLayers, BranchesAgreeInTypeAndRankAndHaveACondition) {
  Session s;
  ITensor& x = s.input("x", {2});
  IIfConditional* conditional = s.network->addIfConditional();
  IShuffleLayer* row = s.network->addShuffle(x);
  row->setReshapeDimensions(dims({1, 2}));
  IIfConditionalOutputLayer* out = conditional->addOutput(x, *row->getOutput(0));
  EXPECT_EQ(out->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("only extents may differ"));
  out->setInput(1, x);
  s.output(*out->getOutput(0), "y");
  EXPECT_THAT(build_error(s), HasSubstr("has no condition; set one with setCondition"));
  conditional->setCondition(x);
  EXPECT_THAT(build_error(s), HasSubstr("must be a kBOOL scalar (0-D)"));
}

}  // namespace
}  // namespace dovetail::test
