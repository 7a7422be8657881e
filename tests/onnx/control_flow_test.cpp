// If, Loop and Scan that the run decides: the layers that they become, and what is refused.
#include "support.h"

namespace dvt::test {
namespace {

using dovetail::LayerType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

OnnxModel branch(const char* op) {
  OnnxModel graph;
  return graph.output("r").node(OnnxNode(op, {"x"}, {"r"}, "inner"));
}

TEST(ControlFlow, IfBecomesAConditional) {
  OnnxModel m;
  m.input("x", kOnnxFloat, {2}).input("c", kOnnxBool, {1}).output("y");
  m.node(OnnxNode("If", {"c"}, {"y"}, "if")
             .graph("then_branch", branch("Sigmoid").graph_bytes())
             .graph("else_branch", branch("Abs").graph_bytes()));
  const Parsed p(m);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kCONDITION), 1);
  EXPECT_EQ(p.count(LayerType::kCONDITIONAL_OUTPUT), 1);
  EXPECT_THAT(p.output_dims(), ElementsAre(2));
}

TEST(ControlFlow, AScalarBesideAListOfOneIsAListOfOne) {
  for (const bool list_first : {true, false}) {
    OnnxModel list, scalar;
    list.output("r").node(OnnxNode("Sqrt", {"x"}, {"r"}));
    scalar.output("r").node(OnnxNode("ReduceSum", {"x"}, {"r"}).i("keepdims", 0));
    OnnxModel m;
    m.input("x", kOnnxFloat, {1}).input("c", kOnnxBool, {}).output("y");
    m.node(OnnxNode("If", {"c"}, {"y"}, "if")
               .graph("then_branch", (list_first ? list : scalar).graph_bytes())
               .graph("else_branch", (list_first ? scalar : list).graph_bytes()));
    const Parsed p(m);
    ASSERT_TRUE(p.result.ok) << p.errors();
    EXPECT_THAT(p.output_dims(), ElementsAre(1));
  }
}

/// A body that gives `next` for the carried "a", and "s" for each iteration.
OnnxModel loop_model(const OnnxNode& next, const std::vector<std::string>& inputs) {
  OnnxModel body;
  body.input("i", kOnnxInt64, {}).input("go", kOnnxBool, {}).input("a", kOnnxFloat, {});
  body.output("again", kOnnxBool).output("b").output("s");
  body.node(OnnxNode("Identity", {"go"}, {"again"}))
      .node(next)
      .node(OnnxNode("ReduceSum", {"b"}, {"s"}).i("keepdims", 0));
  OnnxModel m;
  m.input("n", kOnnxInt64, {}).input("c", kOnnxBool, {}).input("x", kOnnxFloat, {2, 3}).output("y").output("all");
  return m.node(OnnxNode("Loop", inputs, {"y", "all"}, "loop").graph("body", body.graph_bytes()));
}

TEST(ControlFlow, LoopBecomesALoop) {
  const Parsed p(loop_model(OnnxNode("Relu", {"a"}, {"b"}), {"n", "c", "x"}));
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kTRIP_LIMIT), 2);
  EXPECT_EQ(p.count(LayerType::kLOOP_OUTPUT), 2);
  EXPECT_THAT(p.output_dims(0), ElementsAre(2, 3));
  EXPECT_THAT(p.output_dims(1), ElementsAre(-1));
}

TEST(ControlFlow, ACarriedShapeThatVariesIsUnknownInsideAndOutside) {
  const Parsed p(loop_model(OnnxNode("Concat", {"a", "x"}, {"b"}).i("axis", 0), {"n", "", "x"}));
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_THAT(p.output_dims(0), ElementsAre(-1, 3));
  EXPECT_EQ(p.count(LayerType::kCONCATENATION), 1);  // the first reading of the body is gone
  EXPECT_EQ(p.count(LayerType::kTRIP_LIMIT), 1);     // the condition is always true
}

TEST(ControlFlow, LoopsThatMakeNoSenseAreRefused) {
  const Parsed endless(loop_model(OnnxNode("Relu", {"a"}, {"b"}), {"", "", "x"}));
  EXPECT_THAT(endless.errors(), HasSubstr("the loop never ends"));
  const Parsed few(loop_model(OnnxNode("Relu", {"a"}, {"b"}), {"n", "c"}));
  EXPECT_THAT(few.errors(), HasSubstr("has 3 inputs, expected 2"));
  const Parsed type(loop_model(OnnxNode("Cast", {"a"}, {"b"}).i("to", kOnnxInt32), {"n", "c", "x"}));
  EXPECT_THAT(type.errors(), HasSubstr("only extents may change"));
  OnnxModel m;
  m.input("n", kOnnxInt64, {}).input("x", kOnnxFloat, {2}).output("y");
  const Parsed bare(m.node(OnnxNode("Loop", {"n", "", "x"}, {"y"})));
  EXPECT_THAT(bare.errors(), HasSubstr("the graph 'body' is missing"));
}

TEST(ControlFlow, ScanIteratesOverSlices) {
  OnnxModel body;
  body.input("s", kOnnxFloat, {}).input("e", kOnnxFloat, {}).output("t").output("o");
  body.node(OnnxNode("Add", {"s", "e"}, {"t"})).node(OnnxNode("Identity", {"t"}, {"o"}));
  OnnxModel m;
  m.input("init", kOnnxFloat, {2}).input("xs", kOnnxFloat, {2, 5}).output("y").output("all");
  m.node(OnnxNode("Scan", {"init", "xs"}, {"y", "all"}, "scan")
             .graph("body", body.graph_bytes())
             .i("num_scan_inputs", 1)
             .ints("scan_input_axes", {1})
             .ints("scan_input_directions", {1})
             .ints("scan_output_axes", {1}));
  const Parsed p(m);
  ASSERT_TRUE(p.result.ok) << p.errors();
  EXPECT_EQ(p.count(LayerType::kITERATOR), 1);
  EXPECT_TRUE(p.first<dovetail::IIteratorLayer>(LayerType::kITERATOR)->getReverse());
  EXPECT_THAT(p.output_dims(0), ElementsAre(2));
  EXPECT_THAT(p.output_dims(1), ElementsAre(2, -1));
}

TEST(ControlFlow, GraphsInGraphsHaveALimit) {
  OnnxModel graph = branch("Relu");
  for (int depth = 0; depth < 20; ++depth) {
    OnnxModel outer;
    outer.output("r").node(OnnxNode("If", {"c"}, {"r"})
                               .graph("then_branch", graph.graph_bytes())
                               .graph("else_branch", branch("Abs").graph_bytes()));
    graph = outer;
  }
  OnnxModel m;
  m.input("x", kOnnxFloat, {2}).input("c", kOnnxBool, {}).output("y");
  m.node(OnnxNode("If", {"c"}, {"y"})
             .graph("then_branch", graph.graph_bytes())
             .graph("else_branch", branch("Abs").graph_bytes()));
  const Parsed p(m);
  EXPECT_FALSE(p.result.ok);
}

}  // namespace
}  // namespace dvt::test
