#include "onnx/extract.h"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <set>

#include "base/error.h"

namespace dvt::onnx {
namespace {

// Field numbers of the ONNX specification (onnx.proto).
constexpr protozero::pbf_tag_type kModelGraph = 7;
constexpr protozero::pbf_tag_type kGraphNode = 1, kGraphInitializer = 5, kGraphInput = 11, kGraphOutput = 12,
                                  kGraphValueInfo = 13, kGraphSparseInitializer = 15;
constexpr protozero::pbf_tag_type kValueName = 1, kValueType = 2, kTypeTensor = 1, kTensorElement = 1, kTensorShape = 2,
                                  kShapeDim = 1, kDimValue = 1;

/// Everything that a node reads, in the graphs of its attributes too.
void collect_reads(const Node& node, std::set<std::string>& reads) {
  reads.insert(node.inputs.begin(), node.inputs.end());
  for (const Attribute& a : node.attributes)
    for (const auto& graph : a.graphs) {
      for (const Node& inner : graph->nodes) collect_reads(inner, reads);
      for (const ValueInfo& output : graph->outputs) reads.insert(output.name);
    }
}

/// What the extracted nodes need and give.
struct Boundary {
  std::set<std::string> reads, inputs, outputs;

  Boundary(const Model& model, const std::vector<bool>& chosen) {
    std::set<std::string> made, read_outside;
    for (size_t i = 0; i < chosen.size(); ++i) {
      const Node& node = model.graph.nodes[i];
      collect_reads(node, chosen[i] ? reads : read_outside);
      if (chosen[i]) made.insert(node.outputs.begin(), node.outputs.end());
    }
    for (const ValueInfo& output : model.graph.outputs) read_outside.insert(output.name);
    std::set<std::string> constants;
    for (const auto& tensor : model.graph.initializers) constants.insert(tensor->name);
    for (const auto& tensor : model.graph.sparse_initializers) constants.insert(tensor->values.name);
    std::set<std::string> known = constants;
    for (const ValueInfo& v : model.graph.inputs) known.insert(v.name);
    for (const Node& node : model.graph.nodes) known.insert(node.outputs.begin(), node.outputs.end());
    // Names of values inside the graphs of attributes are no values here.
    for (const std::string& name : reads)
      if (!name.empty() && !made.count(name) && !constants.count(name) && known.count(name)) inputs.insert(name);
    for (const std::string& name : made)
      if (!name.empty() && read_outside.count(name)) outputs.insert(name);
  }
};

std::string name_of(protozero::pbf_reader message, protozero::pbf_tag_type tag) {
  std::string name;
  while (message.next())
    message.tag() == tag&& message.wire_type() == protozero::pbf_wire_type::length_delimited
        ? static_cast<void>(name = message.get_string())
        : message.skip();
  return name;
}

/// Copies the field that the reader stands on.
void copy_field(protozero::pbf_reader& from, protozero::pbf_writer& to) {
  switch (from.wire_type()) {
    case protozero::pbf_wire_type::varint:
      return to.add_uint64(from.tag(), from.get_uint64());
    case protozero::pbf_wire_type::fixed64:
      return to.add_fixed64(from.tag(), from.get_fixed64());
    case protozero::pbf_wire_type::fixed32:
      return to.add_fixed32(from.tag(), from.get_fixed32());
    default:
      return to.add_bytes(from.tag(), from.get_view());
  }
}

class Extractor {
 public:
  Extractor(const Model& model, std::vector<bool> chosen, const ValueTypes& types)
      : chosen_(std::move(chosen)), boundary_(model, chosen_), types_(types) {}

  std::string model(protozero::pbf_reader from) {
    std::string bytes;
    protozero::pbf_writer to(bytes);
    while (from.next()) {
      if (from.tag() != kModelGraph) {
        copy_field(from, to);
        continue;
      }
      const auto view = from.get_view();
      to.add_message(kModelGraph, graph(protozero::pbf_reader(view)));
    }
    return bytes;
  }

  std::vector<std::string> untyped() { return std::move(untyped_); }

 private:
  std::string graph(protozero::pbf_reader from) {
    std::string bytes;
    protozero::pbf_writer to(bytes);
    // What the model says of a value, whichever list it stands in.
    std::map<std::string, std::string> infos;
    for (protozero::pbf_reader copy = from; copy.next();) {
      if (copy.tag() != kGraphInput && copy.tag() != kGraphOutput && copy.tag() != kGraphValueInfo) {
        copy.skip();
        continue;
      }
      const auto view = copy.get_view();
      infos.emplace(name_of(protozero::pbf_reader(view), kValueName), std::string(view.data(), view.size()));
    }
    for (size_t node = 0; from.next();) graph_field(from, to, node);
    for (const std::string& name : boundary_.inputs) {
      to.add_message(kGraphInput, info(infos, name));
      const auto type = types_.find(name);
      if (infos.count(name) == 0 && (type == types_.end() || !type->second.dims)) untyped_.push_back(name);
    }
    for (const std::string& name : boundary_.outputs) to.add_message(kGraphOutput, info(infos, name));
    return bytes;
  }

  void graph_field(protozero::pbf_reader& from, protozero::pbf_writer& to, size_t& node) const {
    constexpr protozero::pbf_tag_type kTensorName = 8, kSparseValues = 1;
    const auto keep = [&](bool wanted) { wanted ? copy_field(from, to) : from.skip(); };
    switch (from.tag()) {
      case kGraphNode:
        return keep(node < chosen_.size() && chosen_[node++]);
      case kGraphInitializer: {
        protozero::pbf_reader copy = from;
        return keep(boundary_.reads.count(name_of(copy.get_message(), kTensorName)) != 0);
      }
      case kGraphSparseInitializer: {
        protozero::pbf_reader copy = from, sparse = copy.get_message();
        return keep(sparse.next(kSparseValues) && boundary_.reads.count(name_of(sparse.get_message(), kTensorName)));
      }
      case kGraphInput:
      case kGraphOutput:
      case kGraphValueInfo:
        return from.skip();
      default:
        return keep(true);
    }
  }

  std::string info(const std::map<std::string, std::string>& infos, const std::string& name) const {
    if (const auto known = infos.find(name); known != infos.end()) return known->second;
    std::string bytes, type_bytes, tensor_bytes, shape_bytes;
    protozero::pbf_writer value(bytes);
    value.add_string(kValueName, name);
    const auto type = types_.find(name);
    if (type == types_.end()) return bytes;
    // Inside out, each message whole: a nested writer would finish only when it goes out of scope.
    protozero::pbf_writer(tensor_bytes).add_int32(kTensorElement, static_cast<int32_t>(type->second.element));
    if (type->second.dims) {
      for (const int64_t d : *type->second.dims) {
        std::string dim_bytes;
        if (d >= 0) protozero::pbf_writer(dim_bytes).add_int64(kDimValue, d);
        protozero::pbf_writer(shape_bytes).add_message(kShapeDim, dim_bytes);
      }
      protozero::pbf_writer(tensor_bytes).add_message(kTensorShape, shape_bytes);
    }
    protozero::pbf_writer(type_bytes).add_message(kTypeTensor, tensor_bytes);
    value.add_message(kValueType, type_bytes);
    return bytes;
  }

  std::vector<bool> chosen_;
  Boundary boundary_;
  const ValueTypes& types_;
  std::vector<std::string> untyped_;
};

}  // namespace

Extracted extract_model(std::span<const std::byte> bytes, const Model& model, const std::vector<int64_t>& nodes,
                        const ValueTypes& types) {
  if (bytes.size() > INT32_MAX) throw Error(ErrorCode::kUnsupported, "a model of 2 GiB or more cannot be taken apart");
  std::vector<bool> chosen(model.graph.nodes.size());
  for (int64_t i : nodes) {
    if (i < 0 || i >= static_cast<int64_t>(chosen.size()))
      throw Error(ErrorCode::kInvalidArgument, "node ", i, " of a graph of ", chosen.size(), " nodes");
    chosen[static_cast<size_t>(i)] = true;
  }
  Extractor extractor(model, std::move(chosen), types);
  Extracted result;
  result.bytes = extractor.model(protozero::pbf_reader(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  result.untyped = extractor.untyped();
  return result;
}

}  // namespace dvt::onnx
