// RNNv2 and fully connected layers against their formulas.

#include "run.h"

namespace dovetail::test {
namespace {

using testing::HasSubstr;

using Row = std::vector<double>;
struct Gate {
  std::vector<float> w, r, wb, rb;
};

Row product(const std::vector<float>& m, const Row& x, const std::vector<float>& bias) {
  Row y(bias.begin(), bias.end());
  for (size_t i = 0; i < y.size(); ++i)
    for (size_t j = 0; j < x.size(); ++j) y[i] += double{m[i * x.size() + j]} * x[j];
  return y;
}
double sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

/// One step of a layer: h, and the cell state of an LSTM.
void step(RNNOperation op, const std::map<RNNGateType, Gate>& gates, const Row& x, Row& h, Row& c) {
  std::map<RNNGateType, Row> in, hidden;
  for (const auto& [gate, g] : gates) {
    in[gate] = product(g.w, x, g.wb);
    hidden[gate] = product(g.r, h, g.rb);
  }
  const auto sum = [&](RNNGateType g, size_t i) { return in[g][i] + hidden[g][i]; };
  for (size_t i = 0; i < h.size(); ++i) {
    if (op == RNNOperation::kLSTM) {
      c[i] = sigmoid(sum(RNNGateType::kFORGET, i)) * c[i] +
             sigmoid(sum(RNNGateType::kINPUT, i)) * std::tanh(sum(RNNGateType::kCELL, i));
      h[i] = sigmoid(sum(RNNGateType::kOUTPUT, i)) * std::tanh(c[i]);
    } else if (op == RNNOperation::kGRU) {
      const double z = sigmoid(sum(RNNGateType::kUPDATE, i)), r = sigmoid(sum(RNNGateType::kRESET, i));
      h[i] = (1 - z) * std::tanh(in[RNNGateType::kHIDDEN][i] + r * hidden[RNNGateType::kHIDDEN][i]) + z * h[i];
    } else {
      h[i] = op == RNNOperation::kTANH ? std::tanh(sum(RNNGateType::kINPUT, i))
                                       : std::max(0.0, sum(RNNGateType::kINPUT, i));
    }
  }
}

std::vector<RNNGateType> gates_of(RNNOperation op) {
  if (op == RNNOperation::kLSTM)
    return {RNNGateType::kINPUT, RNNGateType::kOUTPUT, RNNGateType::kFORGET, RNNGateType::kCELL};
  if (op == RNNOperation::kGRU) return {RNNGateType::kUPDATE, RNNGateType::kRESET, RNNGateType::kHIDDEN};
  return {RNNGateType::kINPUT};
}

constexpr int64_t kBatch = 2, kTime = 3, kHidden = 4;

std::vector<float> floats(int64_t count, uint32_t seed) {
  const Numbers n = noise({count}, seed);
  return {n.values.begin(), n.values.end()};
}

class Recurrent : public testing::TestWithParam<std::tuple<RNNOperation, RNNDirection, RNNInputMode>> {};

TEST_P(Recurrent, TwoLayersWithStatesAndLengths) {
  const auto [op, direction, mode] = GetParam();
  const int64_t width = mode == RNNInputMode::kSKIP ? kHidden : 3;
  const int directions = direction == RNNDirection::kBIDIRECTION ? 2 : 1, all = 2 * directions;
  Session s;
  s.kept.reserve(1000);
  const Numbers x = noise({kBatch, kTime, width}, 1), h0 = noise({kBatch, all, kHidden}, 2),
                c0 = noise({kBatch, all, kHidden}, 3);
  const int64_t lengths[] = {3, 2};
  IRNNv2Layer* layer = s.network->addRNNv2(s.input("x", x.shape), 2, kHidden, kTime, op);
  ASSERT_NE(layer, nullptr) << s.logger.take_errors();
  layer->setDirection(direction);
  layer->setInputMode(mode);
  layer->setSequenceLengths(s.input("lengths", {kBatch}, DataType::kINT32));
  layer->setHiddenState(s.input("h0", h0.shape));
  std::map<std::string, Numbers> inputs{{"x", x}, {"h0", h0}, {"lengths", {{kBatch}, {3, 2}}}};
  if (op == RNNOperation::kLSTM) {
    layer->setCellState(s.input("c0", c0.shape));
    inputs["c0"] = c0;
  }
  EXPECT_EQ(layer->getDataLength(), width);

  std::vector<std::map<RNNGateType, Gate>> weights;
  uint32_t seed = 10;
  for (int l = 0; l < all; ++l) {
    const int64_t in = l < directions ? width : kHidden * directions;
    auto& gates = weights.emplace_back();
    for (RNNGateType gate : gates_of(op)) {
      Gate g{floats(kHidden * in, ++seed), floats(kHidden * kHidden, ++seed), floats(kHidden, ++seed),
             floats(kHidden, ++seed)};
      if (mode == RNNInputMode::kSKIP && l < directions) {
        std::fill(g.w.begin(), g.w.end(), 0.0F);
        for (int64_t i = 0; i < kHidden; ++i) g.w[size_t(i * kHidden + i)] = 1;
      } else {
        layer->setWeightsForGate(l, gate, true, s.weights(g.w));
      }
      layer->setWeightsForGate(l, gate, false, s.weights(g.r));
      layer->setBiasForGate(l, gate, true, s.weights(g.wb));
      layer->setBiasForGate(l, gate, false, s.weights(g.rb));
      gates[gate] = g;
    }
  }
  EXPECT_EQ(layer->getBiasForGate(0, gates_of(op)[0], true).count, kHidden);

  Numbers y{{kBatch, kTime, kHidden * directions}, Row(size_t(kBatch * kTime * kHidden * directions), 0)};
  Numbers last{{kBatch, all, kHidden}, h0.values}, cell{{kBatch, all, kHidden}, c0.values};
  for (int64_t b = 0; b < kBatch; ++b) {
    std::vector<Row> sequence(static_cast<size_t>(kTime));
    for (int64_t t = 0; t < kTime; ++t)
      sequence[size_t(t)].assign(x.values.begin() + (b * kTime + t) * width,
                                 x.values.begin() + (b * kTime + t + 1) * width);
    for (int l = 0; l < 2; ++l) {
      std::vector<Row> next(static_cast<size_t>(kTime), Row(size_t(kHidden * directions), 0));
      for (int d = 0; d < directions; ++d) {
        const auto at = (b * all + l * directions + d) * kHidden;
        Row h(h0.values.begin() + at, h0.values.begin() + at + kHidden),
            c(c0.values.begin() + at, c0.values.begin() + at + kHidden);
        for (int64_t i = 0; i < lengths[b]; ++i) {
          const int64_t t = d == 0 ? i : lengths[b] - 1 - i;
          step(op, weights[size_t(l * directions + d)], sequence[size_t(t)], h, c);
          std::copy(h.begin(), h.end(), next[size_t(t)].begin() + d * kHidden);
        }
        std::copy(h.begin(), h.end(), last.values.begin() + at);
        std::copy(c.begin(), c.end(), cell.values.begin() + at);
      }
      sequence = next;
    }
    for (int64_t t = 0; t < kTime; ++t)
      std::copy(sequence[size_t(t)].begin(), sequence[size_t(t)].end(),
                y.values.begin() + (b * kTime + t) * kHidden * directions);
  }

  for (int32_t i = 0; i < layer->getNbOutputs(); ++i) s.output(*layer->getOutput(i), i == 0 ? "y" : i == 1 ? "h" : "c");
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  ASSERT_NE(engine, nullptr) << s.logger.take_errors();
  const std::map<std::string, Numbers> got = run(*engine, inputs);
  expect_near(got.at("y"), y, 1e-5);
  expect_near(got.at("h"), last, 1e-5);
  if (op == RNNOperation::kLSTM) expect_near(got.at("c"), cell, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Every, Recurrent,
                         testing::Combine(testing::Values(RNNOperation::kRELU, RNNOperation::kTANH, RNNOperation::kLSTM,
                                                          RNNOperation::kGRU),
                                          testing::Values(RNNDirection::kUNIDIRECTION, RNNDirection::kBIDIRECTION),
                                          testing::Values(RNNInputMode::kLINEAR, RNNInputMode::kSKIP)));

TEST(RecurrentMisuse, IsReported) {
  Session s;
  ITensor& x = s.input("x", {2, 3, 4});
  EXPECT_EQ(s.network->addRNNv2(x, 0, 4, 3, RNNOperation::kLSTM), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("must be positive"));
  IRNNv2Layer* layer = s.network->addRNNv2(x, 1, 4, 3, RNNOperation::kLSTM);
  EXPECT_EQ(layer->getNbOutputs(), 3);
  layer->setOperation(RNNOperation::kGRU);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("cannot change between kLSTM"));
  EXPECT_EQ(layer->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("has no weights on the input"));
}

TEST(FullyConnected, ReadsThreeDimensionsAsOne) {
  for (const bool dynamic : {false, true}) {
    Session s;
    const Numbers x = noise({2, 3, 1, 2}, 20), w = noise({4, 6}, 21), b = noise({4}, 22);
    ITensor& input = s.input("x", {dynamic ? -1 : 2, 3, 1, 2});
    if (dynamic) s.profile("x", {1, 3, 1, 2}, {2, 3, 1, 2}, {5, 3, 1, 2});
    IFullyConnectedLayer* fc = s.network->addFullyConnected(input, 4, s.weights({w.values.begin(), w.values.end()}),
                                                            s.weights({b.values.begin(), b.values.end()}));
    EXPECT_EQ(fc->getType(), LayerType::kFULLY_CONNECTED);
    Numbers y{{2, 4, 1, 1}, {}};
    for (int64_t n = 0; n < 2; ++n)
      for (int64_t k = 0; k < 4; ++k) {
        double sum = b.values[size_t(k)];
        for (int64_t i = 0; i < 6; ++i) sum += x.values[size_t(n * 6 + i)] * w.values[size_t(k * 6 + i)];
        y.values.push_back(sum);
      }
    expect_near(result_of(s, *fc->getOutput(0), {{"x", x}}), y, 1e-6);
  }
}

TEST(FullyConnected, MisuseIsReported) {
  Session s;
  EXPECT_EQ(s.network->addFullyConnected(s.input("a", {2, 3, 1, 1}), 0, Weights{}, Weights{}), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the number of outputs is 0"));
  IFullyConnectedLayer* flat =
      s.network->addFullyConnected(s.input("x", {2, 3}), 4, s.weights(std::vector<float>(12)), Weights{});
  EXPECT_EQ(flat->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("expected at least three dimensions"));
  IFullyConnectedLayer* few =
      s.network->addFullyConnected(s.input("z", {2, 3, 1, 1}), 4, s.weights(std::vector<float>(5)), Weights{});
  EXPECT_EQ(few->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("kernel has 5 elements, expected 12"));
}

}  // namespace
}  // namespace dovetail::test
