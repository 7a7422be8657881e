#include "ops/nn/grid_sample.h"

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"

namespace dvt::api {
namespace {

using Op = ops::GridSample;

class GridSampleLayer final : public LayerOf<IGridSampleLayer> {
 public:
  GridSampleLayer(Network& network, Tensor& input, Tensor& grid)
      : LayerOf(network, LayerType::kGRID_SAMPLE, "GridSample", {&input, &grid}) {}

  void lower(Lowering& graph) const override {
    graph.output(0, graph.add(Op{mode(), padding(), align_corners_}, {graph.input(0), graph.input(1)}));
  }

  void setInterpolationMode(InterpolationMode mode) noexcept override {
    guarded(reporter(), [&] {
      if (!is_enumerator(mode))
        throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (GridSample): there is no interpolation mode ",
                    static_cast<int>(mode));
      set(mode_, mode);
    });
  }
  InterpolationMode getInterpolationMode() const noexcept override { return mode_; }
  void setAlignCorners(bool yes) noexcept override { set(align_corners_, yes); }
  bool getAlignCorners() const noexcept override { return align_corners_; }
  bool setSampleMode(SampleMode mode) noexcept override {
    return guarded(reporter(), [&] {
      if (mode != SampleMode::kFILL && mode != SampleMode::kCLAMP && mode != SampleMode::kREFLECT)
        throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (GridSample): sample mode ",
                    static_cast<int>(mode), " is none of kCLAMP, kFILL and kREFLECT");
      set(sample_mode_, mode);
    });
  }
  SampleMode getSampleMode() const noexcept override { return sample_mode_; }

 private:
  Op::Mode mode() const {
    return mode_ == InterpolationMode::kNEAREST ? Op::Mode::nearest
           : mode_ == InterpolationMode::kCUBIC ? Op::Mode::cubic
                                                : Op::Mode::linear;
  }
  Op::Padding padding() const {
    return sample_mode_ == SampleMode::kCLAMP     ? Op::Padding::border
           : sample_mode_ == SampleMode::kREFLECT ? Op::Padding::reflection
                                                  : Op::Padding::zeros;
  }
  InterpolationMode mode_ = InterpolationMode::kLINEAR;
  SampleMode sample_mode_ = SampleMode::kFILL;
  bool align_corners_ = false;
};

}  // namespace

IGridSampleLayer* Network::addGridSample(ITensor& input, ITensor& grid) noexcept {
  return add<GridSampleLayer>([&] { return std::make_unique<GridSampleLayer>(*this, own(input), own(grid)); });
}

}  // namespace dvt::api
