#include "onnx/read_model.h"

#include "onnx/read_tensor.h"
#include "onnx/wire.h"

namespace dvt::onnx {
namespace {

Graph read_graph(WireMessage message);

std::string read_domain(WireMessage& message, const char* name) {
  std::string domain = message.short_text(name);
  return domain == "ai.onnx" ? std::string() : domain;
}

Dimension read_dimension(WireMessage message) {
  Dimension dimension;
  while (message.next()) {
    if (message.field() == 1) {
      dimension.kind = Dimension::Kind::kValue;
      dimension.value = message.int64("dim_value");
    } else if (message.field() == 2) {
      dimension.parameter = message.short_text("dim_param");
      dimension.kind = dimension.parameter.empty() ? Dimension::Kind::kUnknown : Dimension::Kind::kParameter;
    }
  }
  return dimension;
}

void read_tensor_type(WireMessage message, TypeInfo& type) {
  while (message.next()) {
    if (message.field() == 1) type.element = static_cast<ElementType>(message.int32("elem_type"));
    if (message.field() != 2) continue;
    type.has_shape = true;
    type.shape.clear();
    WireMessage shape = message.message("shape");
    while (shape.next()) {
      if (shape.field() != 1) continue;
      if (type.shape.size() == shape.limits().tensor_rank)
        shape.fail("dim", concat("more than ", shape.limits().tensor_rank, " dimensions"));
      type.shape.push_back(read_dimension(shape.message("dim", static_cast<int64_t>(type.shape.size()))));
    }
  }
}

TypeInfo read_type(WireMessage message);

/// What a sequence's items are, or what an optional holds.
std::shared_ptr<const TypeInfo> read_inner_type(WireMessage message) {
  auto inner = std::make_shared<TypeInfo>();
  while (message.next())
    if (message.field() == 1) *inner = read_type(message.message("elem_type"));
  return inner;
}

void read_map_type(WireMessage message, TypeInfo& type) {
  auto inner = std::make_shared<TypeInfo>();
  while (message.next()) {
    if (message.field() == 1) type.element = static_cast<ElementType>(message.int32("key_type"));
    if (message.field() == 2) *inner = read_type(message.message("value_type"));
  }
  type.inner = std::move(inner);
}

TypeInfo read_type(WireMessage message) {
  using Kind = TypeInfo::Kind;
  TypeInfo type;
  while (message.next()) {
    switch (message.field()) {
      case 1:
        type.kind = Kind::kTensor;
        read_tensor_type(message.message("tensor_type"), type);
        break;
      case 4:
        type.kind = Kind::kSequence;
        type.inner = read_inner_type(message.message("sequence_type"));
        break;
      case 5:
        type.kind = Kind::kMap;
        read_map_type(message.message("map_type"), type);
        break;
      case 7:
        type.kind = Kind::kOpaque;
        break;
      case 8:
        type.kind = Kind::kSparseTensor;
        read_tensor_type(message.message("sparse_tensor_type"), type);
        break;
      case 9:
        type.kind = Kind::kOptional;
        type.inner = read_inner_type(message.message("optional_type"));
        break;
      default:
        break;
    }
  }
  return type;
}

ValueInfo read_value_info(WireMessage message) {
  ValueInfo info;
  while (message.next()) {
    if (message.field() == 1) info.name = message.short_text("name");
    if (message.field() == 2) info.type = read_type(message.message("type"));
  }
  return info;
}

/// Files of the first ONNX version have no `type` field: it follows from what is there.
AttributeType infer_type(const Attribute& a, bool has_f, bool has_i, bool has_s) {
  if (!a.tensors.empty()) return a.tensors.size() == 1 ? AttributeType::kTensor : AttributeType::kTensors;
  if (!a.graphs.empty()) return a.graphs.size() == 1 ? AttributeType::kGraph : AttributeType::kGraphs;
  if (!a.floats.empty()) return AttributeType::kFloats;
  if (!a.ints.empty()) return AttributeType::kInts;
  if (!a.strings.empty()) return AttributeType::kStrings;
  if (has_f) return AttributeType::kFloat;
  if (has_i) return AttributeType::kInt;
  return has_s ? AttributeType::kString : AttributeType::kUndefined;
}

void check_attribute(const WireMessage& message, const Attribute& a) {
  if (a.type == AttributeType::kTensor && a.tensors.size() != 1 && a.ref.empty())
    message.fail("t", concat("the attribute '", a.name, "' says that it is a tensor, and has ", a.tensors.size()));
  if (a.type == AttributeType::kGraph && a.graphs.size() != 1 && a.ref.empty())
    message.fail("g", concat("the attribute '", a.name, "' says that it is a graph, and has ", a.graphs.size()));
}

Attribute read_attribute(WireMessage message) {
  Attribute a;
  bool has_f = false, has_i = false, has_s = false;
  while (message.next()) {
    switch (message.field()) {
      case 1:
        a.name = message.short_text("name");
        break;
      case 2:
        a.f = message.float32("f");
        has_f = true;
        break;
      case 3:
        a.i = message.int64("i");
        has_i = true;
        break;
      case 4:
        a.s = message.text("s");
        has_s = true;
        break;
      case 5:
        a.tensors.push_back(std::make_shared<const Tensor>(read_tensor(message.message("t"))));
        break;
      case 6:
        a.graphs.push_back(std::make_shared<const Graph>(read_graph(message.message("g"))));
        break;
      case 7:
        message.append("floats", a.floats);
        break;
      case 8:
        message.append("ints", a.ints);
        break;
      case 9:
        message.count("strings");
        a.strings.push_back(message.text("strings"));
        break;
      case 10:
        a.tensors.push_back(std::make_shared<const Tensor>(
            read_tensor(message.message("tensors", static_cast<int64_t>(a.tensors.size())))));
        break;
      case 11:
        a.graphs.push_back(std::make_shared<const Graph>(
            read_graph(message.message("graphs", static_cast<int64_t>(a.graphs.size())))));
        break;
      case 20:
        a.type = static_cast<AttributeType>(message.int32("type"));
        break;
      case 21:
        a.ref = message.short_text("ref_attr_name");
        break;
      case 22:
        a.sparse = std::make_shared<const SparseTensor>(read_sparse_tensor(message.message("sparse_tensor")));
        break;
      default:
        break;  // doc_string, type protos: nothing that is imported uses them
    }
  }
  if (a.type == AttributeType::kUndefined) a.type = infer_type(a, has_f, has_i, has_s);
  check_attribute(message, a);
  return a;
}

Node read_node(WireMessage message) {
  Node node;
  while (message.next()) {
    switch (message.field()) {
      case 1:
        message.count("input");
        node.inputs.push_back(message.short_text("input"));
        break;
      case 2:
        message.count("output");
        node.outputs.push_back(message.short_text("output"));
        break;
      case 3:
        node.name = message.short_text("name");
        break;
      case 4:
        node.op_type = message.short_text("op_type");
        break;
      case 5:
        node.attributes.push_back(
            read_attribute(message.message("attribute", static_cast<int64_t>(node.attributes.size()))));
        break;
      case 7:
        node.domain = read_domain(message, "domain");
        break;
      case 8:
        node.overload = message.short_text("overload");
        break;
      default:
        break;
    }
  }
  if (node.op_type.empty()) message.fail("op_type", concat("the node '", node.name, "' names no operator"));
  return node;
}

Graph read_graph(WireMessage message) {
  Graph graph;
  const auto size = [](const auto& list) { return static_cast<int64_t>(list.size()); };
  while (message.next()) {
    switch (message.field()) {
      case 1:
        graph.nodes.push_back(read_node(message.message("node", size(graph.nodes))));
        break;
      case 2:
        graph.name = message.text("name");
        break;
      case 5:
        graph.initializers.push_back(
            std::make_shared<const Tensor>(read_tensor(message.message("initializer", size(graph.initializers)))));
        break;
      case 11:
        graph.inputs.push_back(read_value_info(message.message("input", size(graph.inputs))));
        break;
      case 12:
        graph.outputs.push_back(read_value_info(message.message("output", size(graph.outputs))));
        break;
      case 13:
        graph.value_info.push_back(read_value_info(message.message("value_info", size(graph.value_info))));
        break;
      case 15:
        graph.sparse_initializers.push_back(std::make_shared<const SparseTensor>(
            read_sparse_tensor(message.message("sparse_initializer", size(graph.sparse_initializers)))));
        break;
      default:
        break;
    }
  }
  return graph;
}

OpsetImport read_opset(WireMessage message) {
  OpsetImport opset;
  while (message.next()) {
    if (message.field() == 1) opset.domain = read_domain(message, "domain");
    if (message.field() == 2) opset.version = message.int64("version");
  }
  return opset;
}

Function read_function(WireMessage message) {
  Function f;
  const auto add_name = [&message](const char* name, std::vector<std::string>& names) {
    message.count(name);
    names.push_back(message.short_text(name));
  };
  while (message.next()) {
    switch (message.field()) {
      case 1:
        f.name = message.short_text("name");
        break;
      case 4:
        add_name("input", f.inputs);
        break;
      case 5:
        add_name("output", f.outputs);
        break;
      case 6:
        add_name("attribute", f.attributes);
        break;
      case 7:
        f.nodes.push_back(read_node(message.message("node", static_cast<int64_t>(f.nodes.size()))));
        break;
      case 9:
        f.opsets.push_back(read_opset(message.message("opset_import")));
        break;
      case 10:
        f.domain = read_domain(message, "domain");
        break;
      case 11:
        f.default_attributes.push_back(
            read_attribute(message.message("attribute_proto", static_cast<int64_t>(f.default_attributes.size()))));
        break;
      case 13:
        f.overload = message.short_text("overload");
        break;
      default:
        break;
    }
  }
  return f;
}

}  // namespace

Model read_model(std::span<const std::byte> bytes, const Limits& limits) {
  if (bytes.empty()) throw Error(ErrorCode::kInvalidModel, "not a valid ONNX file: it is empty");
  WireContext context{bytes.data(), limits, 0};
  WireMessage message(context, bytes);
  Model model;
  bool has_graph = false;
  while (message.next()) {
    switch (message.field()) {
      case 1:
        model.ir_version = message.int64("ir_version");
        break;
      case 2:
        model.producer_name = message.text("producer_name");
        break;
      case 3:
        model.producer_version = message.text("producer_version");
        break;
      case 7:
        if (has_graph) message.fail("graph", "a second graph; a model has one");
        model.graph = read_graph(message.message("graph"));
        has_graph = true;
        break;
      case 8:
        model.opsets.push_back(read_opset(message.message("opset_import")));
        break;
      case 25:
        model.functions.push_back(
            read_function(message.message("functions", static_cast<int64_t>(model.functions.size()))));
        break;
      default:
        break;
    }
  }
  if (!has_graph) throw Error(ErrorCode::kInvalidModel, "not a valid ONNX file: it holds no graph (field 7)");
  return model;
}

}  // namespace dvt::onnx
