#include "ir/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/text.h"
#include "ir/verify.h"
#include "ops/all_ops.h"

namespace dvt::ir {
namespace {

using ::testing::HasSubstr;

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

constexpr const char* kText = R"(input  %x : f32[batch,8,4,4]
const  %w : f32[16,8,3,3] = splat 1
const  %b : f32[1,16,1,1] = splat 2
%y = conv{pads_begin=[1,1],pads_end=[1,1]}(%x, %w; %b) | (f32,f32) relu(add($0,$1))
%z = reshape{shape=[batch,256]}(%y)
output %z
)";

TEST(GraphText, PrintsWhatItParsed) { EXPECT_EQ(print(*parse(kText)), kText); }

TEST(Graph, WholeFloatsTakePartInShapeArithmetic) {
  const auto graph = parse(R"(input  %x : f32[h,2]
const  %a : f32[1] = splat 2
const  %b : f32[1] = splat 0.5
%s = shape{end=1}(%x)
%f = cast{to=f32}(%s)
%y = elementwise{op=mul}(%f, %a)
%z = elementwise{op=mul}(%f, %b)
output %y
output %z
)");
  ASSERT_TRUE(graph->find_value("y")->known());
  EXPECT_EQ(to_string((*graph->find_value("y")->known())[0]), "2*h");
  EXPECT_FALSE(graph->find_value("z")->known());
}

TEST(GraphText, ReadsBackTypesLayoutsAndSymbolicTensors) {
  const std::string text = R"(input  %x : f32[n,2]
dims   %s : i64[2] = [2*n,1]
%y : f32[2*n,2] = concat(%x, %x)
output %y as result
)";
  auto g = parse(text);
  verify(*g);
  EXPECT_EQ(print(*g, {.types = true}), text);
}

TEST(GraphText, ReadsBackTextsWithAnyBytes) {
  const std::string text =
      "input  %x : text[2]\n"
      "%c = text_constant{values=[\"a(b){\\\"\",\"\\x0a\\xc3\\xa9\"],shape=[2]}()\n"
      "%y = text_concat(%x, %c)\n"
      "output %y\n";
  EXPECT_EQ(print(*parse(text)), text);
  EXPECT_THROW(parse("const  %w : text[1] = splat 0\noutput %w\n"), Error);
}

TEST(GraphText, RefusesHostileTextWithTheLine) {
  EXPECT_THAT(error_of([] { parse("input %x : f32[2]\n%y = relu(%nope)\n"); }), HasSubstr("line 2"));
  EXPECT_THAT(error_of([] { parse("%y = identity(%x)\n"); }), HasSubstr("no value '%x'"));
  EXPECT_THAT(error_of([] { parse("const %c : f32[1000000000000] = splat 1\n"); }), HasSubstr("too large"));
  EXPECT_THAT(error_of([] { parse("const %c : f32[3] = [1,2\n"); }), HasSubstr("expected"));
  EXPECT_THAT(error_of([] { parse("input %x : f32[2]\n%y = identity(%x)\n%y = identity(%x)\n"); }), HasSubstr("twice"));
  EXPECT_THAT(error_of([] { parse("input %x : f32[2]\n%y : f32[3] = identity(%x)\n"); }), HasSubstr("the text says"));
}

TEST(Graph, NamesTheNodeAndItsInputsWhenInferenceFails) {
  Graph g;
  Value* a = g.add_input("a", {DType::f32, {2, 3}});
  Value* b = g.add_input("b", {DType::f32, {4, 5}});
  const std::string e = error_of([&] { g.add_node("product", ops::MatMul{}, {a, b}); });
  EXPECT_THAT(e, HasSubstr("node 'product' (matmul)"));
  EXPECT_THAT(e, HasSubstr("'a' f32[2,3]"));
  EXPECT_EQ(g.num_nodes(), 0);
}

TEST(Graph, CloneIsIndependent) {
  auto g = parse(kText);
  auto copy = g->clone();
  EXPECT_EQ(print(*copy), kText);
  g.reset();
  verify(*copy);
  EXPECT_EQ(print(*copy), kText);
}

TEST(Graph, RemovesDeadNodesButKeepsInputs) {
  auto g = parse(
      "input %x : f32[2]\nconst %c : f32[2] = [1,2]\n%a = elementwise{op=add}(%x, %c)\n%b = identity(%x)\noutput %b\n");
  EXPECT_EQ(g->remove_dead(), 1);
  EXPECT_EQ(g->inputs().size(), 1u);
  EXPECT_EQ(g->find_value("c"), nullptr);
}

TEST(Patch, HandsNameAndProvenanceOn) {
  Graph g;
  Value* x = g.add_input("x", {DType::f32, {2}});
  Value* a = g.add_node("first", ops::Identity{}, {x})->output();
  Node* second = g.add_node("second", ops::Elementwise{expr::ExprOp::neg}, {a});
  Value* y = second->output();
  g.mark_output(y, "y");
  Patch p;
  p.replace(y, p.add(ops::Elementwise{expr::ExprOp::neg}, {x}));
  EXPECT_TRUE(g.apply(std::move(p), second));
  verify(g);
  ASSERT_EQ(g.num_nodes(), 1);
  EXPECT_EQ(g.nodes().front()->origin(), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(g.outputs()[0].value->name(), "second");
}

TEST(Patch, RefusesToChangeAType) {
  Graph g;
  Value* x = g.add_input("x", {DType::f32, {2}});
  Node* n = g.add_node("n", ops::Identity{}, {x});
  g.mark_output(n->output(), "y");
  Patch p;
  p.replace(n->output(), p.add(ops::Cast{DType::i32}, {x}));
  EXPECT_THAT(error_of([&] { g.apply(std::move(p), n); }), HasSubstr("replaces"));
}

TEST(Verify, FindsAValueReadBeforeItIsDefined) {
  auto g = parse("input %x : f32[2]\n%a = identity(%x)\n%b = identity(%a)\noutput %b\n");
  Node* first = g->nodes().front().get();
  g->set_input(first, 0, g->find_value("b"));
  EXPECT_THAT(error_of([&] { verify(*g); }), HasSubstr("before it is defined"));
}

TEST(Graph, ShapeInputsGiveSymbolsToReshape) {
  Graph g;
  Value* x = g.add_input("x", {DType::f32, {Dim::symbol("n"), 4}});
  Value* s = g.add_input("s", {DType::i64, {2}});
  g.make_shape_input(s);
  Node* r = g.add_node("r", ops::Reshape{}, {x, s});
  // A size of 0 stands for the input's, -1 for what is left.
  const Dim rows = r->output()->shape()[0];
  EXPECT_EQ(rows.eval({{"n", 2}, {"s[0]", 4}, {"s[1]", 2}}), 4);
  EXPECT_EQ(rows.eval({{"n", 2}, {"s[0]", 0}, {"s[1]", 4}}), 2);
  EXPECT_EQ(rows.eval({{"n", 3}, {"s[0]", -1}, {"s[1]", 2}}), 6);
}

}  // namespace
}  // namespace dvt::ir
