#include "ops/data/slice.h"

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/expand.h"
#include "ops/data/pad.h"

namespace dvt::api {
namespace {

class SliceLayer final : public LayerOf<ISliceLayer> {
 public:
  SliceLayer(Network& network, Tensor& input, const Dims& start, const Dims& size, const Dims& stride)
      : LayerOf(network, LayerType::kSLICE, "Slice", {&input}), start_(start), size_(size), stride_(stride) {}
  int max_inputs() const override { return 6; }
  bool is_shape_input(int i) const override { return (i >= 1 && i <= 3) || i == 5; }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    const std::vector<int64_t> axes = chosen_axes(graph, x->rank());
    const bool plain = mode_ == SampleMode::kSTRICT_BOUNDS;
    const bool is_late = !is_known(graph, 1) || !has_constant_stride(graph);
    if (plain && is_late && static_cast<int>(axes.size()) == x->rank()) return lower_late(graph, x);

    ops::Slice slice;
    slice.start = full(
        x, axes, list(graph, 1, start_, "the start"), [](const Dim&) { return Dim(0); }, "the start");
    slice.size = full(
        x, axes, list(graph, 2, size_, "the size"), [](const Dim& d) { return d; }, "the size");
    for (const Dim& d : full(
             x, axes, list(graph, 3, stride_, "the stride"), [](const Dim&) { return Dim(1); }, "the stride")) {
      if (!d.is_constant()) fail("the stride must be constant, got ", d);
      slice.step.push_back(d.constant());
    }
    // A stride of 0 repeats one position: it is read once and spread.
    const std::vector<Dim> sizes = slice.size;
    bool repeats = false;
    for (size_t i = 0; i < slice.step.size(); ++i) {
      if (slice.step[i] != 0) continue;
      slice.step[i] = 1;
      slice.size[i] = Dim(1);
      repeats = true;
    }
    if (!plain) x = padded(graph, x, slice);
    ir::Value* y = graph.add(slice, {x});
    graph.output(0, repeats ? graph.add(ops::Expand{.shape = sizes}, {y}) : y);
  }

  void setStart(Dims const& start) noexcept override { set(start_, start); }
  Dims getStart() const noexcept override { return start_; }
  void setSize(Dims const& size) noexcept override { set(size_, size); }
  Dims getSize() const noexcept override { return size_; }
  void setStride(Dims const& stride) noexcept override { set(stride_, stride); }
  Dims getStride() const noexcept override { return stride_; }
  void setMode(SampleMode mode) noexcept override { set(mode_, mode); }
  SampleMode getMode() const noexcept override { return mode_; }
  void setAxes(Dims const& axes) noexcept override { set(axes_, axes); }
  Dims getAxes() const noexcept override { return axes_; }

 private:
  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Slice): ", parts...);
  }

  static bool is_known(Lowering& graph, int i) {
    const ir::Value* v = graph.optional_input(i);
    return v == nullptr || v->known().has_value();
  }

  static bool has_constant_stride(Lowering& graph) {
    const ir::Value* v = graph.optional_input(3);
    return v == nullptr || (v->known() && Shape(*v->known()).is_constant());
  }

  std::vector<int64_t> chosen_axes(Lowering& graph, int rank) const {
    std::vector<int64_t> axes;
    if (graph.optional_input(5) != nullptr) {
      axes = graph.known_constants(5, "the axes");
    } else if (axes_.nbDims >= 0) {
      axes = to_vector(axes_, "the axes");
    } else {
      for (int i = 0; i < rank; ++i) axes.push_back(i);
    }
    for (int64_t& axis : axes) {
      const std::optional<int> normal = normalize_axis(axis, rank);
      if (!normal) fail("axis ", axis, " is outside rank ", rank);
      axis = *normal;
    }
    return axes;
  }

  std::vector<Dim> list(Lowering& graph, int i, const Dims& fixed, std::string_view what) const {
    if (graph.optional_input(i) != nullptr) return graph.known(i, what);
    std::vector<Dim> dims;
    for (int64_t d : to_vector(fixed, what)) dims.push_back(d);
    return dims;
  }

  /// One element per dimension of x, from one per chosen axis.
  template <class Default>
  std::vector<Dim> full(const ir::Value* x, const std::vector<int64_t>& axes, const std::vector<Dim>& given,
                        Default&& other, std::string_view what) const {
    if (given.size() != axes.size())
      fail(what, " has ", given.size(), " elements, expected ", axes.size(), " for ", x->type());
    std::vector<Dim> dims;
    for (int i = 0; i < x->rank(); ++i) dims.push_back(other(x->shape()[i]));
    for (size_t i = 0; i < axes.size(); ++i) dims[static_cast<size_t>(axes[i])] = given[i];
    return dims;
  }

  /// A start or stride that the run decides stays an input of the operator.
  void lower_late(Lowering& graph, ir::Value* x) const {
    std::vector<int64_t> all;
    for (int i = 0; i < x->rank(); ++i) all.push_back(i);
    ops::Slice slice;
    slice.size = full(
        x, all, list(graph, 2, size_, "the size"), [](const Dim& d) { return d; }, "the size");
    std::vector<ir::Value*> inputs{x};
    if (ir::Value* start = graph.optional_input(1)) {
      slice.has_start_input = true;
      inputs.push_back(start);
    } else {
      slice.start = list(graph, 1, start_, "the start");
    }
    if (has_constant_stride(graph)) {
      for (const Dim& d : list(graph, 3, stride_, "the stride")) slice.step.push_back(d.constant());
    } else {
      slice.has_step_input = true;
      inputs.push_back(graph.input(3));
    }
    graph.output(0, graph.add(slice, inputs));
  }

  /// x with what the slice reads beyond its ends; the slice's start moves along.
  ir::Value* padded(Lowering& graph, ir::Value* x, ops::Slice& slice) const {
    ops::Pad pad;
    std::vector<ir::Value*> inputs{x};
    switch (mode_) {
      case SampleMode::kFILL:
        pad.mode = ops::Pad::Mode::constant;
        if (graph.optional_input(4) != nullptr) {
          pad.has_value = true;
          ir::Value* value = graph.cast(graph.input(4), x->dtype());
          inputs.push_back(value->rank() == 0 ? value : graph.reshape(value, {}));
        }
        break;
      case SampleMode::kCLAMP:
        pad.mode = ops::Pad::Mode::edge;
        break;
      case SampleMode::kREFLECT:
        pad.mode = ops::Pad::Mode::reflect;
        break;
      case SampleMode::kWRAP:
        pad.mode = ops::Pad::Mode::wrap;
        break;
      default:
        fail("there is no mode ", static_cast<int>(mode_));
    }
    for (int i = 0; i < x->rank(); ++i) {
      const auto axis = static_cast<size_t>(i);
      const Dim first = slice.start[axis];
      const Dim last = first + (slice.size[axis] - Dim(1)) * Dim(slice.step[axis]);
      const Dim before = max(Dim(0), Dim(0) - min(first, last));
      const Dim after = max(Dim(0), max(first, last) - x->shape()[i] + Dim(1));
      pad.pads_begin.push_back(before);
      pad.pads_end.push_back(after);
      slice.start[axis] = first + before;
    }
    return graph.add(pad, inputs);
  }

  Dims start_, size_, stride_;
  Dims axes_ = invalid_dims();
  SampleMode mode_ = SampleMode::kSTRICT_BOUNDS;
};

class Padding final : public LayerOf<IPaddingLayer> {
 public:
  Padding(Network& network, Tensor& input, const Dims& pre, const Dims& post)
      : LayerOf(network, LayerType::kPADDING, "Padding", {&input}), pre_(pre), post_(post) {}

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    if (pre_.nbDims != post_.nbDims)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Padding): ", pre_.nbDims, " paddings before and ",
                  post_.nbDims, " behind; they must be as many");
    graph.output(0, graph.add(ops::Pad{.pads_begin = pads(x, pre_), .pads_end = pads(x, post_)}, {x}));
  }

  void setPrePaddingNd(Dims const& padding) noexcept override { set(pre_, padding); }
  Dims getPrePaddingNd() const noexcept override { return pre_; }
  void setPostPaddingNd(Dims const& padding) noexcept override { set(post_, padding); }
  Dims getPostPaddingNd() const noexcept override { return post_; }

 private:
  /// The last dimensions' padding, with none before them.
  std::vector<Dim> pads(const ir::Value* x, const Dims& padding) const {
    const std::vector<int64_t> last = to_vector(padding, "the padding");
    if (static_cast<int>(last.size()) > x->rank())
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Padding): ", last.size(), " paddings for ",
                  x->type());
    std::vector<Dim> dims(static_cast<size_t>(x->rank()), Dim(0));
    std::copy(last.begin(), last.end(), dims.end() - static_cast<std::ptrdiff_t>(last.size()));
    return dims;
  }
  Dims pre_, post_;
};

}  // namespace

ISliceLayer* Network::addSlice(ITensor& input, Dims const& start, Dims const& size, Dims const& stride) noexcept {
  return add<SliceLayer>([&] { return std::make_unique<SliceLayer>(*this, own(input), start, size, stride); });
}

IPaddingLayer* Network::addPaddingNd(ITensor& input, Dims const& pre, Dims const& post) noexcept {
  return add<Padding>([&] { return std::make_unique<Padding>(*this, own(input), pre, post); });
}

}  // namespace dvt::api
