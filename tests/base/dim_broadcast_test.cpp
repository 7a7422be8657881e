#include "base/dim_broadcast.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace dvt {
namespace {

const Dim b = Dim::symbol("b"), s = Dim::symbol("s"), n = Dim::symbol("n");

TEST(Broadcast, DecidesWhatSymbolsCannotChange) {
  EXPECT_EQ(broadcast(n, n), n);
  EXPECT_EQ(broadcast(n, Dim(1)), n);
  EXPECT_EQ(broadcast(Dim(1), n), n);
  EXPECT_EQ(broadcast(n, Dim(7)), Dim(7)) << "n is 7 or 1";
  EXPECT_EQ(broadcast(Dim(0), n), Dim(0)) << "n is 0 or 1";
  EXPECT_EQ(broadcast(n, s + 2), s + 2) << "at least 2";
  EXPECT_EQ(broadcast(n + 2, s + 2), broadcast(s + 2, n + 2));
  EXPECT_EQ(to_string(broadcast(s, n)), "broadcast(n,s)");
  EXPECT_EQ(broadcast(broadcast(n, s), broadcast(b, n)), broadcast(b, broadcast(s, n)));
  EXPECT_EQ(broadcast(broadcast(n, s), n), broadcast(n, s)) << "what meets again changes nothing";
  EXPECT_EQ(broadcast(broadcast(n, s), Dim(7)), Dim(7));
  EXPECT_EQ(broadcast(n, min(n, Dim(512))), n) << "positions: where they are not n, they are too many to meet it";
  EXPECT_EQ(broadcast(broadcast(min(n, Dim(512)), s), n), broadcast(n, s));
  EXPECT_EQ(to_string(broadcast(n, min(n, s))), "broadcast(n,min(n,s))") << "s may be 1";
  EXPECT_EQ(to_string(broadcast(n, min(n, Dim(1)))), "broadcast(n,min(n,1))") << "0 where n is";
  EXPECT_EQ(broadcast(n, max(n, Dim(1))), n);
  EXPECT_EQ(broadcast(n, select(equal(s, 3), Dim(1), n)), n) << "as sizes that are not to be changed are given";
  std::vector<std::vector<Dim>> meetings;
  collect_broadcasts(2 * broadcast(n, s) + max(b, broadcast(s, n)), meetings);
  EXPECT_EQ(meetings, (std::vector<std::vector<Dim>>{{n, s}}));
}

TEST(Broadcast, AsManySizesAsAnyoneNeeds) {
  Dim d(1);
  for (int i = 0; i < 64; ++i) d = broadcast(d, Dim::symbol("x" + std::to_string(i)));
  EXPECT_EQ(parse_dim(to_string(d)), d);
  EXPECT_THROW(broadcast(d, n), Error);
  EXPECT_THROW(parse_dim("broadcast(" + to_string(d) + ",n)"), Error);
}

TEST(Broadcast, HasTheValueOfNumPy) {
  const auto program = DimProgram(broadcast(broadcast(n, s), b), [](std::string_view name) {
    return name == "n" ? 0 : name == "s" ? 1 : 2;
  });
  for (int64_t x : {0, 1, 2, 3})
    for (int64_t y : {0, 1, 2, 3})
      for (int64_t z : {0, 1, 2, 3}) {
        const int64_t sizes[] = {x, y, z};
        int64_t expected = 1;
        bool meets = true;
        for (int64_t size : sizes) {
          meets &= size == 1 || expected == 1 || size == expected;
          if (size != 1) expected = size;
        }
        EXPECT_EQ(can_broadcast(sizes), meets);
        const SymbolValues values{{"n", x}, {"s", y}, {"b", z}};
        if (!meets) {
          EXPECT_THROW(broadcast(broadcast(n, s), b).eval(values), Error);
          continue;
        }
        EXPECT_EQ(broadcast(broadcast(n, s), b).eval(values), expected);
        EXPECT_EQ(program.eval(sizes), expected);
        // Every interval around these values contains it.
        for (int64_t wider : {0, 1}) {
          const auto around = [&](int64_t v) { return DimRange{std::max<int64_t>(v - wider, 0), v, v + wider}; };
          const DimRange r =
              broadcast(broadcast(n, s), b).range({{"n", around(x)}, {"s", around(y)}, {"b", around(z)}});
          EXPECT_LE(r.min, expected);
          EXPECT_GE(r.max, expected);
          EXPECT_EQ(r.opt, expected);
        }
      }
  EXPECT_EQ(broadcast(n, s).range({{"n", {1, 2, 8}}, {"s", {4, 4, 4}}}), (DimRange{4, 4, 4}));
  EXPECT_EQ(broadcast(n, s).range({{"n", {1, 2, 8}}, {"s", {1, 2, 6}}}), (DimRange{1, 2, 8}));
  EXPECT_EQ(broadcast(n, s).range({{"n", {0, 2, 8}}, {"s", {1, 2, 6}}}), (DimRange{0, 2, 8}));
}

}  // namespace
}  // namespace dvt
