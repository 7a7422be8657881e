#include "backend/problem.h"

#include <gtest/gtest.h>

#include "base/concat.h"
#include "base/error.h"

namespace dvt::backend {
namespace {

std::string refusal(const std::string& text) {
  try {
    parse_problem(text);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument) << e.what();
    return e.what();
  }
  return "accepted";
}

void refuses(const std::string& text, const std::string& because) {
  EXPECT_NE(refusal(text).find(because), std::string::npos) << text << "\n  gives: " << refusal(text);
}

TEST(Problem, TextReadsBackAsItself) {
  for (const std::string text : {
           "matmul (f32[1..8@4,3,64], const f32[64,32]) -> f32[1..8@4,3,32]",
           "matmul (f32[4,8], const f32[8,6]; const f32[6]) -> f32[4,6] | (f32,f32) relu(add($0,$1))",
           "pool{window=[2,2],strides=[2,2]} (f32[1,4,8,8]:cl) -> f32[1,4,4,4]:cl",
           "pointwise (f32[3], f32[]) -> f32[3] | (f32,f32) add($0,$1)",
           "softmax (f32[0,4]) -> f32[0,4]",
           "softmax (f32[2,3,4]:slice2) -> f32[2,3,4]:slice0",
           "pool{window=[2,2],strides=[2,2]} (f32[1,4,8,8]:cl:slice1) -> f32[1,4,4,4]:cl:slice1",
           "identity (i4[7]) -> i4[7]",
       }) {
    EXPECT_EQ(to_string(parse_problem(text)), text);
  }
}

TEST(Problem, ASlicesBlocksReachFromItsAxisInwardsInTheOrderOfMemory) {
  const Problem p = parse_problem("identity (f32[2,3,5,7]:cl:slice1) -> f32[2,3,5,7]:slice2");
  const std::vector<int64_t> dims{2, 3, 5, 7};
  EXPECT_EQ(block_elements(p.inputs[0], dims), 3);
  EXPECT_EQ(block_count(p.inputs[0], dims), 2 * 5 * 7);
  EXPECT_EQ(block_elements(p.outputs[0], dims), 5 * 7);
  EXPECT_EQ(block_count(p.outputs[0], dims), 2 * 3);
  EXPECT_EQ(find_slice(p), &p.inputs[0]);
  EXPECT_EQ(find_slice(parse_problem("identity (f32[2]) -> f32[2]")), nullptr);
}

TEST(Problem, RefusesSlicesThatCannotBe) {
  refuses("identity (f32[2,3]:slice2) -> f32[2,3]", "no axis 2");
  refuses("identity (const f32[2,3]:slice1) -> f32[2,3]", "a constant is no slice");
  refuses("identity (i4[2,4]:slice1) -> i4[2,4]", "share bytes");
  refuses("identity (f32[2,3]:slice) -> f32[2,3]", "a number");
}

TEST(Problem, TellsOpInputsFromExtraOnes) {
  const Problem p = parse_problem(
      "matmul (f32[4,8], f32[8,6]; f32[6], f32[4,6]) -> f32[4,6] | (f32,f32,f32) "
      "add(add($0,$1),$2)");
  EXPECT_EQ(p.op_inputs().size(), 2u);
  EXPECT_EQ(p.extra_inputs().size(), 2u);
}

TEST(Problem, RefusesWhatIsNotText) {
  refuses("", "expected a name");
  refuses("softmax", "expected ' ('");
  refuses("softmax{axis=1", "unclosed");
  refuses("no_such_op (f32[1]) -> f32[1]", "no_such_op");
  refuses("softmax (f99[1]) -> f32[1]", "unknown data type");
  refuses("softmax (f32[1]) -> f32[1] trailing", "unexpected text");
  refuses("softmax (f32[1]", "expected");
  refuses("softmax (f32[-1]) -> f32[-1]", "0 or more");
  refuses("softmax (f32[99999999999999999999]) -> f32[1]", "0 or more");
}

TEST(Problem, RefusesDimsOutOfBounds) {
  refuses("softmax (f32[5..2@3]) -> f32[5..2@3]", "min <= opt <= max");
  refuses("softmax (f32[1..2@3]) -> f32[1..2@3]", "min <= opt <= max");
  refuses("softmax (f32[1099511627777]) -> f32[1]", "2^40");
  refuses("softmax (f32[1099511627776,1099511627776]) -> f32[1]", "2^48");
  refuses("softmax (f32[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]) -> f32[1]", "rank");
  refuses("softmax (f32[4,4]:cl) -> f32[4,4]", "rank 3 to 5");
}

TEST(Problem, RefusesTypesThatTheOperatorDoesNotGive) {
  refuses("softmax (f32[2,3]) -> f32[2,4]", "must be f32[2,3]");
  refuses("softmax (f32[2,3]) -> f16[2,3]", "must be f32");
  refuses("softmax (f32[2,3]) -> f32[2,3,1]", "rank");
  refuses("softmax (f32[2,3], f32[1]) -> f32[2,3]", "inputs");
  refuses("softmax{axis=7} (f32[2,3]) -> f32[2,3]", "axis");
}

TEST(Problem, RefusesAnExpressionThatDoesNotFit) {
  refuses("softmax (f32[2,3]) -> f32[2,3] | (f32,f32) add($0,$1)", "operands");
  refuses("softmax (f32[2,3]; f32[3]) -> f32[2,3]", "need an expression");
  refuses("softmax (f32[2,3]; i32[3]) -> f32[2,3] | (f32,f32) add($0,$1)", "expression operand 1");
  refuses("softmax (f32[2,3]; f32[4]) -> f32[2,3] | (f32,f32) add($0,$1)", "broadcast");
  refuses("softmax (f32[2,3]) -> f32[2,3] | (f32) i32($0)", "output 0");
  refuses("pointwise (f32[2]) -> f32[2]", "needs an expression");
  refuses("pointwise (f32[2], f32[2]) -> f32[2] | (f32) relu($0)", "operands");
}

TEST(Problem, SurvivesEveryTruncationAndByteFlip) {
  const std::string text =
      "matmul{transpose_b=true} (f32[1..8@4,64], const f32[32,64]; f32[32]) -> f32[1..8@4,32] | (f32,f32) "
      "gelu_erf(add($0,$1))";
  const auto survives = [](const std::string& t) {
    try {
      parse_problem(t);
    } catch (const Error&) {
    }
  };
  for (size_t i = 0; i < text.size(); ++i) {
    survives(text.substr(0, i));
    for (char c : {'\0', '(', '9', '"', '\\', '\xff'}) {
      std::string damaged = text;
      damaged[i] = c;
      survives(damaged);
    }
  }
}

}  // namespace
}  // namespace dvt::backend
