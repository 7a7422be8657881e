#include <algorithm>

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/pad.h"
#include "ops/nn/conv.h"
#include "ops/nn/deconv.h"

namespace dvt::api {
namespace {

bool is_caffe(PaddingMode mode) {
  return mode == PaddingMode::kCAFFE_ROUND_DOWN || mode == PaddingMode::kCAFFE_ROUND_UP;
}
bool rounds_up(PaddingMode mode) {
  return mode == PaddingMode::kEXPLICIT_ROUND_UP || mode == PaddingMode::kCAFFE_ROUND_UP;
}

/// What convolution and its transpose share. Tuples that were never set are empty and stand for their default.
template <class Interface>
class ConvolutionBase : public LayerOf<Interface> {
 public:
  ConvolutionBase(Network& network, LayerType type, std::string_view name, Tensor& input, int64_t maps,
                  const Dims& kernel, const Weights& weights, const Weights& bias)
      : LayerOf<Interface>(network, type, name, {&input}),
        maps_(maps),
        kernel_(kernel),
        weights_(weights),
        bias_(bias) {
    if (maps < 1) throw Error(ErrorCode::kInvalidArgument, name, ": the number of output maps is ", maps);
    if (kernel.nbDims < 1 || kernel.nbDims > 3)
      throw Error(ErrorCode::kUnsupported, name, ": the kernel has ", kernel.nbDims,
                  " dimensions; 1 to 3 are supported");
    for (int i = 0; i < kernel.nbDims; ++i)
      if (kernel.d[i] < 1)
        throw Error(ErrorCode::kInvalidArgument, name, ": kernel dimension ", i, " is ", kernel.d[i]);
    to_dtype(weights.type);
    to_dtype(bias.type);
  }

  int max_inputs() const override { return 3; }

  void setNbOutputMaps(int64_t maps) noexcept override { this->set(maps_, maps); }
  int64_t getNbOutputMaps() const noexcept override { return maps_; }
  void setNbGroups(int64_t groups) noexcept override { this->set(groups_, groups); }
  int64_t getNbGroups() const noexcept override { return groups_; }
  void setKernelWeights(Weights weights) noexcept override { this->set(weights_, weights); }
  Weights getKernelWeights() const noexcept override { return weights_; }
  void setBiasWeights(Weights weights) noexcept override { this->set(bias_, weights); }
  Weights getBiasWeights() const noexcept override { return bias_; }
  void setPrePadding(Dims const& padding) noexcept override { this->set(pre_, padding); }
  Dims getPrePadding() const noexcept override { return shown(pre_, 0); }
  void setPostPadding(Dims const& padding) noexcept override { this->set(post_, padding); }
  Dims getPostPadding() const noexcept override { return shown(post_, 0); }
  void setPaddingMode(PaddingMode mode) noexcept override {
    guarded(this->reporter(), [&] {
      if (static_cast<int>(mode) < 0 || mode > PaddingMode::kCAFFE_ROUND_UP)
        throw Error(ErrorCode::kInvalidArgument, "layer '", this->name(), "' (", this->type_name(),
                    "): there is no padding mode ", static_cast<int>(mode));
      this->set(mode_, mode);
    });
  }
  PaddingMode getPaddingMode() const noexcept override { return mode_; }
  void setKernelSizeNd(Dims const& kernel) noexcept override { this->set(kernel_, kernel); }
  Dims getKernelSizeNd() const noexcept override { return kernel_; }
  void setStrideNd(Dims const& stride) noexcept override { this->set(stride_, stride); }
  Dims getStrideNd() const noexcept override { return shown(stride_, 1); }
  void setPaddingNd(Dims const& padding) noexcept override {
    pre_ = padding;
    this->set(post_, padding);
  }
  Dims getPaddingNd() const noexcept override { return shown(pre_, 0); }
  void setDilationNd(Dims const& dilation) noexcept override { this->set(dilation_, dilation); }
  Dims getDilationNd() const noexcept override { return shown(dilation_, 1); }

 protected:
  template <class Op>
  Op attributes() const {
    Op op;
    op.strides = tuple(stride_, "stride");
    op.dilations = tuple(dilation_, "dilation");
    op.pads_begin = tuple(pre_, "padding");
    op.pads_end = is_caffe(mode_) ? op.pads_begin : tuple(post_, "padding");
    op.groups = groups_;
    return op;
  }

  /// The kernel as a value of the input's type: [outermost, count / outermost / window, window…].
  ir::Value* kernel(Lowering& graph, int64_t outermost) const {
    const DType type = graph.input(0)->dtype();
    if (graph.optional_input(1) != nullptr) {
      check_window(*graph.input(1));
      return graph.parameter(graph.input(1), type, "kernel");
    }
    std::vector<int64_t> dims = to_vector(kernel_, "the kernel size");
    int64_t window = outermost;
    for (int64_t d : dims) window *= d;
    if (window <= 0 || weights_.count <= 0 || weights_.count % window != 0)
      throw Error(ErrorCode::kInvalidModel, "layer '", this->name(), "' (", this->type_name(), "): the kernel has ",
                  weights_.count, " weights, which is no multiple of ", window);
    dims.insert(dims.begin(), {outermost, weights_.count / window});
    return graph.parameter(graph.weights(weights_, dims, "kernel"), type, "kernel");
  }

  /// A kernel that is a tensor has the size that the layer was told.
  void check_window(const ir::Value& w) const {
    if (w.rank() != kernel_.nbDims + 2) return;  // The operator says what is wrong.
    for (int i = 0; i < kernel_.nbDims; ++i)
      if (w.shape()[i + 2].is_constant() && w.shape()[i + 2].constant() != kernel_.d[i])
        throw Error(ErrorCode::kInvalidModel, "layer '", this->name(), "' (", this->type_name(), "): the kernel is ",
                    w.type(), ", and its size along spatial axis ", i, " was given as ", kernel_.d[i]);
  }

  void with_bias(Lowering& graph, ir::Value* y) const {
    if (const Dim& maps = y->shape()[1]; maps.is_constant() && maps.constant() != maps_)
      throw Error(ErrorCode::kInvalidModel, "layer '", this->name(), "' (", this->type_name(), "): the kernel makes ",
                  maps, " output maps, the layer has ", maps_);
    std::vector<Dim> dims(static_cast<size_t>(kernel_.nbDims) + 1, Dim(1));
    dims[0] = Dim(maps_);
    ir::Value* bias = nullptr;
    if (graph.optional_input(2) != nullptr) {
      bias = graph.reshape(graph.input(2), dims);
    } else if (bias_.count > 0) {
      std::vector<int64_t> constant_dims(dims.size(), 1);
      constant_dims[0] = maps_;
      bias = graph.weights(bias_, constant_dims, "bias");
    }
    if (bias != nullptr) y = graph.apply(expr::ExprOp::add, {y, graph.parameter(bias, y->dtype(), "bias")});
    graph.output(0, y);
  }

  /// Elements of the kernel's window.
  int64_t window() const {
    int64_t n = 1;
    for (int i = 0; i < kernel_.nbDims; ++i) n *= kernel_.d[i];
    return n;
  }
  int64_t weights_count() const { return weights_.count; }
  PaddingMode mode() const { return mode_; }
  int spatial() const { return kernel_.nbDims; }
  /// From the first to the last element that the kernel touches along an axis.
  template <class Op>
  int64_t extent(const Op& op, int axis) const {
    const int64_t dilation = op.dilations.empty() ? 1 : op.dilations[static_cast<size_t>(axis)];
    return dilation * (kernel_.d[axis] - 1) + 1;
  }
  template <class Op>
  static int64_t stride(const Op& op, int axis) {
    return op.strides.empty() ? 1 : op.strides[static_cast<size_t>(axis)];
  }

  int64_t maps_, groups_ = 1;

 private:
  static constexpr Dims kUnset{};
  std::vector<int64_t> tuple(const Dims& dims, std::string_view what) const {
    if (dims.nbDims == 0) return {};
    if (dims.nbDims != kernel_.nbDims)
      throw Error(ErrorCode::kInvalidModel, "layer '", this->name(), "' (", this->type_name(), "): ", what, " has ",
                  dims.nbDims, " dimensions, the kernel has ", kernel_.nbDims);
    return to_vector(dims, what);
  }
  Dims shown(const Dims& dims, int64_t fallback) const {
    if (dims.nbDims != 0) return dims;
    Dims d{};
    d.nbDims = kernel_.nbDims;
    for (int i = 0; i < d.nbDims; ++i) d.d[i] = fallback;
    return d;
  }

  Dims kernel_;
  Weights weights_, bias_;
  Dims stride_{}, dilation_{}, pre_{}, post_{};
  PaddingMode mode_ = PaddingMode::kEXPLICIT_ROUND_DOWN;
};

class Convolution final : public ConvolutionBase<IConvolutionLayer> {
 public:
  using ConvolutionBase::ConvolutionBase;
  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    ops::Conv op = attributes<ops::Conv>();
    if (mode() == PaddingMode::kSAME_UPPER || mode() == PaddingMode::kSAME_LOWER) {
      op.padding = mode() == PaddingMode::kSAME_UPPER ? ops::Padding::same_upper : ops::Padding::same_lower;
      op.pads_begin.clear();  // What was set stays set and has no meaning in these modes.
      op.pads_end.clear();
    }
    if (rounds_up(mode())) x = with_last_window(graph, x, op);
    with_bias(graph, graph.add(op, {x, kernel(graph, maps_)}));
  }

 private:
  /// Rounding up means as much padding behind as makes the last window whole.
  ir::Value* with_last_window(Lowering& graph, ir::Value* x, ops::Conv& op) const {
    const auto rank = static_cast<size_t>(spatial());
    if (x->rank() != spatial() + 2) return x;  // The operator says what is wrong.
    op.pads_begin.resize(rank, 0);
    op.pads_end.resize(rank, 0);
    ops::Pad pad{.pads_begin = std::vector<Dim>(rank + 2, Dim(0)), .pads_end = std::vector<Dim>(rank + 2, Dim(0))};
    bool dynamic = false;
    for (int i = 0; i < spatial(); ++i) {
      const auto at = static_cast<size_t>(i);
      const Dim s(stride(op, i));
      const Dim beyond = x->shape()[i + 2] + Dim(op.pads_begin[at] + op.pads_end[at] - extent(op, i));
      const Dim missing = ceildiv(beyond, s) * s - beyond;
      if (missing.is_constant())
        op.pads_end[at] += missing.constant();
      else
        dynamic = true, pad.pads_end[at + 2] = missing;
    }
    if (!dynamic) return x;
    // The padding of before comes first, so that what is missing lies behind all of it.
    for (size_t i = 0; i < rank; ++i) {
      pad.pads_begin[i + 2] = Dim(op.pads_begin[i]);
      pad.pads_end[i + 2] = pad.pads_end[i + 2] + Dim(op.pads_end[i]);
    }
    op.pads_begin.clear();
    op.pads_end.clear();
    return graph.add(pad, {x});
  }
};

class Deconvolution final : public ConvolutionBase<IDeconvolutionLayer> {
 public:
  using ConvolutionBase::ConvolutionBase;
  void lower(Lowering& graph) const override {
    const bool is_tensor = graph.optional_input(1) != nullptr;  // it says how many channels it takes
    ir::Value* w = kernel(graph, is_tensor ? 0 : channels(*graph.input(0)));
    ops::Deconv op = attributes<ops::Deconv>();
    if (mode() == PaddingMode::kSAME_UPPER || mode() == PaddingMode::kSAME_LOWER) {
      // What the kernel reaches beyond its stride is cut off, the odd element at the end that the mode names.
      op.pads_begin.clear();
      op.pads_end.clear();
      for (int i = 0; i < spatial(); ++i) {
        const int64_t total = std::max<int64_t>(extent(op, i) - stride(op, i), 0), less = total / 2;
        op.pads_begin.push_back(mode() == PaddingMode::kSAME_UPPER ? less : total - less);
        op.pads_end.push_back(total - op.pads_begin.back());
      }
    }
    with_bias(graph, graph.add(op, {graph.input(0), w}));
  }

 private:
  /// Of x; where they are known only in the run, there are as many as the kernel has weights for.
  int64_t channels(const ir::Value& x) const {
    if (x.rank() >= 2 && x.shape()[1].is_constant()) return x.shape()[1].constant();
    const int64_t maps = std::max<int64_t>(maps_ / std::max<int64_t>(groups_, 1), 1) * window();
    if (x.rank() >= 2 && weights_count() > 0 && maps > 0) return weights_count() / maps;
    throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Deconvolution): the number of channels of '", x.name(),
                "' ", x.type(), " must be constant, or the kernel be given as weights");
  }
};

}  // namespace

IConvolutionLayer* Network::addConvolutionNd(ITensor& input, int64_t maps, Dims const& kernel, Weights weights,
                                             Weights bias) noexcept {
  return add<Convolution>([&] {
    return std::make_unique<Convolution>(*this, LayerType::kCONVOLUTION, "Convolution", own(input), maps, kernel,
                                         weights, bias);
  });
}

IDeconvolutionLayer* Network::addDeconvolutionNd(ITensor& input, int64_t maps, Dims kernel, Weights weights,
                                                 Weights bias) noexcept {
  return add<Deconvolution>([&] {
    return std::make_unique<Deconvolution>(*this, LayerType::kDECONVOLUTION, "Deconvolution", own(input), maps, kernel,
                                           weights, bias);
  });
}

}  // namespace dvt::api
