// Every case of operator_cases.txt and microsoft_cases.txt: a node is parsed, built and run, and compared with what
// another implementation gives for it.
#include <dovetail/runtime.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "base/concat.h"
#include "support.h"

namespace dvt::test {
namespace {

using namespace dovetail;

/// A tensor of the table: numbers as they stand there, and the bytes that the network takes.
struct Numbers {
  std::string type;
  std::vector<int64_t> dims;
  std::vector<double> values;
};

struct TypeRow {
  const char* name;
  int onnx;
  size_t size;
};
constexpr TypeRow kTypes[] = {{"f32", 1, 4}, {"u8", 2, 1},  {"i8", 3, 1}, {"i16", 5, 2},
                              {"i32", 6, 4}, {"i64", 7, 8}, {"b8", 9, 1}, {"f64", 11, 8}};

const TypeRow& row(const std::string& type) {
  for (const TypeRow& r : kTypes)
    if (type == r.name) return r;
  throw std::runtime_error("the table has the type " + type);
}

/// Calls f with a value of the type that the row names.
template <class F>
void with_type(const std::string& type, F&& f) {
  if (type == "f32") return f(float());
  if (type == "f64") return f(double());
  if (type == "i64") return f(int64_t());
  if (type == "i32") return f(int32_t());
  if (type == "i16") return f(int16_t());
  if (type == "i8") return f(int8_t());
  return f(uint8_t());
}

std::vector<std::byte> bytes_of(const Numbers& n) {
  std::vector<std::byte> bytes(std::max<size_t>(1, n.values.size() * row(n.type).size));
  with_type(n.type, [&](auto zero) {
    for (size_t i = 0; i < n.values.size(); ++i) {
      const auto v = static_cast<decltype(zero)>(n.values[i]);
      std::memcpy(bytes.data() + i * sizeof(v), &v, sizeof(v));
    }
  });
  return bytes;
}

Numbers read_numbers(std::istringstream& in) {
  Numbers n;
  std::string text;
  in >> text;
  const size_t open = text.find('[');
  n.type = text.substr(0, open);
  std::istringstream dims(text.substr(open + 1));
  for (std::string d; std::getline(dims, d, ',') && d != "]";) n.dims.push_back(std::stoll(d));
  for (std::string v; in >> v;) n.values.push_back(std::stod(v));
  return n;
}

struct Case {
  int line = 0;
  std::string domain, op;
  int64_t version = 1;
  std::vector<std::string> attributes;
  std::vector<std::pair<std::string, Numbers>> inputs;  // "in", "const" or "none"
  std::vector<std::optional<Numbers>> outputs;
};

std::vector<Case> read_cases(const std::string& name) {
  std::ifstream file(DOVETAIL_SOURCE_DIR "/tests/onnx/" + name);
  std::vector<Case> cases;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    std::istringstream in(line);
    std::string word;
    if (line[0] != ' ') {
      Case& c = cases.emplace_back();
      c.line = number;
      in >> c.domain >> c.op >> c.version;
      if (c.domain == "ai.onnx") c.domain.clear();
      continue;
    }
    in >> word;
    if (word == "in" || word == "const")
      cases.back().inputs.emplace_back(word, read_numbers(in));
    else if (word == "none")
      cases.back().inputs.emplace_back(word, Numbers());
    else if (word == "out")
      cases.back().outputs.emplace_back(read_numbers(in));
    else if (word == "skip")
      cases.back().outputs.emplace_back();
    else
      cases.back().attributes.push_back(line);
  }
  return cases;
}

template <class T>
std::vector<T> rest_of(std::istringstream& in) {
  std::vector<T> values;
  for (std::string v; in >> v;) {
    if constexpr (std::is_same_v<T, std::string>)
      values.push_back(v);
    else
      values.push_back(static_cast<T>(std::stod(v)));
  }
  return values;
}

void add_attribute(OnnxNode& node, const std::string& line) {
  std::istringstream in(line);
  std::string kind, name;
  in >> kind >> name;
  if (kind == "i") node.i(name, rest_of<int64_t>(in).at(0));
  if (kind == "f") node.f(name, rest_of<float>(in).at(0));
  if (kind == "s") node.s(name, rest_of<std::string>(in).at(0));
  if (kind == "is") node.ints(name, rest_of<int64_t>(in));
  if (kind == "fs") node.floats(name, rest_of<float>(in));
  if (kind == "ss") node.strings(name, rest_of<std::string>(in));
}

OnnxModel model_of(const Case& c) {
  OnnxModel model(c.domain.empty() ? c.version : 21);
  if (!c.domain.empty()) model.opset(c.domain, c.version);
  std::vector<std::string> inputs, outputs;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const auto& [word, numbers] = c.inputs[i];
    const std::string name = word == "none" ? "" : concat("i", i);
    inputs.push_back(name);
    if (word == "in")
      model.input(name, row(numbers.type).onnx, std::vector<OnnxDim>(numbers.dims.begin(), numbers.dims.end()));
    if (word == "const") {
      std::vector<std::byte> bytes = bytes_of(numbers);
      bytes.resize(numbers.values.size() * row(numbers.type).size);
      model.initializer(OnnxTensor(name, row(numbers.type).onnx, numbers.dims).raw(bytes));
    }
  }
  for (size_t i = 0; i < c.outputs.size(); ++i) {
    outputs.push_back(concat("o", i));
    if (c.outputs[i]) model.output(outputs.back());
  }
  OnnxNode node(c.op, inputs, outputs, "", c.domain);
  for (const std::string& line : c.attributes) add_attribute(node, line);
  return model.node(node);
}

/// An element of 8 bits may differ by one where the quotient lies between two.
double tolerance(const Numbers& expected, double v) {
  if (expected.type == "f32" || expected.type == "f64") return 2e-5 * (1 + std::fabs(v));
  return expected.type == "u8" || expected.type == "i8" ? 1 : 0;
}

void compare(const Numbers& expected, const std::vector<std::byte>& got) {
  with_type(expected.type, [&](auto zero) {
    for (size_t i = 0; i < expected.values.size(); ++i) {
      auto v = zero;
      std::memcpy(&v, got.data() + i * sizeof(v), sizeof(v));
      const double want = expected.values[i];
      if (static_cast<double>(v) == want) continue;  // infinities too
      if (!std::isnan(want) || !std::isnan(static_cast<double>(v)))
        EXPECT_NEAR(static_cast<double>(v), want, tolerance(expected, want)) << "element " << i;
    }
  });
}

/// Memory of an output whose size the run decides.
class Grown final : public IOutputAllocator {
 public:
  void* reallocateOutput(const char*, void*, uint64_t size, uint64_t alignment) noexcept override {
    bytes_.resize(size + alignment);
    void* begin = bytes_.data();
    size_t room = bytes_.size();
    return begin_ = std::align(alignment, size, begin, room);
  }
  void notifyShape(const char*, const Dims& dims) noexcept override { dims_.assign(dims.d, dims.d + dims.nbDims); }

  const std::vector<int64_t>& dims() const { return dims_; }
  std::vector<std::byte> bytes(size_t size) const {
    const auto* data = static_cast<const std::byte*>(begin_);
    return {data, data + size};
  }

 private:
  std::vector<std::byte> bytes_;
  std::vector<int64_t> dims_;
  void* begin_ = nullptr;
};

void run_case(const Case& c) {
  const Parsed p(model_of(c));
  ASSERT_TRUE(p.result.ok) << p.errors();
  const std::unique_ptr<IBuilderConfig> config(p.builder->createBuilderConfig());
  config->setBuilderOptimizationLevel(0);
  const std::unique_ptr<IHostMemory> plan(p.builder->buildSerializedNetwork(*p.network, *config));
  ASSERT_TRUE(plan);
  QuietLogger logger;
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
  const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  ASSERT_TRUE(engine);
  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  std::map<std::string, std::vector<std::byte>> memory;
  std::map<std::string, Grown> grown;
  for (size_t i = 0; i < c.inputs.size(); ++i)
    if (c.inputs[i].first == "in") memory[concat("i", i)] = bytes_of(c.inputs[i].second);
  for (size_t i = 0; i < c.outputs.size(); ++i) {
    if (!c.outputs[i]) continue;
    const std::string name = concat("o", i);
    const Dims dims = context->getTensorShape(name.c_str());
    if (std::count(dims.d, dims.d + dims.nbDims, -1) != 0) {
      ASSERT_TRUE(context->setOutputAllocator(name.c_str(), &grown[name]));
      continue;
    }
    ASSERT_EQ(std::vector<int64_t>(dims.d, dims.d + dims.nbDims), c.outputs[i]->dims) << name;
    memory[name].resize(std::max<size_t>(1, c.outputs[i]->values.size() * row(c.outputs[i]->type).size));
  }
  for (auto& [name, bytes] : memory)
    if (engine->getTensorIOMode(name.c_str()) != TensorIOMode::kNONE)
      ASSERT_TRUE(context->setTensorAddress(name.c_str(), bytes.data())) << name;
  ASSERT_TRUE(context->enqueueV3(nullptr));
  for (const auto& [name, late] : grown) {
    const Numbers& expected = *c.outputs[std::stoul(name.substr(1))];
    ASSERT_EQ(late.dims(), expected.dims) << name;
    memory[name] = late.bytes(expected.values.size() * row(expected.type).size);
  }
  for (size_t i = 0; i < c.outputs.size(); ++i)
    if (c.outputs[i]) {
      SCOPED_TRACE(concat("output ", i));
      compare(*c.outputs[i], memory[concat("o", i)]);
    }
}

void run_all(const std::string& name) {
  const std::vector<Case> cases = read_cases(name);
  ASSERT_GT(cases.size(), 60u);
  for (const Case& c : cases) {
    SCOPED_TRACE(concat(name, ":", c.line, ": ", c.domain, "::", c.op));
    run_case(c);
  }
}

TEST(OnnxOperators, AgreeWithAnotherImplementation) { run_all("operator_cases.txt"); }
TEST(OnnxOperators, OfMicrosoftAgreeWithAnotherImplementation) { run_all("microsoft_cases.txt"); }

}  // namespace
}  // namespace dvt::test
