#pragma once
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "ops/op.h"

namespace dvt::ops {

/// A tensor of a test: any type, elements given as doubles.
struct Tensor {
  DType dtype = DType::f32;
  std::vector<int64_t> dims;
  std::vector<char> bytes;

  Tensor(DType t, std::vector<int64_t> d) : dtype(t), dims(std::move(d)) {
    int64_t n = 1;
    for (int64_t v : dims) n *= v;
    bytes.resize(byte_size(t, n) + 1);  // never null, also when empty
  }
  Tensor(DType t, std::vector<int64_t> d, const std::vector<double>& values) : Tensor(t, std::move(d)) {
    for (size_t i = 0; i < values.size(); ++i) write().set(static_cast<int64_t>(i), values[i]);
  }
  Tensor(std::vector<int64_t> d, const std::vector<double>& values) : Tensor(DType::f32, std::move(d), values) {}

  ReadView read() const { return {dtype, dims, bytes.data()}; }
  WriteView write() { return {dtype, dims, bytes.data()}; }
  std::vector<double> values() const {
    std::vector<double> out;
    for (int64_t i = 0; i < read().volume(); ++i) out.push_back(read().get(i));
    return out;
  }
  /// Type and, for short integer tensors, the value: what infer may look at.
  ValueInfo info() const {
    ValueInfo info{{dtype, Shape(std::vector<Dim>(dims.begin(), dims.end()))}, std::nullopt};
    if (!is_integer(dtype) || dims.size() > 1) return info;
    info.value.emplace();
    for (int64_t i = 0; i < read().volume(); ++i) info.value->emplace_back(read().get_int(i));
    return info;
  }
};

/// Infers and runs the reference; symbols of attributes take their value from `at`.
inline std::vector<Tensor> run(const Op& op, const std::vector<Tensor>& inputs, const SymbolValues& at = {}) {
  const Op bound = bind_symbols(op, at);
  std::vector<ValueInfo> infos;
  std::vector<ReadView> reads;
  for (const Tensor& t : inputs) {
    infos.push_back(t.info());
    reads.push_back(t.read());
  }
  std::vector<Tensor> outputs;
  std::vector<WriteView> writes;
  for (const TensorType& t : infer(bound, infos)) outputs.emplace_back(t.dtype, t.shape.constants());
  for (Tensor& t : outputs) writes.push_back(t.write());
  reference(bound, reads, writes);
  return outputs;
}
inline std::vector<Tensor> run(std::string_view op, const std::vector<Tensor>& inputs, const SymbolValues& at = {}) {
  return run(parse_op(op), inputs, at);
}

/// "i64[2]=batch,3" : a type and perhaps a symbolic value.
inline ValueInfo parse_info(std::string_view text) {
  const size_t equals = text.find('=');
  ValueInfo info{parse_tensor_type(text.substr(0, equals)), std::nullopt};
  if (equals == std::string_view::npos) return info;
  info.value.emplace();
  std::string item;
  std::istringstream items{std::string(text.substr(equals + 1))};
  while (std::getline(items, item, ';')) info.value->push_back(parse_dim(item));
  return info;
}
inline std::vector<ValueInfo> parse_infos(const std::vector<std::string>& texts) {
  std::vector<ValueInfo> infos;
  for (const std::string& t : texts) infos.push_back(parse_info(t));
  return infos;
}

/// Result types as text, joined by spaces.
inline std::string types(std::string_view op, const std::vector<std::string>& inputs) {
  std::string out;
  for (const TensorType& t : infer(parse_op(op), parse_infos(inputs))) {
    if (!out.empty()) out += ' ';
    out += to_string(t);
  }
  return out;
}

/// The message with which infer refuses, or "" when it does not.
inline std::string refusal(std::string_view op, const std::vector<std::string>& inputs) {
  try {
    types(op, inputs);
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

/// The folded value as text, elements joined by ';'; "unknown" when there is none.
inline std::string folded(std::string_view op, const std::vector<std::string>& inputs) {
  const auto value = fold_value(parse_op(op), parse_infos(inputs));
  if (!value) return "unknown";
  std::string out;
  for (const Dim& d : *value) {
    if (!out.empty()) out += ';';
    out += to_string(d);
  }
  return out;
}

}  // namespace dvt::ops
