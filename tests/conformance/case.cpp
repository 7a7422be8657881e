#include "case.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace conformance {
namespace {

using dovetail::DataType;
using nlohmann::json;

struct TypeRow {
  DataType type;
  int onnx, bits;
};
constexpr TypeRow kTypes[] = {
    {DataType::kFLOAT, 1, 32},    {DataType::kUINT8, 2, 8},        {DataType::kINT8, 3, 8},
    {DataType::kUINT16, 4, 16},   {DataType::kINT16, 5, 16},       {DataType::kINT32, 6, 32},
    {DataType::kINT64, 7, 64},    {DataType::kBOOL, 9, 8},         {DataType::kHALF, 10, 16},
    {DataType::kFLOAT64, 11, 64}, {DataType::kUINT32, 12, 32},     {DataType::kUINT64, 13, 64},
    {DataType::kBF16, 16, 16},    {DataType::kFP8, 17, 8},         {DataType::kFP8E4M3FNUZ, 18, 8},
    {DataType::kFP8E5M2, 19, 8},  {DataType::kFP8E5M2FNUZ, 20, 8}, {DataType::kUINT4, 21, 4},
    {DataType::kINT4, 22, 4},     {DataType::kFP4, 23, 4},         {DataType::kE8M0, 24, 8},
    {DataType::kUINT2, 25, 2},    {DataType::kINT2, 26, 2},        {DataType::kTEXT, kStringType, 128},
};

std::vector<std::byte> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::vector<std::byte> bytes(static_cast<size_t>(in.tellg()));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

Tensor read_tensor(const json& j, const std::vector<std::byte>& data) {
  const size_t at = j.at("at"), size = j.at("bytes");
  if (at + size > data.size()) throw std::runtime_error("data.bin is too short");
  Tensor t;
  t.type = j.at("type");
  t.dims = j.at("dims").get<std::vector<int64_t>>();
  t.bytes.assign(data.begin() + static_cast<std::ptrdiff_t>(at), data.begin() + static_cast<std::ptrdiff_t>(at + size));
  return t;
}

Tensor read_texts(const json& j) {
  return {kStringType, j.at("dims").get<std::vector<int64_t>>(), {}, j.at("values").get<std::vector<std::string>>()};
}

// A sequence is a tensor for each item, an empty optional none.
void add_tensors(const json& value, const std::string& name, const std::vector<std::byte>& data, TensorSet& set) {
  const std::string kind = value.at("kind");
  if (kind == "tensor") set[name] = read_tensor(value, data);
  if (kind == "strings") set[name] = read_texts(value);
  if (kind != "sequence") return;
  size_t i = 0;
  for (const json& item : value.at("items")) add_tensors(item, name + "[" + std::to_string(i++) + "]", data, set);
}

Form form_of(const json& value) {
  const std::string kind = value.at("kind");
  if (kind == "none") return {true, {}};
  if (kind == "tensor" || kind == "strings") return {false, {static_cast<int>(value.at("dims").size())}};
  Form form;
  if (kind == "sequence")
    for (const json& item : value.at("items"))
      form.ranks.push_back(static_cast<int>(item.value("dims", json::array()).size()));
  return form;
}

}  // namespace

int to_onnx(DataType type) {
  for (const TypeRow& r : kTypes)
    if (r.type == type) return r.onnx;
  return 0;
}

int from_onnx(int type) {
  for (const TypeRow& r : kTypes)
    if (r.onnx == type) return static_cast<int>(r.type);
  return -1;
}

int bits_of(DataType type) {
  for (const TypeRow& r : kTypes)
    if (r.type == type) return r.bits;
  throw std::runtime_error("the engine has a data type that ONNX lacks");
}

size_t packed_size(DataType type, const dovetail::Dims& dims) {
  size_t count = 1;
  for (int i = 0; i < dims.nbDims; ++i) count *= static_cast<size_t>(dims.d[i]);
  return (count * static_cast<size_t>(bits_of(type)) + 7) / 8;
}

Case read_case(const std::string& folder) {
  const std::vector<std::byte> text = read_file(folder + "/case.json"), data = read_file(folder + "/data.bin");
  const json j =
      json::parse(reinterpret_cast<const char*>(text.data()), reinterpret_cast<const char*>(text.data()) + text.size());
  Case c;
  c.name = j.at("name");
  c.model = folder + "/model.onnx";
  for (const json& set : j.at("sets")) {
    TensorSet inputs;
    for (const json& value : set.at("inputs")) {
      add_tensors(value, value.at("name"), data, inputs);
      if (c.inputs.empty()) c.forms[value.at("name")] = form_of(value);
    }
    c.inputs.push_back(std::move(inputs));
  }
  return c;
}

void write_outputs(const std::string& folder, const std::vector<TensorSet>& outputs) {
  json sets = json::array();
  std::ofstream data(folder + "/result.bin", std::ios::binary);
  size_t at = 0;
  for (const TensorSet& set : outputs) {
    json values = json::array();
    for (const auto& [name, t] : set) {
      if (t.type == kStringType) {
        values.push_back(
            {{"kind", "strings"}, {"name", name}, {"type", t.type}, {"dims", t.dims}, {"values", t.texts}});
        continue;
      }
      values.push_back({{"name", name}, {"type", t.type}, {"dims", t.dims}, {"at", at}, {"bytes", t.bytes.size()}});
      data.write(reinterpret_cast<const char*>(t.bytes.data()), static_cast<std::streamsize>(t.bytes.size()));
      at += t.bytes.size();
    }
    sets.push_back({{"outputs", values}});
  }
  std::ofstream(folder + "/result.json") << json{{"sets", sets}}.dump();
}

}  // namespace conformance
