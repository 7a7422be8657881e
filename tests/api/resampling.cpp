// Resize and grid sample in every mode against their formulas.

#include "run.h"

namespace dovetail::test {
namespace {

using testing::HasSubstr;

double cubic_weight(double t, double a) {
  t = std::fabs(t);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
}

struct Settings {
  InterpolationMode mode = InterpolationMode::kNEAREST;
  ResizeCoordinateTransformation coordinate = ResizeCoordinateTransformation::kASYMMETRIC;
  ResizeSelector selector = ResizeSelector::kFORMULA;
  ResizeRoundMode rounding = ResizeRoundMode::kFLOOR;
  double cubic = -0.75;
  bool exclude = false;
};

/// Weights of the input positions for output position o of one dimension.
std::vector<double> weights_of(const Settings& s, int64_t o, int64_t in, int64_t out, double scale) {
  double x = 0;
  switch (s.coordinate) {
    case ResizeCoordinateTransformation::kALIGN_CORNERS:
      x = out == 1 ? 0 : double(o) * double(in - 1) / double(out - 1);
      break;
    case ResizeCoordinateTransformation::kASYMMETRIC:
      x = double(o) / scale;
      break;
    case ResizeCoordinateTransformation::kHALF_PIXEL:
      x = (double(o) + 0.5) / scale - 0.5;
      break;
  }
  if (out == 1 && s.selector == ResizeSelector::kUPPER) x = 0;
  std::vector<double> w(size_t(in), 0);
  const auto at = [&](int64_t i) -> double& { return w[size_t(std::min(std::max<int64_t>(i, 0), in - 1))]; };
  const double low = std::floor(x);
  if (s.mode == InterpolationMode::kNEAREST) {
    const double half_up = std::floor(x + 0.5), half_down = std::ceil(x - 0.5);
    at(int64_t(s.rounding == ResizeRoundMode::kHALF_UP     ? half_up
               : s.rounding == ResizeRoundMode::kHALF_DOWN ? half_down
               : s.rounding == ResizeRoundMode::kFLOOR     ? low
                                                           : std::ceil(x))) = 1;
  } else if (s.mode == InterpolationMode::kLINEAR) {
    const double inside = std::min(std::max(x, 0.0), double(in - 1)), first = std::floor(inside);
    at(int64_t(first)) += 1 - (inside - first);
    at(int64_t(first) + 1) += inside - first;
  } else {
    double total = 0;
    for (int64_t i = int64_t(low) - 1; i <= int64_t(low) + 2; ++i) {
      if (s.exclude && (i < 0 || i >= in)) continue;
      const double v = cubic_weight(x - double(i), s.cubic);
      at(i) += v;
      total += v;
    }
    if (s.exclude)
      for (double& v : w) v /= total;
  }
  return w;
}

void check_resize(const Settings& set, int64_t out_h, int64_t out_w, bool by_scales, bool tensor) {
  SCOPED_TRACE(testing::Message() << "mode " << int(set.mode) << " coordinate " << int(set.coordinate) << " selector "
                                  << int(set.selector) << " rounding " << int(set.rounding) << " to " << out_h << "x"
                                  << out_w << " scales " << by_scales << " tensor " << tensor);
  const Numbers x = noise({1, 2, 4, 5}, 1);
  const double scale_h = double(out_h) / 4, scale_w = double(out_w) / 5;
  Numbers y{{1, 2, out_h, out_w}, {}};
  for (int64_t c = 0; c < 2; ++c)
    for (int64_t i = 0; i < out_h; ++i)
      for (int64_t j = 0; j < out_w; ++j) {
        const std::vector<double> h = weights_of(set, i, 4, out_h, scale_h), w = weights_of(set, j, 5, out_w, scale_w);
        double sum = 0;
        for (int64_t a = 0; a < 4; ++a)
          for (int64_t b = 0; b < 5; ++b) sum += h[size_t(a)] * w[size_t(b)] * x.values[size_t((c * 4 + a) * 5 + b)];
        y.values.push_back(sum);
      }
  Session s;
  IResizeLayer* resize = s.network->addResize(s.input("x", x.shape));
  resize->setResizeMode(set.mode);
  resize->setCoordinateTransformation(set.coordinate);
  resize->setSelectorForSinglePixel(set.selector);
  resize->setNearestRounding(set.rounding);
  resize->setCubicCoeff(static_cast<float>(set.cubic));
  resize->setExcludeOutside(set.exclude);
  const float scales[] = {1, 1, float(scale_h), float(scale_w)};
  const int64_t sizes[] = {1, 2, out_h, out_w};
  if (by_scales)
    resize->setScales(scales, 4);
  else if (tensor)
    resize->setInput(1, *s.network->addConstant(dims({4}), Weights{DataType::kINT64, sizes, 4})->getOutput(0));
  else
    resize->setOutputDimensions(dims({1, 2, out_h, out_w}));
  expect_near(result_of(s, *resize->getOutput(0), {{"x", x}}), y, 3e-6);
}

constexpr ResizeCoordinateTransformation kCoordinates[] = {ResizeCoordinateTransformation::kALIGN_CORNERS,
                                                           ResizeCoordinateTransformation::kASYMMETRIC,
                                                           ResizeCoordinateTransformation::kHALF_PIXEL};

TEST(Resize, NearestRoundsAsAsked) {
  for (const auto coordinate : kCoordinates)
    for (const auto rounding :
         {ResizeRoundMode::kHALF_UP, ResizeRoundMode::kHALF_DOWN, ResizeRoundMode::kFLOOR, ResizeRoundMode::kCEIL})
      check_resize({.coordinate = coordinate, .rounding = rounding}, 8, 10, rounding == ResizeRoundMode::kFLOOR, false);
}

TEST(Resize, LinearAndCubic) {
  for (const auto coordinate : kCoordinates) {
    check_resize({.mode = InterpolationMode::kLINEAR, .coordinate = coordinate}, 7, 3, false, true);
    check_resize({.mode = InterpolationMode::kLINEAR, .coordinate = coordinate}, 8, 10, true, false);
    for (const bool exclude : {false, true})
      check_resize({.mode = InterpolationMode::kCUBIC, .coordinate = coordinate, .cubic = -0.5, .exclude = exclude}, 6,
                   9, false, false);
  }
}

TEST(Resize, ASinglePixelIsTheFormulasOrTheFirst) {
  for (const auto selector : {ResizeSelector::kFORMULA, ResizeSelector::kUPPER})
    check_resize({.mode = InterpolationMode::kLINEAR,
                  .coordinate = ResizeCoordinateTransformation::kHALF_PIXEL,
                  .selector = selector},
                 1, 1, false, false);
}

TEST(Resize, MisuseIsReported) {
  Session s;
  IResizeLayer* resize = s.network->addResize(s.input("x", {1, 2, 4, 5}));
  EXPECT_EQ(resize->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("neither output dimensions nor scales are set"));
  resize->setScales(nullptr, 4);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("they are nullptr"));
  const float two[] = {2, 2};
  resize->setScales(two, 2);
  EXPECT_EQ(resize->getScales(0, nullptr), 2);
  EXPECT_EQ(resize->getOutput(0)->getDimensions().nbDims, -1);
  EXPECT_NE(s.logger.take_errors(), "");
}

/// An index outside [0, n) by the mode; -1: 0 is read.
int64_t outside(SampleMode mode, int64_t i, int64_t n, bool align) {
  if (i >= 0 && i < n) return i;
  if (mode == SampleMode::kFILL) return -1;
  if (mode == SampleMode::kCLAMP) return i < 0 ? 0 : n - 1;
  const double low = align ? 0 : -0.5, high = align ? double(n - 1) : double(n) - 0.5, span = high - low;
  if (span == 0) return 0;
  double p = std::fmod(std::fabs(double(i) - low), 2 * span);
  if (p > span) p = 2 * span - p;
  return std::min<int64_t>(std::max<int64_t>(int64_t(std::llround(p + low)), 0), n - 1);
}

TEST(GridSample, LinearAndNearestInEverySampleMode) {
  const Numbers x = noise({1, 2, 3, 4}, 2);
  Numbers grid = noise({1, 2, 3, 2}, 3);
  for (double& v : grid.values) v *= 1.3;  // Some points lie outside.
  for (const auto mode : {InterpolationMode::kLINEAR, InterpolationMode::kNEAREST})
    for (const auto sample : {SampleMode::kFILL, SampleMode::kCLAMP})
      for (const bool align : {false, true}) {
        SCOPED_TRACE(testing::Message() << int(mode) << int(sample) << align);
        Session s;
        IGridSampleLayer* layer = s.network->addGridSample(s.input("x", x.shape), s.input("grid", grid.shape));
        layer->setInterpolationMode(mode);
        EXPECT_TRUE(layer->setSampleMode(sample));
        layer->setAlignCorners(align);
        Numbers y{{1, 2, 2, 3}, {}};
        const auto pixel = [&](double v, int64_t n) {
          return align ? (v + 1) / 2 * double(n - 1) : ((v + 1) * double(n) - 1) / 2;
        };
        for (int64_t c = 0; c < 2; ++c)
          for (int64_t p = 0; p < 6; ++p) {
            double px = pixel(grid.values[size_t(2 * p)], 4), py = pixel(grid.values[size_t(2 * p + 1)], 3);
            if (sample == SampleMode::kCLAMP)
              px = std::min(std::max(px, 0.0), 3.0), py = std::min(std::max(py, 0.0), 2.0);
            const auto read = [&](int64_t i, int64_t j) {
              i = outside(sample, i, 3, align), j = outside(sample, j, 4, align);
              return i < 0 || j < 0 ? 0.0 : x.values[size_t((c * 3 + i) * 4 + j)];
            };
            if (mode == InterpolationMode::kNEAREST) {
              y.values.push_back(read(int64_t(std::nearbyint(py)), int64_t(std::nearbyint(px))));
              continue;
            }
            const double fy = std::floor(py), fx = std::floor(px), dy = py - fy, dx = px - fx;
            const auto i = int64_t(fy), j = int64_t(fx);
            y.values.push_back((1 - dy) * ((1 - dx) * read(i, j) + dx * read(i, j + 1)) +
                               dy * ((1 - dx) * read(i + 1, j) + dx * read(i + 1, j + 1)));
          }
        expect_near(result_of(s, *layer->getOutput(0), {{"x", x}, {"grid", grid}}), y, 3e-6);
      }
  Session s;
  IGridSampleLayer* layer = s.network->addGridSample(s.input("x", x.shape), s.input("grid", grid.shape));
  EXPECT_FALSE(layer->setSampleMode(SampleMode::kWRAP));
  EXPECT_TRUE(layer->setSampleMode(SampleMode::kREFLECT));
}

}  // namespace
}  // namespace dovetail::test
