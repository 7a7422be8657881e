// Convolutions, their transposes and pools of one to three dimensions, in every padding mode.

#include "run.h"

namespace dovetail::test {
namespace {

using testing::HasSubstr;

constexpr PaddingMode kModes[] = {PaddingMode::kEXPLICIT_ROUND_DOWN, PaddingMode::kEXPLICIT_ROUND_UP,
                                  PaddingMode::kSAME_UPPER,          PaddingMode::kSAME_LOWER,
                                  PaddingMode::kCAFFE_ROUND_DOWN,    PaddingMode::kCAFFE_ROUND_UP};

/// One dimension of a window as the formulas of the interface have it.
struct Axis {
  int64_t in, kernel, stride, dilation, before, after, out = 0;
  int64_t extent() const { return 1 + dilation * (kernel - 1); }

  void slide(PaddingMode mode) {
    if (mode == PaddingMode::kSAME_UPPER || mode == PaddingMode::kSAME_LOWER) {
      out = (in + stride - 1) / stride;
      const int64_t total = std::max<int64_t>((in - 1) / stride * stride + extent() - in, 0), less = total / 2;
      before = mode == PaddingMode::kSAME_UPPER ? less : total - less;
      return;
    }
    if (mode == PaddingMode::kCAFFE_ROUND_DOWN || mode == PaddingMode::kCAFFE_ROUND_UP) after = before;
    const int64_t room = in + before + after - extent();
    const bool up = mode == PaddingMode::kEXPLICIT_ROUND_UP || mode == PaddingMode::kCAFFE_ROUND_UP;
    out = (up ? (room + stride - 1) / stride : room / stride) + 1;
  }
  void spread(PaddingMode mode) {
    out = (in - 1) * stride + extent();
    if (mode == PaddingMode::kSAME_UPPER || mode == PaddingMode::kSAME_LOWER) {
      const int64_t total = std::max<int64_t>(extent() - stride, 0), less = total / 2;
      before = mode == PaddingMode::kSAME_UPPER ? less : total - less;
      out -= total;
      return;
    }
    if (mode == PaddingMode::kCAFFE_ROUND_DOWN || mode == PaddingMode::kCAFFE_ROUND_UP) after = before;
    out -= before + after;
  }
};

std::vector<Axis> axes_of(int n) {
  const Axis all[] = {{7, 3, 2, 1, 1, 0}, {6, 2, 3, 2, 1, 1}, {5, 3, 1, 1, 1, 1}};
  return {all, all + n};
}

/// Calls f(out position, kernel position, in position) for every pair that lies inside.
template <class F>
void for_each_pair(const std::vector<Axis>& axes, bool transposed, F&& f) {
  int64_t outs = 1, kernels = 1;
  for (const Axis& a : axes) outs *= transposed ? a.in : a.out, kernels *= a.kernel;
  for (int64_t o = 0; o < outs; ++o)
    for (int64_t k = 0; k < kernels; ++k) {
      int64_t oo = o, kk = k, in = 0, out = 0, in_size = 1, out_size = 1;
      bool inside = true;
      for (size_t i = axes.size(); i-- > 0;) {
        const Axis& a = axes[i];
        const int64_t walk = transposed ? a.in : a.out, p = oo % walk, q = kk % a.kernel;
        const int64_t other = p * a.stride - a.before + q * a.dilation;
        const int64_t limit = transposed ? a.out : a.in;
        inside = inside && other >= 0 && other < limit;
        in += (transposed ? p : other) * in_size;
        out += (transposed ? other : p) * out_size;
        in_size *= a.in;
        out_size *= a.out;
        oo /= walk;
        kk /= a.kernel;
      }
      if (inside) f(out, k, in);
    }
}

Dims pick(const std::vector<Axis>& axes, int64_t Axis::*field) {
  std::vector<int64_t> list;
  for (const Axis& a : axes) list.push_back(a.*field);
  return dims(list);
}
std::vector<int64_t> shape_of(int64_t n, int64_t c, const std::vector<Axis>& axes, int64_t Axis::*field) {
  std::vector<int64_t> shape{n, c};
  for (const Axis& a : axes) shape.push_back(a.*field);
  return shape;
}

TEST(Windows, ConvolutionsAndTheirTransposes) {
  for (const bool transposed : {false, true})
    for (int n = 1; n <= 3; ++n)
      for (const PaddingMode mode : kModes)
        for (const bool dynamic : {false, true}) {
          SCOPED_TRACE(testing::Message() << (transposed ? "transposed " : "") << n << "-D mode "
                                          << static_cast<int>(mode) << " dynamic " << dynamic);
          std::vector<Axis> axes = axes_of(n);
          int64_t taps = 1, ins = 1, outs = 1;
          for (Axis& a : axes) {
            transposed ? a.spread(mode) : a.slide(mode);
            taps *= a.kernel, ins *= a.in, outs *= a.out;
          }
          const int64_t groups = 2, c = 4, k = 6;
          const Numbers x = noise(shape_of(2, c, axes, &Axis::in), 1), w = noise({c * k / groups * taps}, 2),
                        bias = noise({k}, 3);
          Numbers y{shape_of(2, k, axes, &Axis::out), std::vector<double>(size_t(2 * k * outs), 0)};
          for (int64_t b = 0; b < 2; ++b)
            for (int64_t o = 0; o < k; ++o) {
              for (int64_t p = 0; p < outs; ++p) y.values[size_t((b * k + o) * outs + p)] = bias.values[size_t(o)];
              const int64_t g = o / (k / groups);
              for (int64_t i = 0; i < c / groups; ++i) {
                const int64_t channel = g * (c / groups) + i;
                const int64_t at = transposed ? channel * (k / groups) + o % (k / groups) : o * (c / groups) + i;
                for_each_pair(axes, transposed, [&](int64_t out, int64_t tap, int64_t in) {
                  y.values[size_t((b * k + o) * outs + out)] +=
                      w.values[size_t(at * taps + tap)] * x.values[size_t((b * c + channel) * ins + in)];
                });
              }
            }
          Session s;
          std::vector<int64_t> given = x.shape;
          if (dynamic) {
            std::vector<int64_t> min = x.shape, max = x.shape;
            given.back() = -1, --min.back(), ++max.back();
            s.profile("x", min, x.shape, max);
          }
          const auto set = [&](auto* layer) {
            layer->setNbGroups(groups);
            layer->setStrideNd(pick(axes, &Axis::stride));
            layer->setDilationNd(pick(axes, &Axis::dilation));
            const std::vector<Axis> fresh = axes_of(n);
            layer->setPrePadding(pick(fresh, &Axis::before));
            layer->setPostPadding(pick(fresh, &Axis::after));
            layer->setPaddingMode(mode);
            EXPECT_EQ(layer->getPaddingMode(), mode);
            return layer->getOutput(0);
          };
          const Weights kernel = s.weights({w.values.begin(), w.values.end()}),
                        b = s.weights({bias.values.begin(), bias.values.end()});
          ITensor& input = s.input("x", given);
          ITensor* out = transposed ? set(s.network->addDeconvolutionNd(input, k, pick(axes, &Axis::kernel), kernel, b))
                                    : set(s.network->addConvolutionNd(input, k, pick(axes, &Axis::kernel), kernel, b));
          expect_near(result_of(s, *out, {{"x", x}}), y, 2e-5);
        }
}

TEST(Windows, Pools) {
  for (const PoolingType type : {PoolingType::kMAX, PoolingType::kAVERAGE, PoolingType::kMAX_AVERAGE_BLEND})
    for (int n = 1; n <= 3; ++n)
      for (const PaddingMode mode : kModes) {
        SCOPED_TRACE(testing::Message() << static_cast<int>(type) << " " << n << "-D mode " << static_cast<int>(mode));
        std::vector<Axis> axes = axes_of(n);
        int64_t ins = 1, outs = 1;
        for (Axis& a : axes) {
          a.dilation = 1;
          a.slide(mode);
          ins *= a.in, outs *= a.out;
        }
        const Numbers x = noise(shape_of(1, 2, axes, &Axis::in), 4);
        Numbers y{shape_of(1, 2, axes, &Axis::out), {}};
        for (int64_t c = 0; c < 2; ++c) {
          std::vector<double> most(size_t(outs), -INFINITY), sum(size_t(outs), 0), count(size_t(outs), 0);
          for_each_pair(axes, false, [&](int64_t out, int64_t, int64_t in) {
            const double v = x.values[size_t(c * ins + in)];
            most[size_t(out)] = std::max(most[size_t(out)], v);
            sum[size_t(out)] += v;
            ++count[size_t(out)];
          });
          for (size_t o = 0; o < size_t(outs); ++o) {
            const double mean = sum[o] / count[o];
            y.values.push_back(type == PoolingType::kMAX       ? most[o]
                               : type == PoolingType::kAVERAGE ? mean
                                                               : 0.75 * most[o] + 0.25 * mean);
          }
        }
        Session s;
        IPoolingLayer* pool = s.network->addPoolingNd(s.input("x", x.shape), type, pick(axes, &Axis::kernel));
        pool->setStrideNd(pick(axes, &Axis::stride));
        pool->setPrePadding(pick(axes_of(n), &Axis::before));
        pool->setPostPadding(pick(axes_of(n), &Axis::after));
        pool->setPaddingMode(mode);
        pool->setBlendFactor(0.25F);
        expect_near(result_of(s, *pool->getOutput(0), {{"x", x}}), y, 1e-6);
      }
}

TEST(Windows, MisuseIsReported) {
  Session s;
  ITensor& x = s.input("x", {1, 4, 5, 5});
  EXPECT_EQ(s.network->addConvolutionNd(x, 0, dims({3, 3}), Weights{}, Weights{}), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the number of output maps is 0"));
  EXPECT_EQ(s.network->addConvolutionNd(x, 2, dims({3, 0}), Weights{}, Weights{}), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("kernel dimension 1 is 0"));
  EXPECT_EQ(s.network->addPoolingNd(x, static_cast<PoolingType>(7), dims({2, 2})), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("there is no type 7"));
  EXPECT_EQ(s.network->addLRN(x, 4, 1, 1, 1), nullptr);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the window is 4; it must be odd"));
  IConvolutionLayer* conv =
      s.network->addConvolutionNd(x, 2, dims({3, 3}), s.weights(std::vector<float>(72)), Weights{});
  conv->setPaddingMode(static_cast<PaddingMode>(9));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("there is no padding mode 9"));
  conv->setStrideNd(dims({1}));
  EXPECT_EQ(conv->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("stride has 1 dimensions, the kernel has 2"));
  IConvolutionLayer* few =
      s.network->addConvolutionNd(x, 2, dims({3, 3}), s.weights(std::vector<float>(10)), Weights{});
  EXPECT_EQ(few->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("the kernel has 10 weights"));
}

}  // namespace
}  // namespace dovetail::test
