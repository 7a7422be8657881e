#include "ops/nn/non_max_suppression.h"

#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/data/shape_of.h"
#include "ops/data/transpose.h"

namespace dvt::api {
namespace {

class NmsLayer final : public LayerOf<INMSLayer> {
 public:
  NmsLayer(Network& network, Tensor& boxes, Tensor& scores, Tensor& most, DataType indices)
      : LayerOf(network, LayerType::kNMS, "NMS", {&boxes, &scores, &most}, 2), indices_(indices) {
    check(indices);
  }
  int max_inputs() const override { return 5; }

  // Boxes come before classes in the layer's scores, behind them in the operator's.
  void lower(Lowering& graph) const override {
    ops::NonMaxSuppression op{.candidates = limit_, .has_max_overlap = true, .has_min_score = true};
    if (format_ == BoundingBoxFormat::kCENTER_SIZES) op.boxes = ops::NonMaxSuppression::Boxes::centers;
    ir::Value* boxes = graph.input(0);
    if (graph.input(1)->rank() != 3)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (NMS): scores must be [batch, boxes, classes], got ",
                  graph.input(1)->type());
    ir::Value* scores = graph.add(ops::Transpose{.perm = {0, 2, 1}}, {graph.input(1)});
    ir::Value* selected =
        graph.add(op, {boxes, scores, graph.input(2), threshold(graph, 3, boxes), threshold(graph, 4, boxes)});
    graph.output(0, graph.cast(selected, to_dtype(indices_)));
    ir::Value* count = graph.add(ops::ShapeOf{.start = 0, .end = 1}, {selected});
    graph.output(1, graph.cast(graph.reshape(count, {}), DType::i32));
  }

  void setBoundingBoxFormat(BoundingBoxFormat format) noexcept override {
    guarded(reporter(), [&] {
      if (!is_enumerator(format))
        throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (NMS): there is no format of boxes ",
                    static_cast<int>(format));
      set(format_, format);
    });
  }
  BoundingBoxFormat getBoundingBoxFormat() const noexcept override { return format_; }
  void setTopKBoxLimit(int32_t limit) noexcept override {
    guarded(reporter(), [&] {
      if (limit < 0)
        throw Error(ErrorCode::kInvalidArgument, "layer '", name(), "' (NMS): the limit of boxes is negative: ", limit);
      set(limit_, limit);
    });
  }
  int32_t getTopKBoxLimit() const noexcept override { return limit_; }
  bool setIndicesType(DataType type) noexcept override {
    return guarded(reporter(), [&] {
      check(type);
      set(indices_, type);
    });
  }
  DataType getIndicesType() const noexcept override { return indices_; }

 private:
  static void check(DataType type) {
    if (type != DataType::kINT32 && type != DataType::kINT64)
      throw Error(ErrorCode::kInvalidArgument, "indices must be INT32 or INT64");
  }
  static ir::Value* threshold(Lowering& graph, int i, const ir::Value* boxes) {
    if (graph.num_inputs() <= i || graph.optional_input(i) == nullptr) return graph.scalar(boxes->dtype(), 0);
    return graph.cast(graph.input(i), boxes->dtype());
  }

  BoundingBoxFormat format_ = BoundingBoxFormat::kCORNER_PAIRS;
  int32_t limit_ = 0;
  DataType indices_;
};

}  // namespace

INMSLayer* Network::addNMS(ITensor& boxes, ITensor& scores, ITensor& most, DataType indices) noexcept {
  return add<NmsLayer>([&] { return std::make_unique<NmsLayer>(*this, own(boxes), own(scores), own(most), indices); });
}

}  // namespace dvt::api
