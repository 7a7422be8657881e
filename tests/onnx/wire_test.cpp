// Bytes that are no model: every one is refused with a sentence, none crashes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "base/error.h"
#include "models/onnx_writer.h"
#include "onnx/read_model.h"

namespace dvt::onnx {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace dvt::test;

OnnxModel small_model() {
  OnnxModel model;
  model.input("x", kOnnxFloat, {"batch", 3}).output("y", kOnnxFloat, {"batch", 2});
  model.initializer(onnx_floats("w", {3, 2}, {1, 2, 3, 4, 5, 6}));
  model.initializer(OnnxTensor("b", kOnnxFloat, {2}).floats({1, 2}));
  model.node(OnnxNode("Gemm", {"x", "w", "b"}, {"y"}, "fc").f("alpha", 2).i("transB", 0).ints("unused", {1, -2, 3}));
  model.function("local", "f", {"a"}, {"b"}, {OnnxNode("Relu", {"a"}, {"b"})});
  return model;
}

/// The message that a refusal has; "" when the bytes are a model.
std::string refusal(const std::string& bytes, const Limits& limits = {}) {
  try {
    read_model(as_byte_span(bytes), limits);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidModel);
    return error.what();
  }
  return "";
}

std::string message(uint32_t field, const std::string& payload) {
  std::string bytes;
  protozero::pbf_writer(bytes).add_message(field, payload);
  return bytes;
}

TEST(OnnxWire, ReadsWhatWasWritten) {
  const std::string bytes = small_model().bytes();
  const Model model = read_model(as_byte_span(bytes));
  EXPECT_EQ(model.ir_version, 8);
  ASSERT_EQ(model.graph.nodes.size(), 1u);
  const Node& node = model.graph.nodes[0];
  EXPECT_EQ(node.name, "fc");
  EXPECT_EQ(node.inputs, (std::vector<std::string>{"x", "w", "b"}));
  ASSERT_EQ(node.attributes.size(), 3u);
  EXPECT_EQ(node.attributes[0].f, 2);
  EXPECT_EQ(node.attributes[2].ints, (std::vector<int64_t>{1, -2, 3}));
  ASSERT_EQ(model.graph.initializers.size(), 2u);
  EXPECT_EQ(model.graph.initializers[0]->raw.size(), 24u);
  EXPECT_EQ(model.graph.initializers[1]->typed.size(), 8u);
  EXPECT_EQ(model.graph.inputs[0].type.shape[0].parameter, "batch");
  EXPECT_EQ(model.graph.inputs[0].type.shape[1].value, 3);
  ASSERT_EQ(model.functions.size(), 1u);
  EXPECT_EQ(model.functions[0].nodes.size(), 1u);
}

TEST(OnnxWire, RefusesOrReadsEveryTruncation) {
  const std::string bytes = small_model().bytes();
  int refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) refused += refusal(bytes.substr(0, size)).empty() ? 0 : 1;
  // What ends between two fields of the model is a model; everything else is not.
  EXPECT_GT(refused, static_cast<int>(bytes.size()) * 9 / 10);
}

TEST(OnnxWire, SurvivesEveryBitFlip) {
  const std::string bytes = small_model().bytes();
  for (size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      refusal(damaged);
    }
}

TEST(OnnxWire, NamesTheFieldAndTheByte) {
  // graph.node[0].input is a number instead of text.
  std::string node;
  protozero::pbf_writer(node).add_int64(1, 5);
  EXPECT_THAT(refusal(message(7, message(1, node))), AllOf(HasSubstr("graph.node[0].input at byte 4"),
                                                           HasSubstr("expected bytes with a length, got a varint")));
}

TEST(OnnxWire, RefusesWhatIsNoProtobuf) {
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal("this is a text file, not a model\n"), HasSubstr("not a valid ONNX file"));
  EXPECT_THAT(refusal(std::string(20, '\xff')), HasSubstr("longer than ten bytes"));
  EXPECT_THAT(refusal(std::string("\x0b\x00", 2)), HasSubstr("wire type 3"));
  EXPECT_THAT(refusal("\x08\x08"), HasSubstr("no graph"));
}

TEST(OnnxWire, RefusesLengthsBeyondTheEnd) {
  std::string bytes = "\x3a";  // field 7 with a length of 2^40
  protozero::add_varint_to_buffer(&bytes, uint64_t{1} << 40);
  EXPECT_THAT(refusal(bytes), HasSubstr("1099511627776 bytes expected, 0 left"));
  bytes = "\x3a";
  protozero::add_varint_to_buffer(&bytes, (uint64_t{1} << 32) + 1);
  EXPECT_THAT(refusal(bytes + "\x08"), HasSubstr("4294967297 bytes expected, 1 left"));
}

TEST(OnnxWire, LimitsNesting) {
  std::string graph;
  for (int i = 0; i < 200; ++i) graph = message(1, message(5, message(6, graph)));  // node.attribute.g
  EXPECT_THAT(refusal(message(7, graph)), HasSubstr("nested more than"));
}

TEST(OnnxWire, LimitsObjects) {
  Limits limits;
  limits.objects = 1000;
  std::string graph;
  for (int i = 0; i < 2000; ++i) graph += message(1, message(4, "Relu"));
  EXPECT_THAT(refusal(message(7, graph), limits), HasSubstr("more than 1000"));
}

TEST(OnnxWire, LimitsNames) {
  Limits limits;
  limits.name_length = 10;
  OnnxModel model;
  model.node(OnnxNode("Relu", {"a name that is long"}, {"y"}));
  EXPECT_THAT(refusal(model.bytes(), limits), HasSubstr("a name of 19 bytes"));
}

TEST(OnnxWire, ChecksTensors) {
  const auto with = [](const OnnxTensor& t) { return refusal(OnnxModel().initializer(t).bytes()); };
  EXPECT_THAT(with(onnx_floats("t", {2, 2}, {1, 2, 3})),
              AllOf(HasSubstr("'t' has 12 bytes of data"), HasSubstr("need 16")));
  EXPECT_THAT(with(onnx_floats("t", {-1}, {})), HasSubstr("'t' has the dimension -1"));
  const int64_t huge = int64_t{1} << 40;
  EXPECT_THAT(with(onnx_floats("t", {huge, huge}, {})), HasSubstr("too many elements"));
  EXPECT_THAT(with(onnx_floats("t", {huge, huge, 0}, {})), HasSubstr("too many elements"));
  EXPECT_THAT(with(OnnxTensor("t", 99, {1})), HasSubstr("type 99"));
  EXPECT_THAT(with(onnx_floats("t", std::vector<int64_t>(100, 1), {1})), HasSubstr("100 dimensions"));
  EXPECT_EQ(with(onnx_floats("t", {0, 4}, {})), "");
  EXPECT_EQ(with(onnx_floats("t", {}, {1})), "");
}

}  // namespace
}  // namespace dvt::onnx
