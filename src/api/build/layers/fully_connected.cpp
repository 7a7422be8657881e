#include "api/build/lowering.h"
#include "api/build/network.h"
#include "api/convert.h"
#include "ops/matrix/matmul.h"

namespace dvt::api {
namespace {

class FullyConnected final : public LayerOf<IFullyConnectedLayer> {
 public:
  FullyConnected(Network& network, Tensor& input, int32_t outputs, const Weights& kernel, const Weights& bias)
      : LayerOf(network, LayerType::kFULLY_CONNECTED, "Fully Connected", {&input}),
        outputs_(outputs),
        kernel_(kernel),
        bias_(bias) {
    if (outputs < 1) throw Error(ErrorCode::kInvalidArgument, "fully connected: the number of outputs is ", outputs);
  }
  int max_inputs() const override { return 3; }

  void lower(Lowering& graph) const override {
    ir::Value* x = graph.input(0);
    std::vector<Dim> dims = dims_of(x);
    if (dims.size() < 3)
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Fully Connected): the input is ", x->type(),
                  ", expected at least three dimensions, of which the last three are read as one");
    Dim depth(1);
    for (int i = 0; i < 3; ++i) {
      depth = depth * dims.back();
      dims.pop_back();
    }
    Dim rows(1);
    for (const Dim& d : dims) rows = rows * d;
    ir::Value* y = graph.add(ops::MatMul{.transpose_b = true}, {graph.reshape(x, {rows, depth}), kernel(graph, depth)});
    ir::Value* bias = nullptr;
    if (graph.optional_input(2) != nullptr)
      bias = graph.reshape(graph.input(2), {Dim(outputs_)});
    else if (bias_.count > 0)
      bias = graph.weights(bias_, {outputs_}, "bias");
    if (bias != nullptr) y = graph.apply(expr::ExprOp::add, {y, graph.parameter(bias, y->dtype(), "bias")});
    dims.insert(dims.end(), {Dim(outputs_), Dim(1), Dim(1)});
    graph.output(0, graph.reshape(y, dims));
  }

  void setNbOutputChannels(int32_t outputs) noexcept override { set(outputs_, outputs); }
  int32_t getNbOutputChannels() const noexcept override { return outputs_; }
  void setKernelWeights(Weights weights) noexcept override { set(kernel_, weights); }
  Weights getKernelWeights() const noexcept override { return kernel_; }
  void setBiasWeights(Weights weights) noexcept override { set(bias_, weights); }
  Weights getBiasWeights() const noexcept override { return bias_; }

 private:
  ir::Value* kernel(Lowering& graph, const Dim& depth) const {
    const DType type = graph.input(0)->dtype();
    if (graph.optional_input(1) != nullptr)
      return graph.parameter(graph.reshape(graph.input(1), {outputs_, depth}), type, "kernel");
    if (!depth.is_constant())
      throw Error(ErrorCode::kInvalidModel, "layer '", name(), "' (Fully Connected): the last three dimensions of ",
                  graph.input(0)->type(), " must be constant");
    return graph.parameter(graph.weights(kernel_, {outputs_, depth.constant()}, "kernel"), type, "kernel");
  }

  int32_t outputs_;
  Weights kernel_, bias_;
};

}  // namespace

IFullyConnectedLayer* Network::addFullyConnected(ITensor& input, int32_t outputs, Weights kernel,
                                                 Weights bias) noexcept {
  return add<FullyConnected>(
      [&] { return std::make_unique<FullyConnected>(*this, own(input), outputs, kernel, bias); });
}

}  // namespace dvt::api
