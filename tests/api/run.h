#pragma once
#include <cmath>
#include <cstring>
#include <map>

#include "support.h"

namespace dovetail::test {

/// A tensor for a test: numbers of any type, kept as double.
struct Numbers {
  std::vector<int64_t> shape;
  std::vector<double> values;
};

inline int64_t count_of(const std::vector<int64_t>& shape) {
  int64_t n = 1;
  for (int64_t d : shape) n *= d;
  return n;
}

template <class T, class To>
void convert(const std::vector<double>& from, std::vector<char>& to, To&& cast) {
  to.resize(from.size() * sizeof(T));
  for (size_t i = 0; i < from.size(); ++i) {
    const T v = cast(from[i]);
    std::memcpy(to.data() + i * sizeof(T), &v, sizeof(T));
  }
}

/// Elements as the bytes of a type. Tests use types that C++ has.
inline std::vector<char> to_bytes(const std::vector<double>& values, DataType type) {
  std::vector<char> bytes;
  switch (type) {
    case DataType::kFLOAT:
      convert<float>(values, bytes, [](double v) { return static_cast<float>(v); });
      break;
    case DataType::kINT32:
      convert<int32_t>(values, bytes, [](double v) { return static_cast<int32_t>(v); });
      break;
    case DataType::kINT64:
      convert<int64_t>(values, bytes, [](double v) { return static_cast<int64_t>(v); });
      break;
    case DataType::kHALF:
      convert<_Float16>(values, bytes, [](double v) { return static_cast<_Float16>(v); });
      break;
    default:  // kBOOL, kINT8, kUINT8
      convert<int8_t>(values, bytes, [](double v) { return static_cast<int8_t>(v); });
  }
  return bytes;
}

template <class T>
std::vector<double> numbers(const std::vector<char>& bytes, size_t count) {
  std::vector<double> list(count);
  for (size_t i = 0; i < count; ++i) {
    T v;
    std::memcpy(&v, bytes.data() + i * sizeof(T), sizeof(T));
    list[i] = static_cast<double>(v);
  }
  return list;
}

inline std::vector<double> from_bytes(const std::vector<char>& bytes, DataType type, int64_t count) {
  const auto n = static_cast<size_t>(count);
  switch (type) {
    case DataType::kFLOAT:
      return numbers<float>(bytes, n);
    case DataType::kINT32:
      return numbers<int32_t>(bytes, n);
    case DataType::kINT64:
      return numbers<int64_t>(bytes, n);
    case DataType::kHALF:
      return numbers<_Float16>(bytes, n);
    case DataType::kUINT8:
      return numbers<uint8_t>(bytes, n);
    default:
      return numbers<int8_t>(bytes, n);
  }
}

/// Sets shapes, binds memory, runs once and gives every output.
inline std::map<std::string, Numbers> run(ICudaEngine& engine, const std::map<std::string, Numbers>& inputs) {
  const std::unique_ptr<IExecutionContext> context(engine.createExecutionContext());
  std::map<std::string, std::vector<char>> memory;
  for (const auto& [name, in] : inputs) {
    memory[name] = to_bytes(in.values, engine.getTensorDataType(name.c_str()));
    memory[name].resize(std::max<size_t>(1, memory[name].size()));
    EXPECT_TRUE(context->setInputShape(name.c_str(), dims(in.shape))) << name;
    EXPECT_TRUE(context->setTensorAddress(name.c_str(), memory[name].data()));
  }
  std::map<std::string, Numbers> outputs;
  EXPECT_EQ(context->inferShapes(0, nullptr), 0);
  for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    if (engine.getTensorIOMode(name) != TensorIOMode::kOUTPUT) continue;
    memory[name].resize(static_cast<size_t>(std::max<int64_t>(8, context->getMaxOutputSize(name))));
    EXPECT_TRUE(context->setTensorAddress(name, memory[name].data()));
  }
  if (!context->enqueueV3(nullptr)) return outputs;
  for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
    const char* name = engine.getIOTensorName(i);
    if (engine.getTensorIOMode(name) != TensorIOMode::kOUTPUT) continue;
    Numbers& out = outputs[name];
    out.shape = list(context->getTensorShape(name));
    out.values = from_bytes(memory[name], engine.getTensorDataType(name), count_of(out.shape));
  }
  return outputs;
}

/// Builds the session's network with `y` as its output "y" and runs it.
inline Numbers result_of(Session& s, ITensor& y, const std::map<std::string, Numbers>& inputs) {
  s.output(y, "y");
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  EXPECT_NE(engine, nullptr) << s.logger.take_errors();
  if (!engine) return {};
  std::map<std::string, Numbers> outputs = run(*engine, inputs);
  EXPECT_EQ(s.logger.take_errors(), "");
  return outputs["y"];
}

/// Reproducible numbers in [-1, 1).
inline Numbers noise(const std::vector<int64_t>& shape, uint32_t seed) {
  Numbers n{shape, std::vector<double>(static_cast<size_t>(count_of(shape)))};
  uint32_t state = seed * 2654435761U + 1;
  for (double& v : n.values) {
    state = state * 1664525U + 1013904223U;
    v = static_cast<float>(static_cast<double>(state >> 8) / (1 << 23) - 1);
  }
  return n;
}

/// Every element within `tolerance`, and the shape as expected.
inline void expect_near(const Numbers& got, const Numbers& expected, double tolerance) {
  EXPECT_EQ(got.shape, expected.shape);
  ASSERT_EQ(got.values.size(), expected.values.size());
  for (size_t i = 0; i < got.values.size(); ++i)
    ASSERT_NEAR(got.values[i], expected.values[i], tolerance) << "element " << i;
}

}  // namespace dovetail::test
