// Operators and text: who takes it, and that nobody else ever sees any.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "helpers.h"

namespace dvt::ops {
namespace {

using ::testing::HasSubstr;

std::string refusal(const Op& op, const std::vector<ValueInfo>& inputs) {
  try {
    infer(op, inputs);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(TextTypes, OperatorsThatDoNotSayThatTheyTakeTextRefuseIt) {
  for (const OpInfo& info : op_table()) {
    if (info.takes_text || info.max_inputs == 0) continue;
    const std::vector<ValueInfo> texts(static_cast<size_t>(std::max(info.min_inputs, 1)),
                                       {{DType::text, {2, 2}}, std::nullopt});
    EXPECT_THAT(refusal(Op(info.id, info.make_default()), texts), HasSubstr("input 0 is text")) << info.name;
  }
}

TEST(TextTypes, NumbersDoNotBecomeText) {
  const std::vector<ValueInfo> numbers{{{DType::f32, {2}}, std::nullopt}};
  EXPECT_THAT(refusal(parse_op("cast{to=text}"), numbers), HasSubstr("output 0 is text"));
  EXPECT_NE(refusal(parse_op("bitcast{to=text}"), numbers), "");
  EXPECT_THROW(parse_op("pointwise{to=text}"), Error);
}

}  // namespace
}  // namespace dvt::ops
