#include "ops/nn/resize.h"

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"

namespace dvt::api {
namespace {

using Op = ops::Resize;

class ResizeLayer final : public LayerOf<IResizeLayer> {
 public:
  ResizeLayer(Network& network, Tensor& input) : LayerOf(network, LayerType::kRESIZE, "Resize", {&input}) {}
  int max_inputs() const override { return 2; }
  bool is_shape_input(int i) const override { return i == 1; }

  void lower(Lowering& graph) const override {
    Op op{.mode = mode(), .coordinate = coordinate(), .nearest = nearest()};
    if (!is_enumerator(selector_)) no_such("selector", selector_);
    op.cubic_coeff = cubic_coefficient_;
    op.exclude_outside = exclude_outside_;
    if (graph.optional_input(1) != nullptr) {
      op.sizes = graph.known(1, "the output dimensions");
    } else if (dims_) {
      for (int64_t d : to_vector(*dims_, "the output dimensions")) op.sizes.push_back(d);
    } else if (!scales_.empty()) {
      op.scales.assign(scales_.begin(), scales_.end());
    } else {
      throw Error(ErrorCode::kInvalidModel, "layer '", name(),
                  "' (Resize): neither output dimensions nor scales are set");
    }
    graph.output(0, graph.add(op, {graph.input(0)}));
  }

  void setOutputDimensions(Dims const& dims) noexcept override {
    scales_.clear();
    set(dims_, std::optional(dims));
  }
  Dims getOutputDimensions() const noexcept override { return dims_.value_or(invalid_dims()); }
  void setScales(float const* scales, int32_t count) noexcept override {
    guarded(reporter(), [&] {
      if (scales == nullptr || count < 0 || count > Dims::MAX_DIMS)
        throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (Resize): ", count,
                    " scales, or they are nullptr");
      dims_.reset();
      set(scales_, std::vector<float>(scales, scales + count));
    });
  }
  int32_t getScales(int32_t size, float* scales) const noexcept override {
    if (scales_.empty()) return -1;
    if (scales != nullptr)
      std::copy_n(scales_.begin(), std::min<size_t>(scales_.size(), size < 0 ? 0 : size_t(size)), scales);
    return static_cast<int32_t>(scales_.size());
  }
  void setResizeMode(InterpolationMode mode) noexcept override { set(mode_, mode); }
  InterpolationMode getResizeMode() const noexcept override { return mode_; }
  void setCoordinateTransformation(ResizeCoordinateTransformation c) noexcept override { set(coordinate_, c); }
  ResizeCoordinateTransformation getCoordinateTransformation() const noexcept override { return coordinate_; }
  void setSelectorForSinglePixel(ResizeSelector selector) noexcept override { set(selector_, selector); }
  ResizeSelector getSelectorForSinglePixel() const noexcept override { return selector_; }
  void setNearestRounding(ResizeRoundMode rounding) noexcept override { set(rounding_, rounding); }
  ResizeRoundMode getNearestRounding() const noexcept override { return rounding_; }
  void setCubicCoeff(float a) noexcept override { set(cubic_coefficient_, a); }
  float getCubicCoeff() const noexcept override { return cubic_coefficient_; }
  void setExcludeOutside(bool yes) noexcept override { set(exclude_outside_, yes); }
  bool getExcludeOutside() const noexcept override { return exclude_outside_; }

 private:
  template <class Enum>
  [[noreturn]] void no_such(std::string_view what, Enum value) const {
    throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (Resize): there is no ", what, " ",
                static_cast<int>(value));
  }
  Op::Mode mode() const {
    switch (mode_) {
      case InterpolationMode::kNEAREST:
        return Op::Mode::nearest;
      case InterpolationMode::kLINEAR:
        return Op::Mode::linear;
      case InterpolationMode::kCUBIC:
        return Op::Mode::cubic;
    }
    no_such("mode", mode_);
  }
  Op::Coordinate coordinate() const {
    switch (coordinate_) {
      case ResizeCoordinateTransformation::kALIGN_CORNERS:
        return Op::Coordinate::align_corners;
      case ResizeCoordinateTransformation::kASYMMETRIC:
        return Op::Coordinate::asymmetric;
      case ResizeCoordinateTransformation::kHALF_PIXEL:
        return selector_ == ResizeSelector::kUPPER ? Op::Coordinate::pytorch_half_pixel : Op::Coordinate::half_pixel;
    }
    no_such("coordinate transformation", coordinate_);
  }
  Op::Nearest nearest() const {
    switch (rounding_) {
      case ResizeRoundMode::kHALF_UP:
        return Op::Nearest::round_prefer_ceil;
      case ResizeRoundMode::kHALF_DOWN:
        return Op::Nearest::round_prefer_floor;
      case ResizeRoundMode::kFLOOR:
        return Op::Nearest::floor;
      case ResizeRoundMode::kCEIL:
        return Op::Nearest::ceil;
    }
    no_such("rounding", rounding_);
  }

  std::optional<Dims> dims_;
  std::vector<float> scales_;
  InterpolationMode mode_ = InterpolationMode::kNEAREST;
  ResizeCoordinateTransformation coordinate_ = ResizeCoordinateTransformation::kASYMMETRIC;
  ResizeSelector selector_ = ResizeSelector::kFORMULA;
  ResizeRoundMode rounding_ = ResizeRoundMode::kFLOOR;
  float cubic_coefficient_ = -0.75F;
  bool exclude_outside_ = false;
};

}  // namespace

IResizeLayer* Network::addResize(ITensor& input) noexcept {
  return add<ResizeLayer>([&] { return std::make_unique<ResizeLayer>(*this, own(input)); });
}

}  // namespace dvt::api
