// Shape arithmetic: what the exporters of PyTorch write, folded to dimensions.
#include <gtest/gtest.h>

#include "helpers.h"
#include "ops/data/slice.h"

namespace dvt::ops {
namespace {

/// A dimension as Dim prints it.
std::string dim(std::string_view text) { return to_string(parse_dim(text)); }

TEST(Fold, Shape) {
  EXPECT_EQ(folded("shape", {"f32[batch,3,h]"}), "batch;3;h");
  EXPECT_EQ(folded("shape{start=-2,end=2}", {"f32[batch,3,h]"}), "3");
  EXPECT_EQ(folded("identity", {"i64[2]=a;b"}), "a;b");
  EXPECT_EQ(folded("identity", {"i64[2]"}), "unknown");
  EXPECT_EQ(folded("softmax", {"f32[2]=1;2"}), "unknown");
}

TEST(Fold, GatherConcatSliceReshape) {
  EXPECT_EQ(folded("gather", {"i64[3]=b;s;h", "i64[]=1"}), "s");
  EXPECT_EQ(folded("gather", {"i64[3]=b;s;h", "i64[2]=-1;0"}), "h;b");
  EXPECT_EQ(folded("gather", {"i64[3]=b;s;h", "i64[]=n"}), "unknown");
  EXPECT_THROW(folded("gather", {"i64[3]=b;s;h", "i64[]=3"}), Error);
  EXPECT_EQ(folded("concat", {"i64[1]=b", "i64[2]=-1;s"}), "b;-1;s");
  EXPECT_EQ(folded("slice{start=[1],size=[2]}", {"i64[4]=a;b;c;d"}), "b;c");
  EXPECT_EQ(folded("slice{start=[3],size=[2],step=[-2]}", {"i64[4]=a;b;c;d"}), "d;b");
  EXPECT_EQ(folded("slice{size=[1],has_start_input=true}", {"i64[4]=a;b;c;d", "i64[1]=2"}), "c");
  EXPECT_EQ(folded("reshape{shape=[1]}", {"i64[]=s"}), "s");
  EXPECT_EQ(folded("expand{shape=[3]}", {"i64[1]=s"}), "s;s;s");
  EXPECT_EQ(folded("fill{shape=[2]}", {"i64[]=1"}), "1;1");
  EXPECT_EQ(folded("fill", {"i64[1]=1", "i64[1]=n"}), "unknown");
  EXPECT_EQ(folded("range", {"i64[]=0", "i64[]=3", "i64[]=1"}), "0;1;2");
  EXPECT_EQ(folded("range{count=[3]}", {"i64[]=s", "i64[]=2"}), "s;s+2;s+4");
}

TEST(Fold, Transpose) {
  EXPECT_EQ(folded("transpose{perm=[1,0]}", {"i64[3,2]=a;b;c;d;e;f"}), "a;c;e;b;d;f");
  EXPECT_EQ(folded("transpose", {"i64[2]=a;b"}), "a;b");
  EXPECT_EQ(folded("transpose", {"i64[2,2]"}), "unknown");
}

TEST(Fold, FloatsThatAreWhole) {
  EXPECT_EQ(folded("cast{to=f32}", {"i64[]=h"}), "h");
  EXPECT_EQ(folded("elementwise{op=mul}", {"f32[]=h", "f32[]=2"}), "2*h");
  EXPECT_EQ(types("range", {"f32[]=0", "f32[]=h", "f32[]=1"}), "f32[h]");
}

TEST(Fold, Reduce) {
  EXPECT_EQ(folded("reduce{kind=prod}", {"i64[2]=b;s"}), "b*s");
  EXPECT_EQ(folded("reduce{keep_dims=false}", {"i64[3]=b;1;b"}), "2*b+1");
  EXPECT_EQ(folded("reduce{kind=max}", {"i64[2]=3;5"}), "5");
  EXPECT_EQ(folded("reduce{kind=prod}", {"i64[0]"}), "unknown");
  EXPECT_EQ(folded("reduce{kind=mean}", {"i64[2]=3;5"}), "unknown");
}

TEST(Fold, ArithmeticOnSymbols) {
  EXPECT_EQ(folded("elementwise{op=add}", {"i64[2]=b;s", "i64[]=1"}), "b+1;s+1");
  EXPECT_EQ(folded("elementwise{op=sub}", {"i64[]=s", "i64[]=s"}), "0");
  EXPECT_EQ(folded("elementwise{op=mul}", {"i64[]=b", "i64[]=s"}), "b*s");
  EXPECT_EQ(folded("elementwise{op=div}", {"i64[]=s", "i64[]=2"}), "floordiv(s,2)");
  EXPECT_EQ(folded("elementwise{op=div}", {"i64[]=64*s", "i64[]=64"}), "s");
  EXPECT_EQ(folded("elementwise{op=div}", {"i64[]=s-4", "i64[]=3"}),  // truncates, might be negative
            dim("select(less(s,4),ceildiv(s-4,3),floordiv(s-4,3))"));
  EXPECT_EQ(folded("elementwise{op=fmod}", {"i64[]=s-4", "i64[]=3"}), dim("select(less(s,4),0-mod(4-s,3),mod(s-4,3))"));
  EXPECT_EQ(folded("elementwise{op=div}", {"i64[]=s", "i64[]=b"}), "unknown");  // b might be 0
  EXPECT_EQ(folded("elementwise{op=floor_div}", {"i64[]=s", "i64[]=b"}), dim("select(equal(b,0),0,floordiv(s,b))"));
  EXPECT_EQ(folded("elementwise{op=floor_div}", {"i64[]=s-4", "i64[]=3"}), dim("floordiv(s-4,3)"));
  EXPECT_EQ(folded("elementwise{op=mod}", {"i64[]=s", "i64[]=8"}), "mod(s,8)");
  EXPECT_EQ(folded("elementwise{op=max}", {"i64[]=s", "i64[]=8"}), "max(s,8)");
  EXPECT_EQ(folded("elementwise{op=neg}", {"i64[]=s"}), "-s");
  EXPECT_EQ(folded("elementwise{op=abs}", {"i64[]=s"}), "s");
  EXPECT_EQ(folded("elementwise{op=exp}", {"f32[]=s"}), "unknown");
}

TEST(Fold, ElementsOfShapeTensorsMayBeNegative) {
  EXPECT_EQ(folded("elementwise{op=lt}", {"i64[]=s", "i64[]=0"}), "0");
  EXPECT_EQ(folded("elementwise{op=lt}", {"i64[]=ends[1]", "i64[]=0"}), dim("less(ends[1],0)"));
  EXPECT_EQ(folded("elementwise{op=abs}", {"i64[]=ends[1]"}), dim("max(ends[1],0-ends[1])"));
  EXPECT_EQ(folded("elementwise{op=relu}", {"i64[]=ends[1]"}), dim("max(ends[1],0)"));
  EXPECT_EQ(folded("elementwise{op=div}", {"i64[]=ends[1]", "i64[]=2"}),
            dim("select(less(ends[1],0),ceildiv(ends[1],2),floordiv(ends[1],2))"));
}

TEST(Fold, ConstantsFollowTheNetworksTypes) {
  EXPECT_EQ(folded("elementwise{op=div}", {"i64[]=-7", "i64[]=2"}), "-3");
  EXPECT_EQ(folded("elementwise{op=floor_div}", {"i64[]=-7", "i64[]=2"}), "-4");
  EXPECT_EQ(folded("elementwise{op=add}", {"i8[]=127", "i8[]=1"}), "-128");
  EXPECT_EQ(folded("elementwise{op=div}", {"f32[]=7", "f32[]=2"}), "unknown");
  EXPECT_EQ(folded("elementwise{op=div}", {"f32[]=8", "f32[]=2"}), "4");
  EXPECT_EQ(folded("elementwise{op=sqrt}", {"f32[]=64"}), "8");
}

TEST(Fold, Comparisons) {
  EXPECT_EQ(folded("elementwise{op=eq}", {"i64[3]=b;-1;3", "i64[]=-1"}), "0;1;0");
  EXPECT_EQ(folded("elementwise{op=ge}", {"i64[]=s", "i64[]=0"}), "1");
  EXPECT_EQ(folded("elementwise{op=lt}", {"i64[]=s", "i64[]=s+1"}), "1");
  EXPECT_EQ(folded("elementwise{op=gt}", {"i64[]=s", "i64[]=4"}), dim("less(4,s)"));
  EXPECT_EQ(folded("elementwise{op=bit_and}", {"b8[]=1", "b8[]=less(4,s)"}), dim("less(4,s)"));
  EXPECT_EQ(folded("elementwise{op=bit_not}", {"b8[]=less(4,s)"}), dim("-less(4,s)+1"));
  // torch.onnx's expand: where(shape == -1, ones, shape)
  EXPECT_EQ(folded("elementwise{op=select}", {"b8[3]=0;1;0", "i64[3]=1;1;1", "i64[3]=b;-1;s"}), "b;1;s");
  EXPECT_EQ(folded("elementwise{op=select}", {"b8[]=less(4,s)", "i64[]=s", "i64[]=4"}), dim("select(less(4,s),s,4)"));
}

TEST(Fold, Casts) {
  EXPECT_EQ(folded("cast{to=i32}", {"i64[2]=b;3"}), "b;3");
  EXPECT_EQ(folded("cast{to=f32}", {"i64[2]=b;3"}), "b;3");
  EXPECT_EQ(folded("cast{to=i64}", {"f32[]=b"}), "b");
  EXPECT_EQ(folded("cast{to=i8}", {"i64[]=300"}), "44");
  EXPECT_EQ(folded("cast{to=i8}", {"i64[]=b"}), "unknown");
  EXPECT_EQ(folded("cast{to=b8}", {"i64[2]=b+1;0"}), "1;0");
}

TEST(Fold, ATypicalChain) {
  // x.view(x.shape[0], -1, x.shape[2] // 2): Shape, Gather, Unsqueeze, Div, Concat, Reshape.
  const auto step = [](std::string_view op, std::vector<ValueInfo> in) {
    const Op parsed = parse_op(op);
    return ValueInfo{infer(parsed, in)[0], fold_value(parsed, in)};
  };
  const ValueInfo x = parse_info("f32[batch,8,2*h]");
  const ValueInfo shape = step("shape", {x});
  const ValueInfo batch = step("reshape{shape=[1]}", {step("gather", {shape, parse_info("i64[]=0")})});
  const ValueInfo width = step("gather", {shape, parse_info("i64[]=2")});
  const ValueInfo half = step("reshape{shape=[1]}", {step("elementwise{op=div}", {width, parse_info("i64[]=2")})});
  const ValueInfo target = step("concat", {batch, parse_info("i64[1]=-1"), half});
  EXPECT_EQ(to_string(infer(parse_op("reshape"), std::vector{x, target})[0]), "f32[batch,16,h]");
}

std::string sliced(const std::string& shape, std::vector<Dim> starts, std::vector<Dim> ends,
                   std::vector<int64_t> axes = {}, std::vector<int64_t> steps = {}) {
  return to_string(Op(make_slice(parse_tensor_type(shape).shape, starts, ends, axes, steps)));
}

TEST(MakeSlice, ClampsAndCountsFromTheEnd) {
  EXPECT_EQ(sliced("f32[10]", {2}, {5}), "slice{start=[2],size=[3],step=[1]}");
  EXPECT_EQ(sliced("f32[10]", {-3}, {INT64_MAX}), "slice{start=[7],size=[3],step=[1]}");
  EXPECT_EQ(sliced("f32[10]", {-30}, {30}), "slice{start=[0],size=[10],step=[1]}");
  EXPECT_EQ(sliced("f32[10]", {7}, {3}), "slice{start=[7],size=[0],step=[1]}");
  EXPECT_EQ(sliced("f32[10]", {1}, {10}, {}, {4}), "slice{start=[1],size=[3],step=[4]}");
  EXPECT_EQ(sliced("f32[10]", {-1}, {INT64_MIN}, {}, {-1}), "slice{start=[9],size=[10],step=[-1]}");
  EXPECT_EQ(sliced("f32[10]", {8}, {2}, {}, {-3}), "slice{start=[8],size=[2],step=[-3]}");
  EXPECT_EQ(sliced("f32[4,10]", {2}, {5}, {-1}), "slice{start=[0,2],size=[4,3],step=[1,1]}");
}

TEST(MakeSlice, KeepsSymbols) {
  const Dim s = Dim::symbol("s");
  EXPECT_EQ(sliced("f32[s]", {0}, {INT64_MAX}), "slice{start=[0],size=[s],step=[1]}");
  EXPECT_EQ(sliced("f32[s+2]", {1}, {INT64_MAX}), "slice{start=[1],size=[s+1],step=[1]}");
  EXPECT_EQ(sliced("f32[s+2]", {-1}, {INT64_MAX}), "slice{start=[s+1],size=[1],step=[1]}");
  EXPECT_EQ(sliced("f32[s]", {0}, {s}), "slice{start=[0],size=[s],step=[1]}");
  EXPECT_EQ(sliced("f32[512]", {0}, {s}), "slice{start=[0],size=[min(s,512)],step=[1]}");
  EXPECT_EQ(sliced("f32[s]", {INT64_MAX}, {INT64_MIN}, {}, {-1}), "slice{start=[s-1],size=[s],step=[-1]}");
}

TEST(MakeSlice, AgreesWithEveryValueOfASymbol) {
  // The rule of ONNX for numbers: forwards both ends are limited to [0, n], backwards start to [0, n-1], end to [-1,
  // n-1].
  const auto onnx = [](int64_t n, int64_t start, int64_t end, int64_t step) {
    const auto limit = [&](int64_t p, int64_t low, int64_t high) {
      return std::min(std::max(p < 0 ? p + n : p, low), high);
    };
    const int64_t first = limit(start, 0, step > 0 ? n : n - 1),
                  last = limit(end, step > 0 ? 0 : -1, step > 0 ? n : n - 1);
    std::vector<int64_t> out;
    for (int64_t p = first; step > 0 ? p < last : p > last; p += step) out.push_back(p);
    return out;
  };
  for (int64_t start = -4; start <= 4; ++start)
    for (int64_t end = -4; end <= 4; ++end)
      for (int64_t step : {-2, -1, 1, 3}) {
        const Slice symbolic = make_slice(Shape{Dim::symbol("n")}, std::vector<Dim>{start}, std::vector<Dim>{end}, {},
                                          std::vector<int64_t>{step});
        for (int64_t n = 0; n <= 5; ++n) {
          const SymbolValues at{{"n", n}};
          std::vector<int64_t> got;
          for (int64_t i = 0; i < symbolic.size[0].eval(at); ++i) got.push_back(symbolic.start[0].eval(at) + i * step);
          const auto expected = onnx(n, start, end, step);
          EXPECT_EQ(got.size(), expected.size()) << n << " " << start << " " << end << " " << step;
          if (!expected.empty()) {
            EXPECT_EQ(got, expected) << n << " " << start << " " << end << " " << step;
          }
        }
      }
}

TEST(MakeSlice, Refusals) {
  EXPECT_THROW(sliced("f32[10]", {2}, {5, 6}), Error);
  EXPECT_THROW(sliced("f32[10]", {2}, {5}, {1}), Error);
  EXPECT_THROW(sliced("f32[10]", {2}, {5}, {}, {0}), Error);
  EXPECT_THROW(sliced("f32[4,4]", {2, 1}, {5, 3}, {0, -2}), Error);
}

}  // namespace
}  // namespace dvt::ops
