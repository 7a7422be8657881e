#include "base/dim.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/dim_node.h"
#include "base/error.h"

namespace dvt {
namespace {

const Dim b = Dim::symbol("b"), s = Dim::symbol("s"), n = Dim::symbol("n");

TEST(Dim, EqualExpressionsAreEqualHoweverTheyWereBuilt) {
  EXPECT_EQ(b * s, s * b);
  EXPECT_EQ((n + 2) - 2, n);
  EXPECT_EQ((b + s) * (b - s), b * b - s * s);
  EXPECT_EQ(n - n, Dim(0));
  EXPECT_EQ(b + s + b, 2 * b + s);
  EXPECT_FALSE(b == s);
  EXPECT_FALSE(b == Dim(0));
}

TEST(Dim, ExactDivisionsSimplify) {
  EXPECT_EQ(floordiv(2 * b * s, 2 * b), s);
  EXPECT_EQ(floordiv(n, 1), n);
  EXPECT_EQ(floordiv(n, n), Dim(1));
  EXPECT_EQ(floordiv(4 * n + 7, 4), n + 1 + floordiv(Dim(3), 4));
  EXPECT_EQ(to_string(floordiv(4 * n + 7, 4)), "n+1");
  EXPECT_EQ(floordiv((b + s) * (b + 1), b + s), b + 1);
  EXPECT_EQ(floordiv(6 * n + 4, 4), floordiv(3 * n + 2, 2)) << "lowest terms";
  EXPECT_EQ(floordiv(floordiv(n - 1, 2), 2), floordiv(n - 1, 4));
  EXPECT_EQ(floordiv(b * n, b * s), floordiv(n, s));
  EXPECT_EQ(ceildiv(n, 4), floordiv(n + 3, 4));
  EXPECT_EQ(ceildiv(b * s, b), s);
  EXPECT_EQ(mod(4 * n + 5, 4), Dim(1));
  EXPECT_EQ(mod(b * s, s), Dim(0));
  EXPECT_EQ(floordiv(-1 * n, -1), n);
}

TEST(Dim, FunctionsSimplify) {
  EXPECT_EQ(min(n, n), n);
  EXPECT_EQ(min(n, n + 1), n);
  EXPECT_EQ(max(n, n + 1), n + 1);
  EXPECT_EQ(min(min(n, 5), 3), min(n, 3));
  EXPECT_EQ(min(b, min(s, n)), min(min(n, b), s));
  EXPECT_EQ(equal(n, n), Dim(1));
  EXPECT_EQ(equal(n, n + 1), Dim(0));
  EXPECT_EQ(equal(b, s), equal(s, b));
  EXPECT_EQ(less(n, n + 1), Dim(1));
  EXPECT_EQ(less(n + 2, b), less(n, b - 2));
  EXPECT_EQ(select(less(Dim(1), 2), b, s), b);
  EXPECT_EQ(select(equal(b, s), n, n), n);
}

TEST(Dim, ConstantsFold) {
  EXPECT_EQ(floordiv(Dim(-7), 2), Dim(-4));
  EXPECT_EQ(ceildiv(Dim(-7), 2), Dim(-3));
  EXPECT_EQ(ceildiv(Dim(INT64_MAX), 2), Dim(INT64_MAX / 2 + 1));
  EXPECT_EQ(mod(Dim(-7), 2), Dim(1));
  EXPECT_EQ(mod(Dim(7), -2), Dim(-1));
  EXPECT_EQ(mod(Dim(INT64_MIN), -1), Dim(0));
  EXPECT_EQ(Dim(7).as_constant(), 7);
  EXPECT_EQ(n.as_symbol(), "n");
  EXPECT_EQ((n + 1).as_symbol(), std::nullopt);
}

TEST(Dim, OverflowIsAnError) {
  const Dim highest(INT64_MAX), lowest(INT64_MIN);
  EXPECT_THROW(highest + 1, Error);
  EXPECT_THROW(lowest - 1, Error);
  EXPECT_THROW(Dim(0) - lowest, Error);
  EXPECT_THROW(highest * 2, Error);
  EXPECT_THROW(floordiv(lowest, -1), Error);
  EXPECT_THROW((highest * n) * 2, Error);
  EXPECT_THROW(highest * n + n, Error);
  EXPECT_THROW((highest * n).eval({{"n", 2}}), Error);
  try {
    (void)(highest + 1);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidModel);
    EXPECT_STREQ(e.what(), "dimension overflows 64 bits");
  }
}

TEST(Dim, EvaluationNamesWhatIsMissing) {
  try {
    (b + s).eval({{"b", 2}});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidState);
    EXPECT_STREQ(e.what(), "dimension 's' has no value yet");
  }
  try {
    floordiv(n, b).eval({{"b", 0}, {"n", 1}});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidModel);
    EXPECT_STREQ(e.what(), "division by zero in dimension floordiv(n,b)");
  }
  EXPECT_THROW(mod(n, 0).eval({{"n", 1}}), Error);
  EXPECT_EQ(select(equal(b, 0), Dim(7), floordiv(n, b)).eval({{"b", 0}, {"n", 1}}), 7) << "only what is chosen";
}

TEST(Dim, RangeContainsAndIsTightWhereItMatters) {
  const SymbolRanges r = {{"n", {1, 7, 1024}}, {"b", {0, 2, 8}}};
  const auto range = [&](const Dim& d) { return to_string(d.range(r)); };
  EXPECT_EQ(range(Dim(3)), "3");
  EXPECT_EQ(range(n), "1..1024@7");
  EXPECT_EQ(range(2 * n - 1), "1..2047@13");
  EXPECT_EQ(range(b * n), "0..8192@14");
  EXPECT_EQ(range(n * n - n), "0..1047552@42") << "monotonic: the two n move together";
  EXPECT_EQ(range(n - floordiv(n, 2)), "1..512@4") << "half of n is taken from n itself";
  EXPECT_EQ(range(ceildiv(n, 2)), "1..512@4");
  EXPECT_EQ(range(mod(n, 4)), "0..3@3");
  EXPECT_EQ(range(max(n - 10, 0)), "0..1014@0");
  EXPECT_EQ(range(less(n, 2000)), "1");
  EXPECT_EQ(range(equal(n, 7)), "0..1@1");
  EXPECT_EQ(range(select(less(b, 100), n, Dim(-1))), "1..1024@7");
  EXPECT_EQ(range(floordiv(n, b)), "0..1024@3") << "x / 0 counts as 0";
  EXPECT_EQ(range(Dim::symbol("unknown")), "0..2147483647@1");
  EXPECT_EQ(to_string(DimRange{4, 4, 4}), "4");
}

TEST(Dim, RangeSaturates) {
  const Dim huge = Dim(INT64_MAX) * n;
  const DimRange r = huge.range({{"n", {0, 2, 100}}});
  EXPECT_EQ(r.min, 0);
  EXPECT_EQ(r.max, INT64_MAX);
}

TEST(Dim, SubstituteAndCollect) {
  const Dim d = floordiv(2 * b + s, 2) * max(n, b);
  std::vector<std::string> names;
  d.collect_symbols(names);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"b", "n", "s"}));
  EXPECT_EQ(d.substitute({{"b", Dim(4)}, {"n", Dim(2)}, {"s", Dim(1)}}), Dim(16));
  EXPECT_EQ((b + s).substitute({{"b", s}, {"s", b}}), b + s) << "at once, not one after the other";
}

TEST(Dim, TextForms) {
  EXPECT_EQ(to_string(2 * s + 1), "2*s+1");
  EXPECT_EQ(to_string(Dim(0) - n - 2), "-n-2");
  EXPECT_EQ(to_string(Dim::symbol("shape[2]") * Dim::symbol("x.d0")), "shape[2]*x.d0");
  EXPECT_EQ(to_string(Dim::symbol("past + 1")), "\"past + 1\"");
  EXPECT_EQ(parse_dim(" b * ( s + 1 ) - 3 "), b * s + b - 3);
  EXPECT_EQ(parse_dim("a-1"), Dim::symbol("a") - 1) << "a minus is not part of a name";
  EXPECT_EQ(parse_dim("-9223372036854775808"), Dim(INT64_MIN));
  EXPECT_EQ(parse_dim("min(b,s,3)"), min(min(b, s), 3));
  EXPECT_EQ(parse_dim("min"), Dim::symbol("min"));
  for (const char* name : {"a", "a-b", "3", "", "x[", "x]", "x[1][2]", "a\"b\\c", "\n\x7f", "\xc3\xa9", "?late_1"}) {
    if (!*name) continue;
    EXPECT_EQ(parse_dim(to_string(Dim::symbol(name))).as_symbol(), name);
  }
}

TEST(Dim, HostileTexts) {
  std::string deep(100000, '('), nested, wide, big_product = "1";
  for (int i = 0; i < 1000; ++i) nested += "mod(3,";
  for (int i = 0; i < 5000; ++i) wide += "+x" + std::to_string(i);
  for (int i = 0; i < 40; ++i) big_product += "*(x" + std::to_string(i) + "+y" + std::to_string(i) + ")";
  std::string doubling = "n";
  for (int i = 0; i < 30; ++i) doubling = "max(" + doubling + ",mod(n," + std::to_string(i + 2) + "))";
  for (const std::string& text : {std::string(),
                                  std::string(" "),
                                  std::string("+"),
                                  std::string("a+"),
                                  std::string("a b"),
                                  std::string("(a"),
                                  std::string("a)"),
                                  std::string("min(a)"),
                                  std::string("min(a,"),
                                  std::string("floordiv(a,b,c)"),
                                  std::string("nosuch(a)"),
                                  std::string("99999999999999999999"),
                                  std::string("9223372036854775807+1"),
                                  std::string("\"abc"),
                                  std::string("\"\\x4\""),
                                  std::string("\"\\q\""),
                                  std::string("\"\""),
                                  std::string("a\0b", 3),
                                  std::string("shape[2"),
                                  std::string(300000, ' '),
                                  std::string(2000, 'a'),
                                  deep,
                                  nested,
                                  wide.substr(1),
                                  big_product}) {
    try {
      parse_dim(text);
      FAIL() << text.substr(0, 100);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument) << e.what();
      EXPECT_LT(std::string(e.what()).size(), 400u);
    }
  }
  EXPECT_NO_THROW(parse_dim(doubling));
}

TEST(Dim, GrowthIsLimited) {
  Dim d = n;
  EXPECT_THROW(
      {
        for (int i = 0; i < 100; ++i) d = max(floordiv(d, b), mod(d, s));  // doubles each time
      },
      Error);
}

// Seeded random expressions, built twice: as a Dim, and as the value that plain arithmetic gives at a point.
struct Random {
  std::mt19937 engine;
  SymbolValues point;
  struct Built {
    Dim dim;
    int64_t value;
  };
  int64_t pick(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine); }
  static int64_t floor_quotient(int64_t x, int64_t y) {
    return static_cast<int64_t>(std::floor(static_cast<long double>(x) / static_cast<long double>(y)));
  }
  Built make(int depth) {
    if (depth == 0 || pick(0, 5) == 0) {
      if (pick(0, 2) == 0) {
        const int64_t c = pick(-4, 6);
        return {Dim(c), c};
      }
      auto it = point.begin();
      std::advance(it, pick(0, static_cast<int64_t>(point.size()) - 1));
      return {Dim::symbol(it->first), it->second};
    }
    const Built x = make(depth - 1), y = make(depth - 1);
    const int64_t k = pick(1, 6);
    switch (pick(0, 10)) {
      case 0:
      case 1:
        return {x.dim + y.dim, x.value + y.value};
      case 2:
        return {x.dim - y.dim, x.value - y.value};
      case 3:
        return {x.dim * y.dim, x.value * y.value};
      case 4:
        return {floordiv(x.dim, Dim(k)), floor_quotient(x.value, k)};
      case 5:
        return {ceildiv(x.dim, Dim(k)), -floor_quotient(-x.value, k)};
      case 6:
        return {mod(x.dim, Dim(k)), x.value - k * floor_quotient(x.value, k)};
      case 7:
        if (y.value == 0 || y.dim == Dim(0)) return x;
        if (pick(0, 1)) return {mod(x.dim, y.dim), x.value - y.value * floor_quotient(x.value, y.value)};
        if (pick(0, 1)) return {ceildiv(x.dim, y.dim), -floor_quotient(-x.value, y.value)};
        return {floordiv(x.dim, y.dim), floor_quotient(x.value, y.value)};
      case 8:
        return {min(x.dim, y.dim), std::min(x.value, y.value)};
      case 9:
        return {max(x.dim, y.dim), std::max(x.value, y.value)};
      default:
        if (pick(0, 1)) return {equal(x.dim, y.dim), x.value == y.value};
        return {select(less(x.dim, y.dim), x.dim, y.dim), x.value < y.value ? x.value : y.value};
    }
  }
};

TEST(Dim, RandomExpressionsKeepTheirMeaning) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random{std::mt19937(seed), {}};
    const SymbolRanges ranges = {{"a", {1, 3, 9}}, {"b", {0, 2, 5}}, {"c[0]", {-3, 1, 4}}};
    for (const auto& [name, r] : ranges) random.point[name] = random.pick(r.min, r.max);
    Random::Built built;
    try {
      built = random.make(4);
    } catch (const Error& e) {
      ADD_FAILURE() << e.what();
      continue;
    }
    std::string text = to_string(built.dim);
    SCOPED_TRACE(text);
    int64_t value = 0;
    try {
      value = built.dim.eval(random.point);
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInvalidModel) << e.what();  // divides by an expression that is 0 here
      continue;
    }
    EXPECT_EQ(value, built.value);
    EXPECT_EQ(parse_dim(text), built.dim);
    EXPECT_EQ(to_string(parse_dim(text)), text);
    const DimRange r = built.dim.range(ranges);
    EXPECT_LE(r.min, value);
    EXPECT_GE(r.max, value);
    EXPECT_LE(r.min, r.opt);
    EXPECT_GE(r.max, r.opt);
    const std::vector<std::string> slots = {"a", "b", "c[0]"};
    const DimProgram program(built.dim, [&](std::string_view name) {
      return static_cast<int>(std::find(slots.begin(), slots.end(), name) - slots.begin());
    });
    const int64_t values[] = {random.point["a"], random.point["b"], random.point["c[0]"]};
    EXPECT_EQ(program.eval(values), value);
    std::map<std::string, Dim, std::less<>> constants;
    for (const auto& [name, v] : random.point) constants[name] = Dim(v);
    EXPECT_EQ(built.dim.substitute(constants), Dim(value));
  }
}

TEST(DimProgram, NeverFails) {
  const auto slot = [](std::string_view name) { return name == "b" ? 0 : name == "n" ? 1 : 99; };
  EXPECT_EQ(DimProgram().eval({}), 0);
  EXPECT_TRUE(DimProgram(Dim(3), slot).is_constant());
  const int64_t values[] = {0, INT64_MAX};
  EXPECT_EQ(DimProgram(floordiv(n, b), slot).eval(values), 0);
  EXPECT_EQ(DimProgram(mod(n, b), slot).eval(values), 0);
  EXPECT_EQ(DimProgram(n * n + n, slot).eval(values), INT64_MAX);
  EXPECT_EQ(DimProgram(s, slot).eval(values), 0) << "a slot that is not there";
}

TEST(DimProgram, DeepestExpressionFits) {
  Dim d = n;
  for (int i = 0; i < DimNode::kMaxDepth - 1; ++i) d = b + 2 * b * mod(d, Dim(1000 + i));
  SymbolValues point = {{"n", 5}, {"b", 3}};
  const int64_t values[] = {3, 5};
  const DimProgram program(d, [](std::string_view name) { return name == "b" ? 0 : 1; });
  EXPECT_EQ(program.eval(values), d.eval(point));
  EXPECT_EQ(parse_dim(to_string(d)), d);
}

}  // namespace
}  // namespace dvt
