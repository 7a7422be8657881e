// <dovetail/parser.h>

#include "callbacks.h"

#include <dovetail/parser.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace dovetail::python {
namespace {

using Parser = onnx::IParser;
using ParserError = onnx::IParserError;

std::unique_ptr<Parser> make_parser(INetworkDefinition& network, ILogger& logger) {
  std::unique_ptr<Parser> parser(onnx::createParser(network, logger));
  if (!parser) throw std::runtime_error("no parser could be made; the log says why");
  return parser;
}

/// Calls a method that takes a model as bytes and the path that its external data lies beside.
template <bool (Parser::*method)(const void*, size_t, const char*) noexcept>
bool with_model(Parser& parser, const py::buffer& model, const char* path) {
  const py::buffer_info info = model.request();
  py::gil_scoped_release release;
  return (parser.*method)(info.ptr, static_cast<size_t>(info.size * info.itemsize), path);
}

/// One shape for a tensor, a list of them for a sequence, None for an optional that holds nothing.
/// A shape that is None is as the model says.
bool set_input_shapes(Parser& parser, const std::string& name, const py::object& shapes) {
  if (shapes.is_none()) return parser.setInputShapes(name.c_str(), nullptr, -1);
  std::vector<Dims> list;
  for (const py::handle shape : shapes) list.push_back(shape.is_none() ? Dims{-1, {}} : py::cast<Dims>(shape));
  return parser.setInputShapes(name.c_str(), list.data(), static_cast<int32_t>(list.size()));
}

/// Makes an input a constant. `values` is a numpy array, whose shape is the value's.
bool set_input_values(Parser& parser, const std::string& name, const py::object& values) {
  const py::object array = py::module_::import("numpy").attr("array")(values, py::arg("order") = "C");
  return parser.setInputValues(name.c_str(), py::cast<Dims>(array.attr("shape")), py::cast<Weights>(array));
}

bool parse_from_file(Parser& parser, const std::string& path) {
  py::gil_scoped_release release;
  return parser.parseFromFile(path.c_str(), static_cast<int>(ILogger::Severity::kVERBOSE));
}

py::list subgraph_nodes(Parser& parser, int64_t index) {
  int64_t length = 0;
  const int64_t* nodes = parser.getSubgraphNodes(index, length);
  py::list result;
  for (int64_t i = 0; i < length; ++i) result.append(nodes[i]);
  return result;
}

/// TensorRT's first form: whether the model is supported, and its parts as (nodes, whether they are).
py::tuple supports_model(Parser& parser, const py::buffer& model, const char* path) {
  const bool supported = with_model<&Parser::supportsModelV2>(parser, model, path);
  py::list parts;
  for (int64_t i = 0; i < parser.getNbSubgraphs(); ++i)
    parts.append(py::make_tuple(subgraph_nodes(parser, i), parser.isSubgraphSupported(i)));
  return py::make_tuple(supported, parts);
}

py::list plugin_libraries(const Parser& parser) {
  int64_t count = 0;
  const char* const* names = parser.getUsedVCPluginLibraries(count);
  py::list result;
  for (int64_t i = 0; i < count; ++i) result.append(to_text(names[i]));
  return result;
}

py::list function_stack(const ParserError& e) {
  py::list result;
  for (int32_t i = 0; i < e.localFunctionStackSize(); ++i) result.append(to_text(e.localFunctionStack()[i]));
  return result;
}

std::string error_text(const ParserError& e) {
  std::string text = std::string("In node ") + std::to_string(e.node()) + " with name: " + e.nodeName() +
                     " and operator: " + e.nodeOperator() + " (" + e.func() + "): ";
  text += py::str(py::cast(e.code()));
  return text + ": " + e.desc();
}

void bind_errors(py::module_& m) {
  // clang-format off
  using E = onnx::ErrorCode;
  bind_enum<E>(m, "ErrorCode")
      VALUE(E, SUCCESS) VALUE(E, INTERNAL_ERROR) VALUE(E, MEM_ALLOC_FAILED) VALUE(E, MODEL_DESERIALIZE_FAILED)
      VALUE(E, INVALID_VALUE) VALUE(E, INVALID_GRAPH) VALUE(E, INVALID_NODE) VALUE(E, UNSUPPORTED_GRAPH)
      VALUE(E, UNSUPPORTED_NODE) VALUE(E, UNSUPPORTED_NODE_ATTR) VALUE(E, UNSUPPORTED_NODE_INPUT)
      VALUE(E, UNSUPPORTED_NODE_DATATYPE) VALUE(E, UNSUPPORTED_NODE_DYNAMIC) VALUE(E, UNSUPPORTED_NODE_SHAPE)
      VALUE(E, REFIT_FAILED);
  // clang-format on
  Borrowed<ParserError>(m, "ParserError")
      .def("code", &ParserError::code)
      .def("desc", [](const ParserError& e) { return to_text(e.desc()); })
      .def("file", [](const ParserError& e) { return to_text(e.file()); })
      .def("line", &ParserError::line)
      .def("func", [](const ParserError& e) { return to_text(e.func()); })
      .def("node", &ParserError::node)
      .def("node_name", [](const ParserError& e) { return to_text(e.nodeName()); })
      .def("node_operator", [](const ParserError& e) { return to_text(e.nodeOperator()); })
      .def("local_function_stack", &function_stack)
      .def("local_function_stack_size", &ParserError::localFunctionStackSize)
      .def("__str__", &error_text)
      .def("__repr__", &error_text);
}

}  // namespace

void bind_parser(py::module_& m) {
  bind_errors(m);
  // clang-format off
  using F = onnx::OnnxParserFlag;
  bind_enum<F>(m, "OnnxParserFlag")
      VALUE(F, NATIVE_INSTANCENORM) VALUE(F, ENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA)
      VALUE(F, REPORT_CAPABILITY_DLA) VALUE(F, ENABLE_PLUGIN_OVERRIDE) VALUE(F, ADJUST_FOR_DLA);
  // clang-format on
  const auto path = py::arg("path") = static_cast<const char*>(nullptr);
  py::class_<Parser>(m, "OnnxParser", py::dynamic_attr())
      .def(py::init(&make_parser), py::arg("network"), py::arg("logger"), py::keep_alive<1, 3>(),
           py::keep_alive<1, 2>())
      .def("parse", &with_model<&Parser::parse>, py::arg("model"), path)
      .def(
          "parse_with_weight_descriptors",
          [](Parser& p, const py::buffer& model) { return with_model<&Parser::parse>(p, model, nullptr); },
          py::arg("model"))
      .def("load_model_proto", &with_model<&Parser::loadModelProto>, py::arg("model"), path)
      .def(
          "load_initializer",
          [](Parser& p, const char* name, size_t data, size_t size) {
            return p.loadInitializer(name, reinterpret_cast<const void*>(data), size);
          },
          py::arg("name"), py::arg("data"), py::arg("size"))
      .def("parse_model_proto", &Parser::parseModelProto, Unlocked())
      .def("parse_from_file", &parse_from_file, py::arg("model"))
      .def("supports_model", &supports_model, py::arg("model"), path)
      .def("supports_model_v2", &with_model<&Parser::supportsModelV2>, py::arg("model"), path)
      .def("supports_operator", &Parser::supportsOperator, py::arg("op_name"))
      .def_property_readonly("num_subgraphs", &Parser::getNbSubgraphs)
      .def("is_subgraph_supported", &Parser::isSubgraphSupported, py::arg("index"))
      .def("get_subgraph_nodes", &subgraph_nodes, py::arg("index"))
      .def_property_readonly("num_errors", &Parser::getNbErrors)
      .def("get_error", &Parser::getError, kInternal, py::arg("index"))
      .def("clear_errors", &Parser::clearErrors)
      .def_property("flags", &Parser::getFlags, &Parser::setFlags)
      .def("set_flag", &Parser::setFlag, py::arg("flag"))
      .def("clear_flag", &Parser::clearFlag, py::arg("flag"))
      .def("get_flag", &Parser::getFlag, py::arg("flag"))
      .def("get_layer_output_tensor", &Parser::getLayerOutputTensor, kInternal, py::arg("name"), py::arg("i"))
      .def("get_used_vc_plugin_libraries", &plugin_libraries)
      .def("set_input_shapes", &set_input_shapes, py::arg("name"), py::arg("shapes"))
      .def("set_input_values", &set_input_values, py::arg("name"), py::arg("values"))
      .def("set_builder_config", &Parser::setBuilderConfig, py::arg("builder_config"), py::keep_alive<1, 2>());
  m.def("get_nv_onnx_parser_version", [] { return getNvOnnxParserVersion(); });
}

}  // namespace dovetail::python
