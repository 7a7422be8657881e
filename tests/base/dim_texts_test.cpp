#include "base/dim_texts.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace dvt {
namespace {

TEST(DimTexts, EqualTextsShareOneExpression) {
  DimTexts texts;
  const Dim first = texts.read("2*batch+1");
  EXPECT_EQ(texts.read("2*batch+1").node(), first.node());
  EXPECT_EQ(first, Dim(2) * Dim::symbol("batch") + Dim(1));
  EXPECT_EQ(texts.read("1+batch*2"), first);  // another text: equal, read anew
  EXPECT_EQ(texts.read("7"), Dim(7));
}

TEST(DimTexts, WhatCannotBeReadIsRefusedEachTime) {
  DimTexts texts;
  for (int i = 0; i < 2; ++i) EXPECT_THROW(texts.read("2*"), Error);
}

TEST(DimMemo, AsksOncePerSharedExpression) {
  DimTexts texts;
  DimMemo<size_t> memo;
  int asked = 0;
  const auto symbols = [&asked](const Dim& d) {
    ++asked;
    std::vector<std::string> names;
    d.collect_symbols(names);
    return names.size();
  };
  EXPECT_EQ(memo.of(texts.read("a*b"), symbols), 2u);
  EXPECT_EQ(memo.of(texts.read("a*b"), symbols), 2u);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(memo.of(texts.read("a"), symbols), 1u);
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace dvt
