#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "helpers.h"

namespace dvt::ops {
namespace {

using ::testing::HasSubstr;

/// Gives every field another value than it has.
class Changer final : public FieldVisitor {
 public:
  int fields = 0;
  void field(std::string_view, bool& v) override { v = !v, ++fields; }
  void field(std::string_view, int64_t& v) override { v = v == 7 ? 8 : 7, ++fields; }
  void field(std::string_view, double& v) override { v = v == 0.1 ? -0.3 : 0.1, ++fields; }
  void field(std::string_view, std::string& v) override { v = "a \"b\\,{}[", ++fields; }
  void field(std::string_view, DType& v) override { v = v == DType::u16 ? DType::f64 : DType::u16, ++fields; }
  void field(std::string_view, std::vector<int64_t>& v) override {
    v = {-1, 0, std::numeric_limits<int64_t>::max()}, ++fields;
  }
  void field(std::string_view, std::vector<double>& v) override {
    v = {0.1, -std::numeric_limits<double>::infinity(), 1e300}, ++fields;
  }
  void field(std::string_view, std::vector<Dim>& v) override {
    v = {Dim::symbol("batch") * Dim(2) + Dim(1), floordiv(Dim::symbol("a,b"), Dim(2)), Dim(-1)}, ++fields;
  }
  void field(std::string_view, std::vector<std::string>& v) override {
    v = {"", "a \"b\\,{}[", std::string("\0\n\xff\xc3\xa9", 5)}, ++fields;
  }
  void enum_field(std::string_view, int& v, std::span<const std::string_view> names) override {
    v = v == static_cast<int>(names.size()) - 1 ? 0 : static_cast<int>(names.size()) - 1, ++fields;
  }
};

TEST(Text, EveryOperatorRoundTrips) {
  for (const OpInfo& info : op_table()) {
    const Op plain(info.id, info.make_default());
    EXPECT_EQ(to_string(plain), info.name);
    EXPECT_EQ(parse_op(info.name), plain);

    const std::shared_ptr<void> changed = info.make_default();
    Changer changer;
    info.visit_fields(changed.get(), changer);
    const Op op(info.id, changed);
    const std::string text = to_string(op);
    EXPECT_EQ(text.find('{') != std::string::npos, changer.fields > 0) << text;
    const Op again = parse_op(text);
    EXPECT_EQ(to_string(again), text);
    EXPECT_EQ(again, op);
    EXPECT_EQ(again == plain, changer.fields == 0) << text;
  }
}

TEST(Text, PrintsFieldsThatDifferInDeclarationOrder) {
  EXPECT_EQ(to_string(parse_op(" conv{ pads_end=[1, 2] , strides=[2,2],groups=1}")),
            "conv{strides=[2,2],pads_end=[1,2]}");
  EXPECT_EQ(to_string(parse_op("reshape{shape=[\"odd name\",-1,2*s]}")), "reshape{shape=[\"odd name\",-1,2*s]}");
  EXPECT_EQ(to_string(parse_op("pad{mode=edge,value=inf}")), "pad{mode=edge,value=inf}");
  EXPECT_EQ(to_string(parse_op("reshape{shape=[]}")), "reshape");
  EXPECT_EQ(to_string(parse_op("elementwise{op=floor_div}")), "elementwise{op=floor_div}");
}

std::string parse_refusal(std::string_view text) {
  try {
    parse_op(text);
    return "";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    return e.what();
  }
}

TEST(Text, RefusesWhatItDoesNotUnderstand) {
  EXPECT_THAT(parse_refusal(""), HasSubstr("no operator ''"));
  EXPECT_THAT(parse_refusal("convolution{}"), HasSubstr("no operator 'convolution'"));
  EXPECT_THAT(parse_refusal("conv{bias=1}"), HasSubstr("no attribute 'bias'"));
  EXPECT_THAT(parse_refusal("conv{groups=1,groups=2}"), HasSubstr("given twice"));
  EXPECT_THAT(parse_refusal("conv{groups=1.5}"), HasSubstr("groups must be an integer, got '1.5'"));
  EXPECT_THAT(parse_refusal("conv{groups=99999999999999999999}"), HasSubstr("an integer"));
  EXPECT_THAT(parse_refusal("conv{groups}"), HasSubstr("without '='"));
  EXPECT_THAT(parse_refusal("conv{groups=1"), HasSubstr("brace that is not closed"));
  EXPECT_THAT(parse_refusal("conv{strides=1}"), HasSubstr("a list in brackets"));
  EXPECT_THAT(parse_refusal("conv{strides=[1}"), HasSubstr("bracket that is not closed"));
  EXPECT_THAT(parse_refusal("conv{strides=[1,]}"), HasSubstr("an integer, got ''"));
  EXPECT_THAT(parse_refusal("conv{strides=1]}"), HasSubstr("without its partner"));
  EXPECT_THAT(parse_refusal("conv{padding=full}"), HasSubstr("one of explicit, same_upper, same_lower, valid"));
  EXPECT_THAT(parse_refusal("softmax{log=1}"), HasSubstr("true or false"));
  EXPECT_THAT(parse_refusal("cast{to=f99}"), HasSubstr("a data type"));
  EXPECT_THAT(parse_refusal("reshape{shape=[\"x]}"), HasSubstr("quote that is not closed"));
  EXPECT_NE(parse_refusal("reshape{shape=[2*]}"), "");
  EXPECT_THAT(parse_refusal("conv" + std::string(17000000, ' ') + "{a=1}"), HasSubstr("16 MiB"));
  std::string longest = "transpose{perm=[0";
  for (int i = 0; i < 4096; ++i) longest += ",0";
  EXPECT_THAT(parse_refusal(longest + "]}"), HasSubstr("at most 4096"));
  EXPECT_NE(parse_refusal("reshape{shape=[" + std::string(60000, '(') + "]}"), "");
}

TEST(Text, DamagedTextNeverDoesAnythingButThrow) {
  const std::string text = "slice{start=[a+1,0],size=[floordiv(b,2),3],step=[1,-1],has_step_input=true}";
  for (size_t i = 0; i < text.size(); ++i)
    for (char c : std::string("{}[](),=\"\\0-?x")) {
      std::string damaged = text;
      damaged[i] = c;
      try {
        to_string(parse_op(damaged));
        to_string(parse_op(text.substr(0, i)));
      } catch (const Error&) {
      }
    }
}

TEST(Table, FindsOperatorsByName) {
  ASSERT_NE(find_op("softmax"), nullptr);
  EXPECT_EQ(find_op("softmax")->id, OpId::softmax);
  EXPECT_EQ(find_op("Softmax"), nullptr);
  for (const OpInfo& info : op_table()) EXPECT_EQ(op_info(info.id).name, info.name);
}

}  // namespace
}  // namespace dvt::ops
