#include "models/onnx_writer.h"

#include <protozero/pbf_writer.hpp>

namespace dvt::test {
namespace {

using protozero::pbf_writer;

std::string shape_proto(const std::vector<OnnxDim>& dims) {
  std::string bytes;
  for (const OnnxDim& d : dims) {
    pbf_writer shape(bytes);
    pbf_writer dim(shape, 1);
    if (const auto* value = std::get_if<int64_t>(&d))
      dim.add_int64(1, *value);
    else
      dim.add_string(2, std::get<std::string>(d));
  }
  return bytes;
}

std::string type_proto(int type, const std::vector<OnnxDim>& dims) {
  std::string bytes, tensor_bytes;
  pbf_writer tensor(tensor_bytes);
  tensor.add_int32(1, type);
  // Written as a whole: an empty shape is a scalar's, and not the same as none.
  tensor.add_message(2, shape_proto(dims));
  pbf_writer(bytes).add_message(1, tensor_bytes);
  return bytes;
}

/// The type of a sequence (field 4) or an optional (field 9) of what has the inner type.
std::string type_of(int field, const std::string& inner) {
  std::string bytes, holder;
  pbf_writer(holder).add_message(1, inner);
  pbf_writer(bytes).add_message(static_cast<protozero::pbf_tag_type>(field), holder);
  return bytes;
}

std::string value_info(const std::string& name, const std::string& type) {
  std::string bytes;
  pbf_writer(bytes).add_string(1, name);
  pbf_writer(bytes).add_message(2, type);
  return bytes;
}
std::string value_info(const std::string& name, int type, const std::vector<OnnxDim>& dims) {
  return value_info(name, type_proto(type, dims));
}

/// An AttributeProto in field 5 of a node.
template <class Fill>
void attribute(std::string& node, const std::string& name, int type, Fill&& fill) {
  pbf_writer writer(node);
  pbf_writer a(writer, 5);
  a.add_string(1, name);
  fill(a);
  a.add_int32(20, type);
}

}  // namespace

OnnxTensor::OnnxTensor(std::string name, int type, std::vector<int64_t> dims) {
  pbf_writer w(bytes_);
  w.add_packed_int64(1, dims.begin(), dims.end());
  w.add_int32(2, type);
  w.add_string(8, name);
}

OnnxTensor& OnnxTensor::raw(std::span<const std::byte> data) {
  pbf_writer(bytes_).add_bytes(9, reinterpret_cast<const char*>(data.data()), data.size());
  return *this;
}

OnnxTensor& OnnxTensor::floats(const std::vector<float>& values) {
  pbf_writer(bytes_).add_packed_float(4, values.begin(), values.end());
  return *this;
}

OnnxTensor& OnnxTensor::int64s(const std::vector<int64_t>& values) {
  pbf_writer(bytes_).add_packed_int64(7, values.begin(), values.end());
  return *this;
}

void OnnxTensor::entry(const std::string& key, const std::string& value) {
  pbf_writer w(bytes_);
  pbf_writer e(w, 13);
  e.add_string(1, key);
  e.add_string(2, value);
}

OnnxTensor& OnnxTensor::external(const std::string& location, int64_t offset, int64_t length) {
  entry("location", location);
  if (offset >= 0) entry("offset", std::to_string(offset));
  if (length >= 0) entry("length", std::to_string(length));
  pbf_writer(bytes_).add_int32(14, 1);
  return *this;
}

OnnxTensor onnx_floats(std::string name, std::vector<int64_t> dims, const std::vector<float>& values) {
  return OnnxTensor(std::move(name), kOnnxFloat, std::move(dims)).raw(std::as_bytes(std::span(values)));
}

OnnxTensor onnx_int64s(std::string name, std::vector<int64_t> dims, const std::vector<int64_t>& values) {
  return OnnxTensor(std::move(name), kOnnxInt64, std::move(dims)).raw(std::as_bytes(std::span(values)));
}

OnnxNode::OnnxNode(const std::string& op, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& outputs, const std::string& name, const std::string& domain) {
  pbf_writer w(bytes_);
  for (const std::string& input : inputs) w.add_string(1, input);
  for (const std::string& output : outputs) w.add_string(2, output);
  if (!name.empty()) w.add_string(3, name);
  w.add_string(4, op);
  if (!domain.empty()) w.add_string(7, domain);
}

OnnxNode& OnnxNode::i(const std::string& name, int64_t value) {
  attribute(bytes_, name, 2, [&](pbf_writer& a) { a.add_int64(3, value); });
  return *this;
}
OnnxNode& OnnxNode::f(const std::string& name, float value) {
  attribute(bytes_, name, 1, [&](pbf_writer& a) { a.add_float(2, value); });
  return *this;
}
OnnxNode& OnnxNode::s(const std::string& name, const std::string& value) {
  attribute(bytes_, name, 3, [&](pbf_writer& a) { a.add_bytes(4, value); });
  return *this;
}
OnnxNode& OnnxNode::ints(const std::string& name, const std::vector<int64_t>& values) {
  attribute(bytes_, name, 7, [&](pbf_writer& a) { a.add_packed_int64(8, values.begin(), values.end()); });
  return *this;
}
OnnxNode& OnnxNode::floats(const std::string& name, const std::vector<float>& values) {
  attribute(bytes_, name, 6, [&](pbf_writer& a) { a.add_packed_float(7, values.begin(), values.end()); });
  return *this;
}
OnnxNode& OnnxNode::strings(const std::string& name, const std::vector<std::string>& values) {
  attribute(bytes_, name, 8, [&](pbf_writer& a) {
    for (const std::string& v : values) a.add_string(9, v);
  });
  return *this;
}
OnnxNode& OnnxNode::tensor(const std::string& name, const OnnxTensor& value) {
  attribute(bytes_, name, 4, [&](pbf_writer& a) { a.add_message(5, value.bytes()); });
  return *this;
}
OnnxNode& OnnxNode::graph(const std::string& name, const std::string& graph_bytes) {
  attribute(bytes_, name, 5, [&](pbf_writer& a) { a.add_message(6, graph_bytes); });
  return *this;
}
OnnxNode& OnnxNode::ref(const std::string& name, const std::string& of_call, int type) {
  attribute(bytes_, name, type, [&](pbf_writer& a) { a.add_string(21, of_call); });
  return *this;
}

OnnxModel::OnnxModel(int64_t version) { opset("", version); }

OnnxModel& OnnxModel::opset(const std::string& domain, int64_t version) {
  pbf_writer w(rest_);
  pbf_writer o(w, 8);
  o.add_string(1, domain);
  o.add_int64(2, version);
  return *this;
}
OnnxModel& OnnxModel::input(const std::string& name, int type, const std::vector<OnnxDim>& dims) {
  pbf_writer(graph_).add_message(11, value_info(name, type, dims));
  return *this;
}
OnnxModel& OnnxModel::sequence_input(const std::string& name, int type, const std::vector<OnnxDim>& dims) {
  pbf_writer(graph_).add_message(11, value_info(name, type_of(4, type_proto(type, dims))));
  return *this;
}
OnnxModel& OnnxModel::optional_input(const std::string& name, int type, const std::vector<OnnxDim>& dims,
                                     bool of_sequence) {
  const std::string inner = type_proto(type, dims);
  pbf_writer(graph_).add_message(11, value_info(name, type_of(9, of_sequence ? type_of(4, inner) : inner)));
  return *this;
}
OnnxModel& OnnxModel::output(const std::string& name, int type, const std::vector<OnnxDim>& dims) {
  pbf_writer(graph_).add_message(12, value_info(name, type, dims));
  return *this;
}
OnnxModel& OnnxModel::initializer(const OnnxTensor& tensor) {
  pbf_writer(graph_).add_message(5, tensor.bytes());
  return *this;
}
OnnxModel& OnnxModel::node(const OnnxNode& node) {
  pbf_writer(graph_).add_message(1, node.bytes());
  return *this;
}

OnnxModel& OnnxModel::function(const std::string& domain, const std::string& name,
                               const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                               const std::vector<OnnxNode>& nodes, const std::vector<std::string>& attributes) {
  pbf_writer w(rest_);
  pbf_writer f(w, 25);
  f.add_string(1, name);
  for (const std::string& input : inputs) f.add_string(4, input);
  for (const std::string& output : outputs) f.add_string(5, output);
  for (const std::string& a : attributes) f.add_string(6, a);
  for (const OnnxNode& node : nodes) f.add_message(7, node.bytes());
  f.add_string(10, domain);
  return *this;
}

std::string OnnxModel::bytes() const {
  std::string bytes;
  pbf_writer w(bytes);
  w.add_int64(1, 8);
  w.add_message(7, graph_);
  return bytes + rest_;
}

}  // namespace dvt::test
