#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/nn/conv.h"
#include "ops/nn/deconv.h"

namespace dvt::api {
namespace {

ops::Padding to_padding(PaddingMode mode, std::string_view layer) {
  switch (mode) {
    case PaddingMode::kEXPLICIT_ROUND_DOWN:
      return ops::Padding::explicit_pads;
    case PaddingMode::kSAME_UPPER:
      return ops::Padding::same_upper;
    case PaddingMode::kSAME_LOWER:
      return ops::Padding::same_lower;
    case PaddingMode::kEXPLICIT_ROUND_UP:
    case PaddingMode::kCAFFE_ROUND_DOWN:
    case PaddingMode::kCAFFE_ROUND_UP:
      break;
  }
  throw Error(ErrorCode::kUnsupported, "layer '", layer, "': padding mode ", static_cast<int>(mode),
              " is not supported for convolutions; use kEXPLICIT_ROUND_DOWN with post padding");
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
  void setPaddingMode(PaddingMode mode) noexcept override { this->set(mode_, mode); }
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
    op.pads_end = tuple(post_, "padding");
    op.groups = groups_;
    op.padding = to_padding(mode_, this->name());
    return op;
  }

  /// The kernel as a value of the input's type: [outermost, count / outermost / window, window…].
  ir::Value* kernel(Lowering& graph, int64_t outermost) const {
    const DType type = graph.input(0)->dtype();
    if (graph.optional_input(1) != nullptr) return graph.cast(graph.input(1), type);
    std::vector<int64_t> dims = to_vector(kernel_, "the kernel size");
    int64_t window = outermost;
    for (int64_t d : dims) window *= d;
    if (window <= 0 || weights_.count <= 0 || weights_.count % window != 0)
      throw Error(ErrorCode::kInvalidModel, "layer '", this->name(), "' (", this->type_name(), "): the kernel has ",
                  weights_.count, " weights, which is no multiple of ", window);
    dims.insert(dims.begin(), {outermost, weights_.count / window});
    return graph.cast(graph.weights(weights_, dims, "kernel"), type);
  }

  void with_bias(Lowering& graph, ir::Value* y) const {
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
    if (bias != nullptr) y = graph.apply(expr::ExprOp::add, {y, graph.cast(bias, y->dtype())});
    graph.output(0, y);
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
    with_bias(graph, graph.add(attributes<ops::Conv>(), {graph.input(0), kernel(graph, maps_)}));
  }
};

class Deconvolution final : public ConvolutionBase<IDeconvolutionLayer> {
 public:
  using ConvolutionBase::ConvolutionBase;
  void lower(Lowering& graph) const override {
    const ir::Value* x = graph.input(0);
    if (x->rank() < 2 || !x->shape()[1].is_constant())
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Deconvolution): the number of channels of '",
                  x->name(), "' ", x->type(), " must be constant");
    ir::Value* w = kernel(graph, x->shape()[1].constant());
    with_bias(graph, graph.add(attributes<ops::Deconv>(), {graph.input(0), w}));
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
