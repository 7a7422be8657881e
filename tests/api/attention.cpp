// Attention, rotary embedding and experts against their formulas.

#include <functional>

#include "run.h"

namespace dovetail::test {
namespace {

using testing::HasSubstr;

constexpr double kTolerance = 1e-5;  // f32, sums of at most a few dozen products of numbers below 1

/// Attention over [B, H, S, D]; `sees` tells which keys a query sees, `add` what is added to its score.
struct Oracle {
  std::function<bool(int64_t b, int64_t h, int64_t s, int64_t t)> sees = [](auto...) { return true; };
  std::function<double(int64_t b, int64_t h, int64_t s, int64_t t)> add = [](auto...) { return 0.0; };
  bool softmax = true;

  Numbers operator()(const Numbers& q, const Numbers& k, const Numbers& v) const {
    const int64_t batch = q.shape[0], heads = q.shape[1], queries = q.shape[2], depth = q.shape[3];
    const int64_t groups = k.shape[1], keys = k.shape[2], width = v.shape[3];
    Numbers y{{batch, heads, queries, width}, {}};
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t s = 0; s < queries; ++s) {
          const int64_t group = b * groups + h / (heads / groups);
          std::vector<double> p(static_cast<size_t>(keys), 0);
          double sum = 0;
          for (int64_t t = 0; t < keys; ++t) {
            if (!sees(b, h, s, t)) continue;
            double dot = add(b, h, s, t);
            for (int64_t d = 0; d < depth; ++d)
              dot += q.values[size_t(((b * heads + h) * queries + s) * depth + d)] *
                     k.values[size_t((group * keys + t) * depth + d)];
            p[size_t(t)] = softmax ? std::exp(dot) : dot;
            sum += p[size_t(t)];
          }
          for (int64_t e = 0; e < width; ++e) {
            double total = 0;
            for (int64_t t = 0; t < keys; ++t) total += p[size_t(t)] * v.values[size_t((group * keys + t) * width + e)];
            y.values.push_back(softmax && sum > 0 ? total / sum : total);
          }
        }
    return y;
  }
};

struct Case {
  Numbers q = noise({2, 4, 3, 8}, 1), k = noise({2, 2, 5, 8}, 2), v = noise({2, 2, 5, 8}, 3);
  Session s;
  IAttention* attention = nullptr;

  explicit Case(CausalMaskKind kind = CausalMaskKind::kNONE,
                AttentionNormalizationOp op = AttentionNormalizationOp::kSOFTMAX, bool dynamic = false) {
    const auto shape = [&](const Numbers& n) {
      std::vector<int64_t> list = n.shape;
      if (dynamic) list[2] = -1;
      return list;
    };
    attention =
        s.network->addAttentionV2(s.input("q", shape(q)), s.input("k", shape(k)), s.input("v", shape(v)), op, kind);
    if (dynamic) {
      IOptimizationProfile* p = s.builder->createOptimizationProfile();
      for (const auto& [name, n] : {std::pair{"q", q}, std::pair{"k", k}, std::pair{"v", v}})
        for (const auto select : {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX}) {
          Dims d = dims(n.shape);
          d.d[2] += static_cast<int>(select) - 1;
          p->setDimensions(name, select, d);
        }
      s.config->addOptimizationProfile(p);
    }
  }
  Numbers run(std::map<std::string, Numbers> more = {}) {
    more.insert({{"q", q}, {"k", k}, {"v", v}});
    return result_of(s, *attention->getOutput(0), more);
  }
};

TEST(Attention, HasNoScaleAndSharesKeysAmongHeads) {
  for (const bool dynamic : {false, true}) {
    Case c(CausalMaskKind::kNONE, AttentionNormalizationOp::kSOFTMAX, dynamic);
    expect_near(c.run(), Oracle()(c.q, c.k, c.v), kTolerance);
  }
}

TEST(Attention, CausalKindsCountFromEitherEnd) {
  for (const auto op : {AttentionNormalizationOp::kSOFTMAX, AttentionNormalizationOp::kNONE}) {
    Case upper(CausalMaskKind::kUPPER_LEFT, op);
    Oracle oracle{.sees = [](int64_t, int64_t, int64_t s, int64_t t) { return t <= s; },
                  .softmax = op == AttentionNormalizationOp::kSOFTMAX};
    expect_near(upper.run(), oracle(upper.q, upper.k, upper.v), kTolerance);
    Case lower(CausalMaskKind::kLOWER_RIGHT, op);
    oracle.sees = [](int64_t, int64_t, int64_t s, int64_t t) { return t <= s + 2; };
    expect_near(lower.run(), oracle(lower.q, lower.k, lower.v), kTolerance);
  }
  Case deprecated;
  EXPECT_TRUE(deprecated.attention->setCausal(true));
  EXPECT_EQ(deprecated.attention->getCausalKind(), CausalMaskKind::kUPPER_LEFT);
  EXPECT_TRUE(deprecated.attention->getCausal());
}

TEST(Attention, MasksAreAddedOrChoose) {
  Case added;
  const Numbers mask = noise({1, 4, 3, 5}, 4);
  added.attention->setMask(added.s.input("mask", mask.shape));
  const Oracle with{
      .add = [&](int64_t, int64_t h, int64_t s, int64_t t) { return mask.values[size_t((h * 3 + s) * 5 + t)]; }};
  expect_near(added.run({{"mask", mask}}), with(added.q, added.k, added.v), kTolerance);

  Case chosen;
  const Numbers seen{{2, 1, 3, 5},
                     {1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1}};
  chosen.attention->setMask(chosen.s.input("mask", seen.shape, DataType::kBOOL));
  EXPECT_STREQ(chosen.attention->getMask()->getName(), "mask");
  const Oracle only{
      .sees = [&](int64_t b, int64_t, int64_t s, int64_t t) { return seen.values[size_t((b * 3 + s) * 5 + t)] != 0; }};
  expect_near(chosen.run({{"mask", seen}}), only(chosen.q, chosen.k, chosen.v), kTolerance);
}

TEST(Attention, LengthsHideWhatLiesBehindThem) {
  Case c(CausalMaskKind::kLOWER_RIGHT);
  c.attention->setKeyValueLengths(&c.s.input("lengths", {2}, DataType::kINT32));
  const int64_t lengths[] = {4, 5};
  const Oracle oracle{
      .sees = [&](int64_t b, int64_t, int64_t s, int64_t t) { return t < lengths[b] && t <= s + lengths[b] - 3; }};
  expect_near(c.run({{"lengths", {{2}, {4, 5}}}}), oracle(c.q, c.k, c.v), kTolerance);
}

TEST(Attention, TheNormalizationMayBeQuantized) {
  Case c;
  c.attention->setNormalizationQuantizeScale(c.s.constant({}, {1.0F / 127}));
  EXPECT_TRUE(c.attention->setNormalizationQuantizeToType(DataType::kINT8));
  expect_near(c.run(), Oracle()(c.q, c.k, c.v), 5 * 0.5 / 127);  // five keys, each rounded by half a step
}

/// Sequences of 2 and 3 queries (4 and 1 keys) one after the other, with a token behind the last.
TEST(Attention, PackedTokensSeeTheirOwnSequence) {
  for (const auto kind : {CausalMaskKind::kNONE, CausalMaskKind::kUPPER_LEFT, CausalMaskKind::kLOWER_RIGHT}) {
    SCOPED_TRACE(static_cast<int>(kind));
    Session s;
    const Numbers q = noise({6, 2, 4}, 5), k = noise({5, 2, 4}, 6), v = noise({5, 2, 4}, 7);
    IAttention* attention = s.network->addAttentionV2(s.input("q", q.shape), s.input("k", k.shape),
                                                      s.input("v", v.shape), AttentionNormalizationOp::kSOFTMAX, kind);
    attention->setQueryForm(AttentionIOForm::kPACKED_NHD);
    attention->setKeyValueForm(AttentionIOForm::kPACKED_NHD);
    attention->setQueryLengths(&s.input("ql", {3}, DataType::kINT32));
    attention->setKeyValueLengths(&s.input("kl", {3}, DataType::kINT32));
    const Numbers y = result_of(s, *attention->getOutput(0),
                                {{"q", q}, {"k", k}, {"v", v}, {"ql", {{3}, {0, 2, 5}}}, {"kl", {{3}, {0, 4, 5}}}});
    ASSERT_EQ(y.shape, q.shape);
    const int64_t first_query[] = {0, 2, 5}, first_key[] = {0, 4, 5};
    for (int b = 0; b < 2; ++b) {
      const auto cut = [&](const Numbers& n, const int64_t* first) {
        Numbers part{{1, 2, first[b + 1] - first[b], 4}, {}};
        for (int64_t h = 0; h < 2; ++h)
          for (int64_t i = first[b]; i < first[b + 1]; ++i)
            for (int64_t d = 0; d < 4; ++d) part.values.push_back(n.values[size_t((i * 2 + h) * 4 + d)]);
        return part;
      };
      const int64_t queries = first_query[b + 1] - first_query[b], keys = first_key[b + 1] - first_key[b];
      Oracle oracle;
      if (kind == CausalMaskKind::kUPPER_LEFT)
        oracle.sees = [](int64_t, int64_t, int64_t i, int64_t t) { return t <= i; };
      if (kind == CausalMaskKind::kLOWER_RIGHT)
        oracle.sees = [&](int64_t, int64_t, int64_t i, int64_t t) { return t <= i + keys - queries; };
      const Numbers expected = oracle(cut(q, first_query), cut(k, first_key), cut(v, first_key));
      Numbers got = cut(y, first_query);
      if (kind == CausalMaskKind::kLOWER_RIGHT && keys < queries) continue;  // The first queries see no key at all.
      expect_near(got, expected, kTolerance);
    }
  }
}

TEST(Attention, MisuseIsReported) {
  Case both(CausalMaskKind::kUPPER_LEFT);
  both.attention->setMask(both.s.input("mask", {1, 1, 3, 5}));
  both.attention->setName("the attention");
  EXPECT_STREQ(both.attention->getName(), "the attention");
  EXPECT_EQ(both.attention->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(both.s.logger.take_errors(), HasSubstr("attention 'the attention': a mask and a causal kind exclude"));
  Case half;
  EXPECT_FALSE(half.attention->setNormalizationQuantizeToType(DataType::kHALF));
  EXPECT_TRUE(half.attention->setNormalizationQuantizeToType(DataType::kFP8));
  EXPECT_FALSE(half.attention->setNbRanks(2));
  half.s.logger.take_errors();
  EXPECT_EQ(half.attention->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(half.s.logger.take_errors(), HasSubstr("needs both a scale and a type"));
  EXPECT_EQ(half.s.network->getLayer(0)->getType(), LayerType::kATTENTION_INPUT);
  EXPECT_EQ(half.s.network->getLayer(1)->getType(), LayerType::kATTENTION_OUTPUT);
}

TEST(RotaryEmbedding, TurnsHalvesOrNeighbours) {
  for (const bool interleaved : {false, true})
    for (const int32_t turned : {0, 4})
      for (const bool positions : {false, true}) {
        SCOPED_TRACE(testing::Message() << interleaved << turned << positions);
        const int64_t size = 6, width = turned == 0 ? size : turned, half = width / 2;
        const Numbers x = noise({2, 2, 3, size}, 8);
        const std::vector<int64_t> cache = positions ? std::vector<int64_t>{9, half} : std::vector<int64_t>{2, 3, half};
        const Numbers cosines = noise(cache, 9), sines = noise(cache, 10), where{{2, 3}, {0, 4, 8, 1, 1, 7}};
        Session s;
        IRotaryEmbeddingLayer* layer = s.network->addRotaryEmbedding(s.input("x", x.shape), s.input("cos", cache),
                                                                     s.input("sin", cache), interleaved, turned);
        std::map<std::string, Numbers> inputs{{"x", x}, {"cos", cosines}, {"sin", sines}};
        if (positions) {
          layer->setInput(3, s.input("where", {2, 3}, DataType::kINT64));
          inputs["where"] = where;
        }
        Numbers expected = x;
        for (int64_t b = 0; b < 2; ++b)
          for (int64_t h = 0; h < 2; ++h)
            for (int64_t t = 0; t < 3; ++t)
              for (int64_t i = 0; i < half; ++i) {
                const int64_t row = ((b * 2 + h) * 3 + t) * size;
                const size_t p = size_t(row + (interleaved ? 2 * i : i)),
                             q = size_t(row + (interleaved ? 2 * i + 1 : i + half));
                const int64_t line = positions ? int64_t(where.values[size_t(b * 3 + t)]) : b * 3 + t;
                const double c = cosines.values[size_t(line * half + i)], n = sines.values[size_t(line * half + i)];
                expected.values[p] = x.values[p] * c - x.values[q] * n;
                expected.values[q] = x.values[q] * c + x.values[p] * n;
              }
        expect_near(result_of(s, *layer->getOutput(0), inputs), expected, 1e-6);
      }
}

TEST(MixtureOfExperts, SumsWhatTheChosenExpertsSay) {
  for (const bool biased : {false, true})
    for (const float limit : {INFINITY, 0.4F}) {
      Session s;
      const Numbers x = noise({1, 3, 4}, 11), gate = noise({3, 4, 5}, 12), up = noise({3, 4, 5}, 13),
                    down = noise({3, 5, 4}, 14);
      const Numbers gate_bias = noise({3, 5}, 15), up_bias = noise({3, 5}, 16), down_bias = noise({3, 4}, 17);
      const Numbers chosen{{1, 3, 2}, {0, 2, 1, 0, 2, 1}}, score = noise({1, 3, 2}, 18);
      IMoELayer* moe = s.network->addMoE(s.input("x", x.shape), s.input("chosen", chosen.shape, DataType::kINT32),
                                         s.input("score", score.shape));
      moe->setGatedWeights(s.input("gate", gate.shape), s.input("up", up.shape), s.input("down", down.shape),
                           MoEActType::kSILU);
      moe->setSwigluParams(limit, 1.7F, 0.5F);
      std::map<std::string, Numbers> inputs{{"x", x},       {"chosen", chosen}, {"score", score},
                                            {"gate", gate}, {"up", up},         {"down", down}};
      if (biased) {
        moe->setGatedBiases(s.input("gb", gate_bias.shape), s.input("ub", up_bias.shape),
                            s.input("db", down_bias.shape));
        inputs.insert({{"gb", gate_bias}, {"ub", up_bias}, {"db", down_bias}});
      }
      Numbers expected{{1, 3, 4}, std::vector<double>(12, 0)};
      for (int64_t n = 0; n < 3; ++n)
        for (int64_t i = 0; i < 2; ++i) {
          const auto e = int64_t(chosen.values[size_t(n * 2 + i)]);
          std::vector<double> inner;
          for (int64_t j = 0; j < 5; ++j) {
            double g = biased ? gate_bias.values[size_t(e * 5 + j)] : 0,
                   u = biased ? up_bias.values[size_t(e * 5 + j)] : 0;
            for (int64_t d = 0; d < 4; ++d) {
              g += x.values[size_t(n * 4 + d)] * gate.values[size_t((e * 4 + d) * 5 + j)];
              u += x.values[size_t(n * 4 + d)] * up.values[size_t((e * 4 + d) * 5 + j)];
            }
            g = std::min<double>(g, limit);
            u = std::max<double>(std::min<double>(u, limit), -limit);
            inner.push_back(g / (1 + std::exp(-1.7 * g)) * (u + 0.5));
          }
          for (int64_t d = 0; d < 4; ++d) {
            double y = biased ? down_bias.values[size_t(e * 4 + d)] : 0;
            for (int64_t j = 0; j < 5; ++j) y += inner[size_t(j)] * down.values[size_t((e * 5 + j) * 4 + d)];
            expected.values[size_t(n * 4 + d)] += y * score.values[size_t(n * 2 + i)];
          }
        }
      expect_near(result_of(s, *moe->getOutput(0), inputs), expected, kTolerance);
    }
}

}  // namespace
}  // namespace dovetail::test
