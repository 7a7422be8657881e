// What the case file cannot show: masks, dynamic attributes, integer widths, empty tensors, NaN.
#include <gtest/gtest.h>

#include <cmath>

#include "helpers.h"
#include "ops/pointwise/lower.h"

namespace dvt::ops {
namespace {

using Values = std::vector<double>;
const double kNan = std::nan("");

TEST(View, ConvertsEveryType) {
  EXPECT_EQ(Tensor(DType::f16, {3}, {1.0 / 3, 65520, -1e-8}).values(), (Values{0.333251953125, INFINITY, -0.0}));
  EXPECT_EQ(Tensor(DType::bf16, {1}, {1.0 / 3}).values(), (Values{0.333984375}));
  EXPECT_EQ(Tensor(DType::f8e4m3, {3}, {1000, 0.3, -448}).values(), (Values{448, 0.3125, -448}));
  EXPECT_EQ(Tensor(DType::i8, {3}, {200, -2.5, 3.5}).values(), (Values{-56, -2, 4}));
  EXPECT_EQ(Tensor(DType::u8, {2}, {-1, 255}).values(), (Values{255, 255}));
  EXPECT_EQ(Tensor(DType::b8, {3}, {0, 0.25, -3}).values(), (Values{0, 1, 1}));
  EXPECT_EQ(Tensor(DType::i4, {3}, {-8, 7, -1}).values(), (Values{-8, 7, -1}));
  EXPECT_EQ(Tensor(DType::u4, {3}, {15, 1, 16}).values(), (Values{15, 1, 0}));
  Tensor wide(DType::u64, {1});
  wide.write().set_int(0, -1);
  EXPECT_EQ(wide.values(), (Values{18446744073709551616.0}));
  EXPECT_EQ(wide.read().get_int(0), -1);
}

TEST(Rotary, TurnsPairsByTheirAngles) {
  const Tensor x({1, 4}, {1, 2, 3, 4}), quarter({1, 4}, {0, 0, 0, 0}), one({1, 4}, {1, 1, 1, 1});
  EXPECT_EQ(run("rotary", {x, quarter, one})[0].values(), (Values{-3, -4, 1, 2}));
  EXPECT_EQ(run("rotary{interleaved=true}", {x, quarter, one})[0].values(), (Values{-2, 1, -4, 3}));
  EXPECT_EQ(run("rotary{size=2}", {x, Tensor({1, 1}, {0}), Tensor({1, 1}, {1})})[0].values(), (Values{-2, 1, 3, 4}));
  EXPECT_EQ(run("rotary", {x, Tensor({1, 2}, {1, 2}), Tensor({1, 2}, {0, 3})})[0].values(), (Values{1, -8, 3, 14}));
}

TEST(Pointwise, EvaluatesAProgramWithBroadcasting) {
  expr::Expr e;
  const int x = e.add_input(DType::f32), y = e.add_input(DType::f32);
  e.set_result(e.apply(expr::ExprOp::relu, e.apply(expr::ExprOp::sub, x, y)));
  const Tensor a({2, 2}, {1, 2, 3, 4}), b({2}, {2, 1});
  Tensor out(DType::f32, {2, 2});
  evaluate_pointwise(e, std::vector{a.read(), b.read()}, out.write());
  EXPECT_EQ(out.values(), (Values{0, 1, 1, 3}));
}

TEST(Pointwise, AppliesAnEpilogueInPlace) {
  expr::Expr e;
  const int x = e.add_input(DType::f32), bias = e.add_input(DType::f32);
  e.set_result(e.apply(expr::ExprOp::add, x, bias));
  Tensor result({2, 2}, {1, 2, 3, 4});
  const Tensor b({2, 1}, {10, 20});
  apply_epilogue(e, result.read(), std::vector{b.read()}, result.write());
  EXPECT_EQ(result.values(), (Values{11, 12, 23, 24}));
  Tensor copy(DType::f32, {2, 2});
  apply_epilogue({}, result.read(), {}, copy.write());
  EXPECT_EQ(copy.values(), result.values());
}

TEST(Pointwise, LowersToPrograms) {
  const DType f32 = DType::f32, f16 = DType::f16;
  EXPECT_EQ(to_string(*lower_to_expr(parse_op("activation{type=clip,alpha=0,beta=6}"), std::span(&f32, 1))),
            "(f32) max(min($0,6),0)");
  EXPECT_EQ(to_string(*lower_to_expr(parse_op("activation{type=clip,alpha=-inf,beta=6}"), std::span(&f32, 1))),
            "(f32) min($0,6)");
  EXPECT_FALSE(lower_to_expr(parse_op("softmax"), std::span(&f32, 1)));
  EXPECT_EQ(lower_to_expr(parse_op("activation{type=mish}"), std::span(&f16, 1))->result_type(), DType::f16);
}

TEST(Pointwise, ClipsIntegersWithoutWrapping) {
  EXPECT_EQ(run("activation{type=clip,alpha=-1000,beta=5.5}", {Tensor(DType::i8, {3}, {-128, 7, 5})})[0].values(),
            (Values{-128, 5, 5}));
  EXPECT_EQ(run("activation{type=clip,alpha=-1,beta=inf}", {Tensor(DType::i64, {2}, {-5, 7})})[0].values(),
            (Values{-1, 7}));
}

TEST(Pointwise, Casts) {
  const Tensor x({4}, {-1.5, 300, kNan, 0});
  EXPECT_EQ(run("cast{to=u8}", {x})[0].values(), (Values{0, 255, 0, 0}));
  EXPECT_EQ(run("cast{to=b8}", {x})[0].values(), (Values{1, 1, 1, 0}));
  EXPECT_EQ(run("cast", {Tensor(DType::i4, {2}, {-3, 5})})[0].values(), (Values{-3, 5}));
}

TEST(MatMul, IntegersWrapAndTransposesRead) {
  EXPECT_EQ(run("matmul{transpose_a=true,transpose_b=true}", {Tensor({2, 1}, {1, 2}), Tensor({2, 2}, {3, 4, 5, 6})})[0]
                .values(),
            (Values{11, 17}));
  EXPECT_EQ(run("matmul", {Tensor(DType::i32, {1, 1}, {65536}), Tensor(DType::i32, {1, 1}, {65537})})[0].values(),
            (Values{65536}));
  EXPECT_EQ(run("matmul", {Tensor({2, 0}, {}), Tensor({0, 1}, {})})[0].values(), (Values{0, 0}));
}

TEST(Attention, MasksAndGroupedHeads) {
  const Tensor q({1, 2, 1, 1}, {1, 2}), k({1, 1, 2, 1}, {0, 1}), v({1, 1, 2, 1}, {1, 3});
  const Tensor keep(DType::b8, {1, 2, 1, 2}, {1, 0, 0, 0});
  // Head 0 sees only key 0; head 1 sees nothing.
  EXPECT_EQ(run("attention", {q, k, v, keep})[0].values(), (Values{1, 0}));
  const auto plain = run("attention", {q, k, v})[0].values();
  EXPECT_NEAR(plain[0], (1 + 3 * std::exp(1.0)) / (1 + std::exp(1.0)), 1e-6);
  EXPECT_NEAR(plain[1], (1 + 3 * std::exp(2.0)) / (1 + std::exp(2.0)), 1e-6);
}

TEST(Attention, CausalCorners) {
  const Tensor q({1, 1, 1, 1}, {0}), k({1, 1, 2, 1}, {0, 0}), v({1, 1, 2, 1}, {1, 3});
  EXPECT_EQ(run("attention{causal=true}", {q, k, v})[0].values(), (Values{1}));
  EXPECT_EQ(run("attention{causal=true,causal_lower_right=true}", {q, k, v})[0].values(), (Values{2}));
}

TEST(Attention, HeadsInsidePositions) {
  const Tensor q({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6}), q_inside({1, 3, 2, 1}, {1, 4, 2, 5, 3, 6});
  const Tensor k({1, 2, 2, 1}, {0, 1, 2, 3}), k_inside({1, 2, 2, 1}, {0, 2, 1, 3});
  const Values plain = run("attention", {q, k, k})[0].values();
  EXPECT_EQ(
      run("attention{q_by_position=true,k_by_position=true,v_by_position=true}", {q_inside, k_inside, k_inside})[0]
          .values(),
      plain);
  EXPECT_EQ(run("attention{v_by_position=true,y_by_position=true}", {q, k, k_inside})[0].values(),
            (Values{plain[0], plain[3], plain[1], plain[4], plain[2], plain[5]}));
}

TEST(Pool, KeepsNanAndTakesIntegers) {
  const auto y = run("pool{window=[2]}", {Tensor({1, 1, 4}, {kNan, 1, 2, 3})})[0].values();
  EXPECT_TRUE(std::isnan(y[0]));
  EXPECT_EQ(y[1], 2);
  EXPECT_EQ(run("pool{window=[2],pads_begin=[1]}", {Tensor(DType::i8, {1, 1, 2}, {-5, -7})})[0].values(),
            (Values{-5, -5}));
}

TEST(Reduce, BooleansEmptyAndNan) {
  const Tensor b(DType::b8, {2, 2}, {1, 0, 1, 1});
  EXPECT_EQ(run("reduce{kind=max,axes=[1]}", {b})[0].values(), (Values{1, 1}));
  EXPECT_EQ(run("reduce{kind=min,axes=[1]}", {b})[0].values(), (Values{0, 1}));
  EXPECT_EQ(run("reduce{axes=[0]}", {Tensor({0, 2}, {})})[0].values(), (Values{0, 0}));
  EXPECT_EQ(run("reduce{kind=prod,axes=[0]}", {Tensor({0, 1}, {})})[0].values(), (Values{1}));
  EXPECT_TRUE(std::isnan(run("reduce{kind=max}", {Tensor({3}, {1, kNan, 2})})[0].values()[0]));
  EXPECT_EQ(run("reduce{kind=mean}", {Tensor(DType::i32, {3}, {-1, -2, -2})})[0].values(), (Values{-1}));
  EXPECT_EQ(run("reduce{kind=log_sum_exp}", {Tensor({2}, {1000, 1000})})[0].values()[0],
            static_cast<float>(1000 + std::log(2.0)));
}

TEST(TopK, IsStableAndNanIsLargest) {
  const auto y = run("topk{k=[3]}", {Tensor({4}, {2, kNan, 2, 1})});
  EXPECT_TRUE(std::isnan(y[0].values()[0]));
  EXPECT_EQ(y[1].values(), (Values{1, 0, 2}));
  EXPECT_EQ(run("topk{largest=false}", {Tensor(DType::i64, {3}, {3, -1, 2}), Tensor(DType::i64, {1}, {2})})[0].values(),
            (Values{-1, 2}));
}

TEST(Cumulative, Kinds) {
  const Tensor x(DType::i32, {4}, {2, -1, 3, 1});
  EXPECT_EQ(run("cumulative{kind=prod}", {x})[0].values(), (Values{2, -2, -6, -6}));
  EXPECT_EQ(run("cumulative{kind=prod,exclusive=true}", {x})[0].values(), (Values{1, 2, -2, -6}));
  EXPECT_EQ(run("cumulative{kind=max}", {x})[0].values(), (Values{2, 2, 3, 3}));
  EXPECT_EQ(run("cumulative{kind=min,reverse=true}", {x})[0].values(), (Values{-1, -1, 1, 1}));
}

TEST(Data, SymbolicAttributesAreBound) {
  const SymbolValues at{{"n", 2}};
  const Tensor x({4}, {1, 2, 3, 4});
  EXPECT_EQ(run("slice{start=[n-1],size=[n]}", {x}, at)[0].values(), (Values{2, 3}));
  EXPECT_EQ(run("pad{pads_begin=[n]}", {x}, at)[0].values(), (Values{0, 0, 1, 2, 3, 4}));
  EXPECT_EQ(run("tile{repeats=[n]}", {Tensor({1}, {5})}, at)[0].values(), (Values{5, 5}));
  EXPECT_EQ(run("expand{shape=[n,1]}", {Tensor({1}, {5})}, at)[0].values(), (Values{5, 5}));
  EXPECT_EQ(to_string(bind_symbols(parse_op("reshape{shape=[2*n,-1]}"), at)), "reshape{shape=[4,-1]}");
  EXPECT_EQ(to_string(bind_symbols(parse_op("reshape{shape=[n-2,4]}"), at)), "reshape{shape=[0,4],allow_zero=true}");
  EXPECT_EQ(to_string(bind_symbols(parse_op("reshape{shape=[n,0]}"), at)), "reshape{shape=[2,0]}");
  EXPECT_THROW(bind_symbols(parse_op("reshape{shape=[m]}"), at), Error);
}

TEST(Resize, ComputedScalesAreChecked) {
  const Tensor x({2}, {1, 2});
  const auto resized = [&](double scale) {
    return run("resize{sizes=[4],has_scales_input=true}", {x, Tensor({1}, {scale})})[0].values();
  };
  EXPECT_EQ(resized(2), (Values{1, 1, 2, 2}));
  for (const double bad : {-1.0, 0.0, std::nan(""), 1e9}) EXPECT_THROW(resized(bad), Error) << bad;
}

TEST(Data, SliceStartMayComeFromATensor) {
  const Tensor x({5}, {1, 2, 3, 4, 5});
  EXPECT_EQ(run("slice{size=[2],has_start_input=true}", {x, Tensor(DType::i64, {1}, {3})})[0].values(), (Values{4, 5}));
  const Op op = parse_op("slice{size=[3],has_start_input=true}");
  const Tensor start(DType::i64, {1}, {4});
  Tensor out(DType::f32, {3});
  // Known only at run time, so positions are clamped instead of refused.
  reference(op, std::vector{x.read(), start.read()}, std::vector{out.write()});
  EXPECT_EQ(out.values(), (Values{5, 5, 5}));
}

TEST(Data, ShapesRangesAndFills) {
  EXPECT_EQ(run("shape{start=1}", {Tensor({2, 3, 4}, {})})[0].values(), (Values{3, 4}));
  EXPECT_EQ(run("range", {Tensor(DType::i32, {}, {5}), Tensor(DType::i32, {}, {0}), Tensor(DType::i32, {}, {-2})})[0]
                .values(),
            (Values{5, 3, 1}));
  EXPECT_EQ(run("range{count=[3]}", {Tensor(std::vector<int64_t>{}, {0.5}), Tensor(std::vector<int64_t>{}, {0.25})})[0]
                .values(),
            (Values{0.5, 0.75, 1}));
  EXPECT_EQ(run("fill{shape=[3]}", {Tensor(DType::i4, {1}, {-3})})[0].values(), (Values{-3, -3, -3}));
  EXPECT_EQ(run("identity", {Tensor(DType::u4, {3}, {1, 2, 3})})[0].values(), (Values{1, 2, 3}));
  EXPECT_EQ(run("reshape{shape=[2,1]}", {Tensor({2}, {1, 2})})[0].dims, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(run("transpose", {Tensor(DType::i4, {2, 2}, {1, 2, 3, 4})})[0].values(), (Values{1, 3, 2, 4}));
}

TEST(Data, NonZeroListsPositions) {
  const Tensor x({2, 2}, {0, 3, 4, 0});
  Tensor out(DType::i64, {2, 4}, {9, 9, 9, 9, 9, 9, 9, 9});
  std::vector<int64_t> late(1);
  reference(parse_op("non_zero"), std::vector{x.read()}, std::vector{out.write()}, late);
  EXPECT_EQ(late[0], 2);
  EXPECT_EQ(out.values(), (Values{0, 1, 1, 0, 9, 9, 9, 9}));  // compact, at the front
}

TEST(Data, LiftReportsItsElements) {
  const auto lifted = [](const char* op, std::vector<int64_t> elements, std::vector<int64_t> reshaped) {
    const Tensor x(DType::i64, {static_cast<int64_t>(elements.size())},
                   std::vector<double>(elements.begin(), elements.end()));
    const Tensor data(DType::f32, reshaped);
    std::vector<ReadView> in{x.read()};
    if (std::string_view(op).find("shape") != std::string_view::npos) in.push_back(data.read());
    Tensor out(DType::i64, x.dims);
    std::vector<int64_t> late(elements.size());
    reference(parse_op(op), in, std::vector{out.write()}, late);
    return late;
  };
  using Ints = std::vector<int64_t>;
  EXPECT_EQ(lifted("lift", {3, 0}, {}), (Ints{3, 0}));
  EXPECT_EQ(lifted("lift{role=number}", {-4, INT64_C(1) << 40}, {}), (Ints{-4, kMaxLate}));
  EXPECT_EQ(lifted("lift{role=shape}", {0, -1}, {2, 6}), (Ints{2, 6}));
  EXPECT_EQ(lifted("lift{role=shape}", {-1, 4}, {2, 6}), (Ints{3, 4}));
  EXPECT_EQ(lifted("lift{role=shape}", {-1, 5}, {2, 6})[0], -1);
  EXPECT_EQ(lifted("lift{role=shape}", {-1, -1}, {2, 6})[0], -1);
  EXPECT_EQ(lifted("lift{role=shape,allow_zero=true}", {0, 7}, {3, 0}), (Ints{0, 7}));
  EXPECT_EQ(lifted("lift{role=shape}", {-1, 5}, {0, 5}), (Ints{0, 5}));
}

TEST(Data, IndicesOutsideAreRefused) {
  const Tensor x({3}, {1, 2, 3}), outside(DType::i64, {1}, {3});
  EXPECT_THROW(run("gather", {x, outside}), Error);
  EXPECT_THROW(run("gather_elements", {x, outside}), Error);
  EXPECT_THROW(run("scatter_elements", {x, outside, Tensor({1}, {0})}), Error);
}

TEST(Quantize, SaturatesNarrowTypes) {
  const Tensor x({4}, {-100, 100, 2.5, 3.5}), one(std::vector<int64_t>{}, {1});
  EXPECT_EQ(run("quantize{to=i4}", {x, one})[0].values(), (Values{-8, 7, 2, 4}));
  EXPECT_EQ(run("quantize{to=u4}", {x, one})[0].values(), (Values{0, 15, 2, 4}));
  EXPECT_EQ(run("quantize{to=f8e4m3}", {x, one})[0].values(), (Values{-96, 96, 2.5, 3.5}));
  EXPECT_EQ(
      run("dequantize{block_size=2}", {Tensor(DType::i8, {1, 4}, {1, 2, 3, 4}), Tensor({1, 2}, {2, 10})})[0].values(),
      (Values{2, 4, 30, 40}));
}

TEST(Reference, ConvChainIsItsConvolutionsOneAfterTheOther) {
  const Tensor x({1, 1, 3}, {1, 2, 3}), expansion({2, 1, 1}, {1, -1}), depthwise({2, 1, 2}, {1, 2, 3, 4});
  const Tensor bias({1, 2, 1}, {10, 20}), projection({1, 2, 1}, {1, 100});
  // Expanded and rectified: [1 2 3], [0 0 0] after +1 on both: [2 3 4], [0 0 0].
  const auto y =
      run("conv_chain{pads_end=[1],channels=2,has_expansion=true,"
          "expansion_program=\"(f32) relu(add($0,1))\",depthwise_program=\"(f32,f32) add($0,$1)\"}",
          {x, expansion, depthwise, bias, projection});
  // Windows: [2+6 3+8 4+0] + 10 and 0 + 20 (relu(-1+1) = 0, the others are negative).
  EXPECT_EQ(y[0].values(), (Values{18 + 2000, 21 + 2000, 14 + 2000}));
  EXPECT_EQ(y[0].dims, (std::vector<int64_t>{1, 1, 3}));
}

TEST(Cost, CountsMultiplyAddsAndTraffic) {
  const SymbolValues at{{"b", 2}};
  const auto of = [&](std::string_view op, const std::vector<std::string>& in) {
    const Op parsed = parse_op(op);
    const auto infos = parse_infos(in);
    std::vector<TensorType> types;
    for (const ValueInfo& i : infos) types.push_back(i.type);
    return cost(parsed, types, infer(parsed, infos), at);
  };
  const Cost matmul = of("matmul", {"f32[b,3,4]", "f32[4,5]"});
  EXPECT_EQ(matmul.flops, 2 * 2 * 3 * 5 * 4);
  EXPECT_EQ(matmul.bytes, 4 * (2 * 3 * 4 + 4 * 5 + 2 * 3 * 5));
  EXPECT_EQ(of("conv{groups=2}", {"f16[b,4,6]", "f16[8,2,3]"}).flops, 2 * 2 * 8 * 4 * 2 * 3);
  const Cost chain =
      of("conv_chain{channels=6,has_expansion=true}", {"f32[b,2,5]", "f32[6,2,1]", "f32[6,1,3]", "f32[4,6,1]"});
  EXPECT_EQ(chain.flops, 2 * 2 * (5 * 6 * 2 + 3 * 6 * 3 + 3 * 4 * 6));
  EXPECT_EQ(chain.bytes, 4 * (2 * 2 * 5 + 12 + 18 + 24 + 2 * 4 * 3));
  EXPECT_EQ(of("deconv", {"f32[1,2,3]", "f32[2,4,2]"}).flops, 2 * 3 * 2 * 4 * 2);
  EXPECT_EQ(of("gather", {"f32[1000,8]", "i64[b]"}).bytes, 2 * 8 + 2 * (2 * 8 * 4));
  EXPECT_EQ(of("attention", {"f32[1,1,2,3]", "f32[1,1,4,3]", "f32[1,1,4,5]"}).flops, 8 * (6 + 10 + 20));
}

}  // namespace
}  // namespace dvt::ops
