#include <gtest/gtest.h>

#include "base/concat.h"
#include "ir/text.h"
#include "ops/nn/conv_chain.h"
#include "passes/fuse/fuse.h"
#include "passes_support.h"

namespace dvt::passes {
namespace {

struct Block {
  std::string expansion = "%e = conv(%x, %u) | (f32) relu($0)";
  std::string depthwise = "%d = conv{pads_begin=[1,1],pads_end=[1,1],groups=4}(%e, %v; %b) | (f32,f32) add($0,$1)";
  std::string projection = "%p = conv(%d, %w; %x) | (f32,f32) add($0,$1)";
  std::string more;

  std::string text() const {
    return concat(R"(
    input  %x : f32[n,2,h,5]
    input  %z : f32[4,1,3,3]
    const  %u : f32[4,2,1,1] = splat 1
    const  %v : f32[4,1,3,3] = splat 2
    const  %b : f32[1,4,1,1] = splat 3
    const  %w : f32[2,4,1,1] = splat 4
    const  %g : f32[4,2,3,3] = splat 5
    )",
                  expansion, "\n    ", depthwise, "\n    ", projection, "\n    ", more, "\n    output %p");
  }
};

TEST(FuseConvChain, AnInvertedResidualBlockBecomesOne) {
  auto g = after(fuse_conv_chain(), Block().text());
  EXPECT_EQ(line(*g, "%p"),
            "%p = conv_chain{pads_begin=[1,1],pads_end=[1,1],channels=4,has_expansion=true,"
            "expansion_program=\"(f32) relu($0)\",depthwise_program=\"(f32,f32) add($0,$1)\"}"
            "(%x, %u, %v, %b, %w; %x) | (f32,f32) add($0,$1)");
  EXPECT_EQ(g->num_nodes(), 1);
}

TEST(FuseConvChain, WithoutAnExpansionThePairBecomesOne) {
  for (const char* source : {"%e = conv{pads_begin=[1,1],pads_end=[1,1]}(%x, %g)", "%e = concat{axis=1}(%x, %x)"}) {
    Block block;
    block.expansion = source;
    auto g = after(fuse_conv_chain(), block.text());
    EXPECT_EQ(line(*g, "%p"),
              "%p = conv_chain{pads_begin=[1,1],pads_end=[1,1],channels=4,depthwise_program=\"(f32,f32) add($0,$1)\"}"
              "(%e, %v, %b, %w; %x) | (f32,f32) add($0,$1)");
  }
}

TEST(FuseConvChain, AnExpansionThatIsReadElsewhereStays) {
  Block block;
  block.more = "output %e";
  EXPECT_EQ(after(fuse_conv_chain(), block.text())->num_nodes(), 2);
  block.more = "%q = pool{window=[2,2]}(%e)\n    output %q";
  EXPECT_EQ(after(fuse_conv_chain(), block.text())->num_nodes(), 3);
}

TEST(FuseConvChain, LeavesADepthwiseResultThatIsReadElsewhere) {
  Block block;
  block.more = "output %d";
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
  block.more = "%q = pool{window=[2,2]}(%d)\n    output %q";
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
}

TEST(FuseConvChain, LeavesWhatIsNoDepthwiseConvolution) {
  Block block;
  block.depthwise = "%d = conv{pads_begin=[1,1],pads_end=[1,1]}(%x, %g)";
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
  block.depthwise = "%d = concat{axis=1}(%x, %x)";
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
  block.depthwise = "%d = conv{pads_begin=[1,1],pads_end=[1,1],groups=4}(%e, %z)";  // a filter that is not constant
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
}

TEST(FuseConvChain, LeavesProjectionsThatAreMoreThanAProduct) {
  Block block;
  block.projection = "%p = conv{strides=[2,2]}(%d, %w)";
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
  block.projection = "%p = conv{pads_begin=[1,1]}(%d, %w)";
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
  block.projection = "%p = conv{pads_end=[1,1]}(%d, %w)";
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
  block.projection = "%p = conv{groups=2}(%d, %u)";
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
  block.projection = "%p = conv{groups=2}(%d, %g)";
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
}

TEST(FuseConvChain, LeavesALongProgram) {
  Block block;
  std::string program = "$0";
  for (int i = 0; i < 70; ++i) program = concat("sin(", program, ")");
  block.depthwise = concat("%d = conv{pads_begin=[1,1],pads_end=[1,1],groups=4}(%e, %v) | (f32) ", program);
  EXPECT_TRUE(unchanged_by(fuse_conv_chain(), block.text()));
}

TEST(FuseConvChain, LeavesWhatHasNoKernel) {
  Options options;
  options.has_kernel = [](const ops::Op& op, std::span<ir::Value* const>, int, const expr::Expr&) {
    return op.as<ops::ConvChain>() == nullptr;
  };
  auto g = ir::parse(Block().text());
  run(*g, fuse_conv_chain(), options);
  EXPECT_EQ(ir::print(*g), ir::print(*ir::parse(Block().text())));
}

/// The graph after the pass when the convolutions take 1 ms each, the pair and the whole chain as given; and what it
/// says of that.
std::pair<std::unique_ptr<ir::Graph>, std::string> decide(double pair, double whole) {
  Options options;
  std::string said;
  options.milliseconds = [&](const ops::Op& op, std::span<ir::Value* const>, int, const expr::Expr&) {
    const auto* chain = op.as<ops::ConvChain>();
    return !chain ? 1.0 : chain->has_expansion ? whole : pair;
  };
  options.decided = [&](const ir::Value& result, std::string_view text) { said = concat(result.name(), ": ", text); };
  auto g = ir::parse(Block().text());
  run(*g, fuse_conv_chain(), options);
  return {std::move(g), said};
}

TEST(FuseConvChain, TakesWhatIsFastest) {
  auto [apart, text] = decide(2, 3);
  EXPECT_EQ(apart->num_nodes(), 3);
  EXPECT_EQ(text, "p: convolutions apart: 3 ms; conv_chain: 3 ms; conv_chain with expansion: 3 ms");
  EXPECT_EQ(decide(1.5, 2.75).first->num_nodes(), 2);
  EXPECT_EQ(decide(1.5, 2.25).first->num_nodes(), 1);
  EXPECT_EQ(decide(4, 2.25).first->num_nodes(), 1);
}

}  // namespace
}  // namespace dvt::passes
