#include "onnx/import/fused_parts.h"

#include "onnx/import/window.h"

namespace dvt::onnx {

Term activated(ImporterContext& c, Term x, const std::string& name, const std::vector<float>& parameters) {
  const auto parameter = [&](size_t i, float missing) { return i < parameters.size() ? parameters[i] : missing; };
  if (name.empty()) return x;
  if (name == "Relu") return relu(x);
  if (name == "Tanh") return tanh(x);
  if (name == "Sigmoid") return sigmoid(x);
  if (name == "LeakyRelu") return activation(x, ActivationType::kLEAKY_RELU, parameter(0, 0.01F));
  if (name == "Clip") return activation(x, ActivationType::kCLIP, parameter(0, 0), parameter(1, 0));
  if (name == "HardSigmoid")
    return activation(x, ActivationType::kHARD_SIGMOID, parameter(0, 0.2F), parameter(1, 0.5F));
  if (name == "HardSwish")
    return {c, add_operator(c, "activation", Fields().add("type", "hard_swish"), {&x.tensor()}, "hard_swish")};
  if (name == "Gelu") return activation(x, ActivationType::kGELU_ERF);
  if (name == "Elu") return activation(x, ActivationType::kELU, parameter(0, 1));
  if (name == "Softplus") return activation(x, ActivationType::kSOFTPLUS, 1, 1);
  if (name == "Softsign") return activation(x, ActivationType::kSOFTSIGN);
  if (name == "QuickGelu") return x * sigmoid(x * parameter(0, 1.702F));
  refuse(ParserCode::kUNSUPPORTED_NODE_ATTR)("the activation '", name, "' is not supported");
}

Term activated(ImporterContext& c, Term x) {
  return activated(c, x, c.attribute_string("activation", ""), c.attribute_floats("activation_params"));
}

Term convolved(ImporterContext& c, Term x, const Value& kernel, int bias_input) {
  const Dims shape = kernel.constant ? to_dims(kernel.constant->dims) : dims_of(*kernel.tensor);
  if (shape.nbDims < 3 || !is_static(shape))
    refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)("the kernel's shape must be known, with a spatial dimension");
  if (x.rank() != shape.nbDims)
    refuse(ParserCode::kINVALID_NODE)("the input has rank ", x.rank(), ", the kernel ", shape.nbDims);
  const std::vector<int64_t> dims = to_vector(shape);
  const WindowAttributes w = read_window(c, {dims.begin() + 2, dims.end()});
  Weights weights{DataType::kFLOAT, nullptr, 0};
  if (kernel.constant) weights = {kernel.constant->type, c.retain(kernel.constant->data), kernel.constant->volume()};
  IConvolutionLayer& layer =
      c.added(c.network().addConvolutionNd(x, dims[0], to_dims(w.kernel), weights, c.weights(bias_input)), "conv");
  set_window(layer, w);
  layer.setDilationNd(to_dims(w.dilations));
  layer.setNbGroups(c.attribute_int("group", 1));
  if (!kernel.constant) layer.setInput(1, *kernel.tensor);
  if (c.has_input(bias_input) && !c.constant(bias_input)) layer.setInput(2, c.tensor(bias_input));
  return {c, first_output(layer)};
}

}  // namespace dvt::onnx
