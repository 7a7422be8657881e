// addOperator: an operator of ops.inc by name, its attributes from named fields.

#include "api/build/attributes.h"
#include "api/build/lowering.h"
#include "api/build/network.h"
#include "ops/data/pad.h"
#include "ops/data/range.h"
#include "ops/data/reshape.h"
#include "ops/data/slice.h"
#include "ops/nn/dft.h"
#include "ops/nn/resize.h"

namespace dvt::api {
namespace {

/// Operators whose inputs from this one on are shapes, axes or counts that must be known before the run.
struct ShapeInputs {
  ops::OpId op;
  int first;
};
constexpr ShapeInputs kShapeInputs[] = {
    {ops::OpId::reshape, 1}, {ops::OpId::expand, 1},     {ops::OpId::fill, 1},
    {ops::OpId::tile, 1},    {ops::OpId::slice, 1},      {ops::OpId::topk, 1},
    {ops::OpId::range, 0},   {ops::OpId::text_split, 1}, {ops::OpId::image_decode, 1},
};

class OperatorLayer final : public LayerOf<IOperatorLayer> {
 public:
  OperatorLayer(Network& network, std::string domain, ops::Op op, std::vector<Tensor*> inputs)
      : LayerOf(network, LayerType::kOPERATOR, op.name(), std::move(inputs), op.info().num_outputs),
        domain_(std::move(domain)),
        op_(std::move(op)),
        op_name_(op_.name()),
        attributes_(to_string(op_).substr(op_name_.size())) {}

  int max_inputs() const override {
    const int most = op_.info().max_inputs;
    return most < 0 ? static_cast<int>(inputs().size()) + 1 : most;
  }
  bool is_shape_input(int i) const override {
    if (op_.id() == ops::OpId::one_hot) return i == 1;
    if (const auto* pad = op_.as<ops::Pad>()) return i == 1 && pad->has_pads_input;
    if (const auto* dft = op_.as<ops::Dft>()) return i == 1 && dft->has_length_input;
    if (const auto* resize = op_.as<ops::Resize>())
      return i == 1 && static_cast<int>(inputs().size()) - resize->has_scales_input - resize->has_crop_input == 2;
    for (const ShapeInputs& s : kShapeInputs)
      if (s.op == op_.id()) return i >= s.first;
    return false;
  }
  /// Of the shape inputs, kernels take a slice's start and step as they come.
  bool must_be_known(int i) const {
    if (const auto* slice = op_.as<ops::Slice>()) return slice->has_size_input && i == 1 + slice->has_start_input;
    return op_.id() != ops::OpId::range && is_shape_input(i);
  }
  void lower(Lowering& graph) const override {
    if (const auto* reshape = op_.as<ops::Reshape>(); reshape && graph.num_inputs() > 1)
      return graph.output(0, graph.reshape_to_input(graph.input(0), 1, reshape->allow_zero));
    if (const auto* range = op_.as<ops::Range>(); range && range->count.empty() && graph.num_inputs() == 3)
      return graph.output(0, graph.range(graph.input(0), graph.input(1), graph.input(2)));
    std::vector<ir::Value*> inputs = graph.inputs();
    for (size_t i = 0; i < inputs.size(); ++i)
      if (must_be_known(static_cast<int>(i)) && inputs[i]->rank() <= 1)
        inputs[i] = graph.known_input(static_cast<int>(i), concat("input ", i));
    const ir::Node* node = graph.add(op_, inputs)->producer();
    for (size_t i = 0; i < outputs().size(); ++i) graph.output(static_cast<int>(i), node->output(static_cast<int>(i)));
  }

  char const* getDomain() const noexcept override { return domain_.c_str(); }
  char const* getOperator() const noexcept override { return op_name_.c_str(); }
  char const* getAttributes() const noexcept override { return attributes_.c_str(); }

 private:
  std::string domain_;
  ops::Op op_;
  std::string op_name_, attributes_;
};

}  // namespace

IOperatorLayer* Network::addOperator(char const* domain, char const* name, PluginFieldCollection const& attributes,
                                     ITensor* const* inputs, int32_t count) noexcept {
  return add<OperatorLayer>([&] {
    const std::string in_domain = domain == nullptr ? "" : domain;
    if (!in_domain.empty() && in_domain != "dovetail")
      throw Error(ErrorCode::kUnsupported, "there is no operator domain '", in_domain,
                  "'; the library's own is 'dovetail'");
    const ops::OpInfo* info = ops::find_op(required(name, "the operator's name"));
    if (info == nullptr || info->num_outputs < 0)
      throw Error(ErrorCode::kUnsupported, "there is no operator '", name, "' in the domain 'dovetail'");
    return std::make_unique<OperatorLayer>(*this, in_domain, make_op(*info, attributes), own_all(inputs, count, true));
  });
}

}  // namespace dvt::api
