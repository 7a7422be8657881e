#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/nn/lrn.h"
#include "ops/nn/pool.h"
#include "ops/nn/softmax.h"

namespace dvt::api {
namespace {

using expr::ExprOp;

class Pooling final : public LayerOf<IPoolingLayer> {
 public:
  Pooling(Network& network, Tensor& input, PoolingType kind, const Dims& window)
      : LayerOf(network, LayerType::kPOOLING, "Pooling", {&input}), kind_(kind), window_(window) {
    if (window.nbDims < 1 || window.nbDims > 3)
      throw Error(ErrorCode::kUnsupported, "pooling: the window has ", window.nbDims,
                  " dimensions; 1 to 3 are supported");
    check(kind);
  }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    if (kind_ != PoolingType::kMAX_AVERAGE_BLEND) {
      const bool max = kind_ == PoolingType::kMAX;
      return graph.output(0, graph.add(attributes(max ? ops::Pool::Kind::max : ops::Pool::Kind::average), {x}));
    }
    if (!is_floating(x->dtype()))
      throw Error(ErrorCode::kInvalidModel, "layer '", name(),
                  "' (Pooling): a blend of maximum and average takes floating numbers, got ", x->type(),
                  "; cast the input");
    ir::Value* maximum = graph.add(attributes(ops::Pool::Kind::max), {x});
    ir::Value* average = graph.add(attributes(ops::Pool::Kind::average), {x});
    const auto weighted = [&](ir::Value* v, double weight) {
      return graph.apply(ExprOp::mul, {v, graph.scalar(x->dtype(), weight)});
    };
    graph.output(0, graph.apply(ExprOp::add, {weighted(maximum, 1 - blend_), weighted(average, blend_)}));
  }

  void setPoolingType(PoolingType kind) noexcept override {
    guarded(reporter(), [&] {
      check(kind);
      set(kind_, kind);
    });
  }
  PoolingType getPoolingType() const noexcept override { return kind_; }
  void setBlendFactor(float blend) noexcept override { set(blend_, blend); }
  float getBlendFactor() const noexcept override { return blend_; }
  void setAverageCountExcludesPadding(bool exclusive) noexcept override { set(exclusive_, exclusive); }
  bool getAverageCountExcludesPadding() const noexcept override { return exclusive_; }
  void setPrePadding(Dims const& padding) noexcept override { set(pre_, padding); }
  Dims getPrePadding() const noexcept override { return shown(pre_, 0); }
  void setPostPadding(Dims const& padding) noexcept override { set(post_, padding); }
  Dims getPostPadding() const noexcept override { return shown(post_, 0); }
  void setPaddingMode(PaddingMode mode) noexcept override {
    guarded(reporter(), [&] {
      if (static_cast<int>(mode) < 0 || mode > PaddingMode::kCAFFE_ROUND_UP)
        throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (Pooling): there is no padding mode ",
                    static_cast<int>(mode));
      set(mode_, mode);
    });
  }
  PaddingMode getPaddingMode() const noexcept override { return mode_; }
  void setWindowSizeNd(Dims const& window) noexcept override { set(window_, window); }
  Dims getWindowSizeNd() const noexcept override { return window_; }
  void setStrideNd(Dims const& stride) noexcept override { set(stride_, stride); }
  Dims getStrideNd() const noexcept override { return shown(stride_, 1); }
  void setPaddingNd(Dims const& padding) noexcept override {
    pre_ = padding;
    set(post_, padding);
  }
  Dims getPaddingNd() const noexcept override { return shown(pre_, 0); }

 private:
  static void check(PoolingType kind) {
    if (!is_enumerator(kind))
      throw Error(ErrorCode::kInvalidArgument, "pooling: there is no type ", static_cast<int>(kind));
  }
  ops::Pool attributes(ops::Pool::Kind kind) const {
    ops::Pool pool{.kind = kind};
    pool.window = to_vector(window_, "the pooling window");
    pool.strides = to_vector(stride_, "the pooling stride");
    pool.pads_begin = to_vector(pre_, "the pooling padding");
    const bool caffe = mode_ == PaddingMode::kCAFFE_ROUND_DOWN || mode_ == PaddingMode::kCAFFE_ROUND_UP;
    pool.pads_end = caffe ? pool.pads_begin : to_vector(post_, "the pooling padding");
    pool.ceil_mode = mode_ == PaddingMode::kEXPLICIT_ROUND_UP || mode_ == PaddingMode::kCAFFE_ROUND_UP;
    pool.count_include_pad = !exclusive_;
    if (mode_ == PaddingMode::kSAME_UPPER || mode_ == PaddingMode::kSAME_LOWER) {
      pool.padding = mode_ == PaddingMode::kSAME_UPPER ? ops::Padding::same_upper : ops::Padding::same_lower;
      pool.pads_begin.clear();  // What was set stays set and has no meaning in these modes.
      pool.pads_end.clear();
    }
    return pool;
  }
  Dims shown(const Dims& dims, int64_t fallback) const {
    if (dims.nbDims != 0) return dims;
    Dims d{};
    d.nbDims = window_.nbDims;
    for (int i = 0; i < d.nbDims; ++i) d.d[i] = fallback;
    return d;
  }

  PoolingType kind_;
  Dims window_, stride_{}, pre_{}, post_{};
  PaddingMode mode_ = PaddingMode::kEXPLICIT_ROUND_DOWN;
  float blend_ = 0;
  bool exclusive_ = true;
};

class LocalResponse final : public LayerOf<ILRNLayer> {
 public:
  LocalResponse(Network& network, Tensor& input, int64_t window, float alpha, float beta, float k)
      : LayerOf(network, LayerType::kLRN, "LRN", {&input}),
        window_(checked(window)),
        alpha_(alpha),
        beta_(beta),
        k_(k) {}

  void lower(Lowering& graph) const override {
    graph.output(0, graph.add(ops::Lrn{.size = window_, .alpha = alpha_, .beta = beta_, .bias = k_}, {graph.input(0)}));
  }

  void setWindowSize(int64_t window) noexcept override {
    guarded(reporter(), [&] { set(window_, checked(window)); });
  }
  int64_t getWindowSize() const noexcept override { return window_; }
  void setAlpha(float alpha) noexcept override { set(alpha_, alpha); }
  float getAlpha() const noexcept override { return alpha_; }
  void setBeta(float beta) noexcept override { set(beta_, beta); }
  float getBeta() const noexcept override { return beta_; }
  void setK(float k) noexcept override { set(k_, k); }
  float getK() const noexcept override { return k_; }

 private:
  static int64_t checked(int64_t window) {
    if (window < 1 || window % 2 == 0)
      throw Error(ErrorCode::kInvalidArgument, "lrn: the window is ", window, "; it must be odd and positive");
    return window;
  }
  int64_t window_;
  float alpha_, beta_, k_;
};

class SoftMax final : public LayerOf<ISoftMaxLayer> {
 public:
  SoftMax(Network& network, Tensor& input) : LayerOf(network, LayerType::kSOFTMAX, "SoftMax", {&input}) {}

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    const int64_t axis = axes_ == 0 ? default_axis(x->rank()) : single_axis(axes_, x->rank(), "softmax");
    graph.output(0, graph.add(ops::Softmax{.axis = axis}, {x}));
  }

  void setAxes(uint32_t axes) noexcept override {
    guarded(reporter(), [&] {
      if (axes == 0)
        throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (SoftMax): the axes are a mask without a bit");
      set(axes_, axes);
    });
  }
  uint32_t getAxes() const noexcept override {
    return axes_ != 0 ? axes_ : 1U << default_axis(std::max(1, input(0)->getDimensions().nbDims));
  }

 private:
  static int default_axis(int rank) { return std::max(0, rank - 3); }
  uint32_t axes_ = 0;  ///< 0: never set.
};

}  // namespace

IPoolingLayer* Network::addPoolingNd(ITensor& input, PoolingType type, Dims const& window) noexcept {
  return add<Pooling>([&] { return std::make_unique<Pooling>(*this, own(input), type, window); });
}

ILRNLayer* Network::addLRN(ITensor& input, int64_t window, float alpha, float beta, float k) noexcept {
  return add<LocalResponse>([&] { return std::make_unique<LocalResponse>(*this, own(input), window, alpha, beta, k); });
}

ISoftMaxLayer* Network::addSoftMax(ITensor& input) noexcept {
  return add<SoftMax>([&] { return std::make_unique<SoftMax>(*this, own(input)); });
}

}  // namespace dvt::api
