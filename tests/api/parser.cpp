#include "support.h"

#include <cstring>

namespace dovetail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A writer of the few protobuf messages that tests need; field numbers are those of the ONNX specification.
std::string varint(uint64_t v) {
  std::string s;
  for (; v >= 128; v >>= 7) s += static_cast<char>(v | 128);
  return s + static_cast<char>(v);
}
std::string number(int field, uint64_t v) { return varint(static_cast<uint64_t>(field) << 3) + varint(v); }
std::string bytes(int field, const std::string& v) {
  return varint(static_cast<uint64_t>(field) << 3 | 2) + varint(v.size()) + v;
}

std::string value_info(const std::string& name, const std::vector<int64_t>& shape) {
  std::string dims_text;
  for (int64_t d : shape) dims_text += bytes(1, d < 0 ? bytes(2, "n") : number(1, static_cast<uint64_t>(d)));
  return bytes(1, name) + bytes(2, bytes(1, number(1, 1) + bytes(2, dims_text)));
}
std::string node(const std::string& op, const std::vector<std::string>& in, const std::vector<std::string>& out) {
  std::string text;
  for (const std::string& i : in) text += bytes(1, i);
  for (const std::string& o : out) text += bytes(2, o);
  return text + bytes(3, "node " + op) + bytes(4, op);
}
std::string initializer(const std::string& name, const std::vector<float>& values) {
  std::string raw(values.size() * 4, '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  return number(1, values.size()) + number(2, 1) + bytes(8, name) + bytes(9, raw);
}
/// y = <op>(x + w) with w [2] an initializer.
std::string model(const std::string& op) {
  const std::string graph = bytes(1, node("Add", {"x", "w"}, {"t"})) + bytes(1, node(op, {"t"}, {"y"})) +
                            bytes(2, "g") + bytes(5, initializer("w", {10, 20})) + bytes(11, value_info("x", {-1, 2})) +
                            bytes(12, value_info("y", {-1, 2}));
  return number(1, 8) + bytes(7, graph) + bytes(8, bytes(1, "") + number(2, 17));
}

TEST(Parser, AModelRunsAfterItsBytesAreGone) {
  Session s;
  std::unique_ptr<onnx::IParser> parser(onnx::createParser(*s.network, s.logger));
  std::string bytes = model("Neg");
  ASSERT_TRUE(parser->parse(bytes.data(), bytes.size())) << s.logger.take_errors();
  EXPECT_EQ(parser->getNbErrors(), 0);
  ASSERT_NE(parser->getLayerOutputTensor("node Neg", 0), nullptr);
  EXPECT_STREQ(parser->getLayerOutputTensor("node Neg", 0)->getName(), "y");
  std::fill(bytes.begin(), bytes.end(), '\xAB');
  std::string().swap(bytes);
  parser.reset();
  s.profile("x", {1, 2}, {2, 2}, {4, 2});
  const std::unique_ptr<ICudaEngine> engine = s.engine();
  ASSERT_NE(engine, nullptr) << s.logger.take_errors();
  EXPECT_THAT(run(*engine, {1, 2}, {1, 2}), ElementsAre(-11, -22));
}

TEST(Parser, AnUnknownOperatorIsNamed) {
  Session s;
  const std::unique_ptr<onnx::IParser> parser(onnx::createParser(*s.network, s.logger));
  const std::string bytes = model("NoSuchOperator");
  EXPECT_FALSE(parser->supportsModelV2(bytes.data(), bytes.size()));
  EXPECT_EQ(s.network->getNbInputs(), 0);
  EXPECT_FALSE(parser->parse(bytes.data(), bytes.size()));
  ASSERT_EQ(parser->getNbErrors(), 1);
  const onnx::IParserError* error = parser->getError(0);
  EXPECT_EQ(error->node(), 1);
  EXPECT_STREQ(error->nodeOperator(), "NoSuchOperator");
  EXPECT_STREQ(error->nodeName(), "node NoSuchOperator");
  EXPECT_EQ(error->code(), onnx::ErrorCode::kUNSUPPORTED_NODE);
  EXPECT_GT(error->line(), 0);
  EXPECT_NE(std::strlen(error->file()), 0U);
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("NoSuchOperator"));
  EXPECT_EQ(parser->getError(1), nullptr);
  EXPECT_EQ(parser->getError(-1), nullptr);
  ASSERT_EQ(parser->getNbSubgraphs(), 2);
  EXPECT_TRUE(parser->isSubgraphSupported(0));
  EXPECT_FALSE(parser->isSubgraphSupported(1));
  int64_t length = 0;
  EXPECT_EQ(parser->getSubgraphNodes(1, length)[0], 1);
  EXPECT_EQ(length, 1);
  parser->clearErrors();
  EXPECT_EQ(parser->getNbErrors(), 0);
}

TEST(Parser, MisuseIsReported) {
  Session s;
  const std::unique_ptr<onnx::IParser> parser(onnx::createParser(*s.network, s.logger));
  EXPECT_FALSE(parser->parse(nullptr, 5));
  EXPECT_NE(s.logger.take_errors(), "");
  EXPECT_FALSE(parser->parse("not a model", 11));
  EXPECT_NE(s.logger.take_errors(), "");
  EXPECT_FALSE(parser->parseFromFile("/nonexistent/model.onnx", 2));
  EXPECT_THAT(s.logger.take_errors(), HasSubstr("/nonexistent/model.onnx"));
  EXPECT_FALSE(parser->parseFromFile(nullptr, 2));
  EXPECT_TRUE(parser->supportsOperator("Conv"));
  EXPECT_FALSE(parser->supportsOperator("NoSuchOperator"));
  EXPECT_FALSE(parser->supportsOperator(nullptr));
  EXPECT_EQ(createNvOnnxParser_INTERNAL(nullptr, &s.logger, DOVETAIL_API_VERSION), nullptr);
  EXPECT_EQ(createNvOnnxParser_INTERNAL(s.network.get(), nullptr, DOVETAIL_API_VERSION), nullptr);
}

TEST(Parser, FlagsAreKept) {
  Session s;
  const std::unique_ptr<onnx::IParser> parser(onnx::createParser(*s.network, s.logger));
  EXPECT_TRUE(parser->getFlag(onnx::OnnxParserFlag::kNATIVE_INSTANCENORM));
  parser->clearFlag(onnx::OnnxParserFlag::kNATIVE_INSTANCENORM);
  EXPECT_EQ(parser->getFlags(), 0U);
  parser->setFlag(onnx::OnnxParserFlag::kENABLE_PLUGIN_OVERRIDE);
  EXPECT_EQ(parser->getFlags(), 8U);
}

}  // namespace
}  // namespace dovetail::test
