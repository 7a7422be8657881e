// dovetail check: what of a model is supported, operator by operator, and why the rest is not; nothing is built.
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "base/concat.h"
#include "base/file.h"
#include "base/mapped_file.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/session.h"
#include "onnx/extract.h"
#include "onnx/parse.h"
#include "onnx/read_model.h"
#include "onnx/registry.h"

namespace dovetail::cli {
namespace {

using dvt::concat;
namespace reader = dvt::onnx;

struct Args {
  std::string file, split;
  bool json = false;
  CommonOptions common;
};

/// ONNX's number of a public type; kUndefined when it has none.
reader::ElementType element_type(DataType type) {
  static const std::map<DataType, reader::ElementType> kTypes = {
      {DataType::kFLOAT, reader::ElementType::kFloat},
      {DataType::kHALF, reader::ElementType::kFloat16},
      {DataType::kINT8, reader::ElementType::kInt8},
      {DataType::kINT32, reader::ElementType::kInt32},
      {DataType::kBOOL, reader::ElementType::kBool},
      {DataType::kUINT8, reader::ElementType::kUint8},
      {DataType::kBF16, reader::ElementType::kBfloat16},
      {DataType::kINT64, reader::ElementType::kInt64},
      {DataType::kFLOAT64, reader::ElementType::kDouble},
      {DataType::kINT16, reader::ElementType::kInt16},
      {DataType::kUINT16, reader::ElementType::kUint16},
      {DataType::kUINT32, reader::ElementType::kUint32},
      {DataType::kUINT64, reader::ElementType::kUint64},
      {DataType::kINT4, reader::ElementType::kInt4},
      {DataType::kFP8, reader::ElementType::kFloat8E4M3FN},
      {DataType::kUINT4, reader::ElementType::kUint4},
      {DataType::kFP4, reader::ElementType::kFloat4E2M1},
      {DataType::kE8M0, reader::ElementType::kFloat8E8M0},
      {DataType::kINT2, reader::ElementType::kInt2},
      {DataType::kUINT2, reader::ElementType::kUint2},
      {DataType::kTEXT, reader::ElementType::kString},
      {DataType::kFP8E5M2, reader::ElementType::kFloat8E5M2},
      {DataType::kFP8E4M3FNUZ, reader::ElementType::kFloat8E4M3FNUZ},
      {DataType::kFP8E5M2FNUZ, reader::ElementType::kFloat8E5M2FNUZ}};
  const auto it = kTypes.find(type);
  return it == kTypes.end() ? reader::ElementType::kUndefined : it->second;
}

/// Types of values by name: what the model says, and what the network infers.
reader::ValueTypes value_types(const reader::Model& model, const reader::ParseResult& parsed) {
  reader::ValueTypes types;
  for (const auto* list : {&model.graph.inputs, &model.graph.value_info, &model.graph.outputs})
    for (const reader::ValueInfo& v : *list)
      if (v.type.element != reader::ElementType::kUndefined) types[v.name].element = v.type.element;
  for (const auto& t : model.graph.initializers) types[t->name].element = t->type;
  for (const auto& [name, tensor] : parsed.tensors) {
    reader::ValueType& type = types[name];
    type.element = element_type(tensor->getType());
    const Dims dims = tensor->getDimensions();
    if (dims.nbDims >= 0) type.dims.emplace(dims.d, dims.d + dims.nbDims);
  }
  return types;
}

struct Row {
  int nodes = 0, unsupported = 0;
  std::set<std::string> types;
};

/// What the reader knows that is nearest to an operator without an importer; "" when nothing is near.
std::string nearest(const reader::Node& node, int opset) {
  if (reader::find_importer(node.domain, node.op_type, opset) != nullptr) return "";
  if (reader::has_importer(node.domain, node.op_type))
    return concat(node.op_type, " of another version of the operator set");
  if (!node.domain.empty() && reader::has_importer("", node.op_type))
    return concat(node.op_type, " of the standard's own domain");
  return "";
}

class Checker {
 public:
  explicit Checker(const Args& a) : args_(a), logger_(quiet(a.common)), file_(dvt::map_file(a.file)) {
    builder_.reset(createInferBuilder(logger_));
    network_.reset(builder_->createNetworkV2(0));
    try {
      model_ = reader::read_model(file_.bytes());
    } catch (const std::exception& e) {
      throw Failure(kFailed, concat("'", a.file, "': ", e.what()));
    }
    parsed_ = reader::parse_file(*network_, a.file);
    types_ = value_types(model_, parsed_);
    for (const reader::OpsetImport& o : model_.opsets) opsets_[o.domain == "ai.onnx" ? "" : o.domain] = o.version;
    for (const auto& part : parsed_.coverage.parts)
      if (!part.supported) bad_.insert(part.nodes.begin(), part.nodes.end());
    collect();
  }

  bool ok() const { return parsed_.ok; }

  nlohmann::ordered_json report() const {
    nlohmann::ordered_json r = {{"schema", "dovetail.check.1"}, {"model", args_.file}, {"supported", ok()}};
    for (const auto& [key, row] : rows_)
      r["operators"].push_back({{"domain", std::get<0>(key)},
                                {"operator", std::get<1>(key)},
                                {"opset", std::get<2>(key)},
                                {"types", row.types},
                                {"nodes", row.nodes},
                                {"devices", {{"cpu", row.nodes - row.unsupported}}}});
    r["problems"] = nlohmann::ordered_json::array();
    for (const reader::ParseError& e : parsed_.errors)
      r["problems"].push_back({{"node", e.node_index},
                               {"name", e.node_name},
                               {"operator", e.node_operator},
                               {"reason", e.description},
                               {"nearest", nearest_of(e)}});
    r["parts"] = nlohmann::ordered_json::array();
    for (const auto& part : parsed_.coverage.parts)
      r["parts"].push_back({{"supported", part.supported},
                            {"first", part.nodes.empty() ? -1 : part.nodes.front()},
                            {"nodes", part.nodes.size()}});
    return r;
  }

  void print() const {
    std::printf("%-28s %5s  %-32s %6s  cpu\n", "operator", "opset", "types of inputs", "nodes");
    for (const auto& [key, row] : rows_) {
      const auto& [domain, op, opset] = key;
      std::string types;
      for (const std::string& t : row.types) types += (types.empty() ? "" : ", ") + t;
      std::printf("%-28s %5lld  %-32s %6d  %s\n", (domain.empty() ? op : concat(domain, ".", op)).c_str(),
                  static_cast<long long>(opset), types.c_str(), row.nodes,
                  row.unsupported == 0 ? "yes" : concat("no: ", row.unsupported, " of ", row.nodes).c_str());
    }
    for (const reader::ParseError& e : parsed_.errors) {
      std::printf("\nnode %d '%s' (%s): %s\n", e.node_index, e.node_name.c_str(), e.node_operator.c_str(),
                  e.description.c_str());
      if (const std::string near = nearest_of(e); !near.empty())
        std::printf("  nearest supported form: %s\n", near.c_str());
    }
    if (ok()) std::printf("\nevery node of '%s' is supported on cpu\n", args_.file.c_str());
    if (!ok()) {
      std::printf("\n%zu of %zu nodes are not supported, or need a result of one that is not\n", bad_.size(),
                  model_.graph.nodes.size());
      for (const auto& part : parsed_.coverage.parts)
        std::printf("  %s: %zu nodes from node %lld on\n", part.supported ? "convertible" : "unconvertible",
                    part.nodes.size(), static_cast<long long>(part.nodes.empty() ? -1 : part.nodes.front()));
    }
  }

  void split() const {
    for (size_t i = 0; i < parsed_.coverage.parts.size(); ++i) {
      const auto& part = parsed_.coverage.parts[i];
      const std::string path =
          concat(args_.split, "/part", i, part.supported ? ".convertible.onnx" : ".unconvertible.onnx");
      const reader::Extracted made = reader::extract_model(file_.bytes(), model_, part.nodes, types_);
      dvt::write_file(path, made.bytes);
      std::fprintf(stderr, "wrote %s\n", path.c_str());
      for (const std::string& name : made.untyped)
        std::fprintf(stderr, "  type and shape of its input '%s' are not known: write them there before it is built\n",
                     name.c_str());
    }
  }

 private:
  static CommonOptions quiet(CommonOptions o) {
    o.quiet = !o.verbose;  // the report tells what the log would
    return o;
  }

  int opset_of(const reader::Node& node) const {
    const auto it = opsets_.find(node.domain);
    return it == opsets_.end() ? 0 : static_cast<int>(it->second);
  }

  std::string nearest_of(const reader::ParseError& e) const {
    if (e.node_index < 0 || e.node_index >= static_cast<int>(model_.graph.nodes.size())) return "";
    const reader::Node& node = model_.graph.nodes[static_cast<size_t>(e.node_index)];
    return nearest(node, opset_of(node));
  }

  void collect() {
    for (size_t i = 0; i < model_.graph.nodes.size(); ++i) {
      const reader::Node& node = model_.graph.nodes[i];
      Row& row = rows_[{node.domain, node.op_type, opset_of(node)}];
      ++row.nodes;
      row.unsupported += bad_.count(static_cast<int64_t>(i)) != 0;
      for (const std::string& input : node.inputs)
        if (const auto t = types_.find(input); t != types_.end()) row.types.insert(to_string(t->second.element));
    }
  }

  const Args& args_;
  Logger logger_;
  dvt::Blob file_;
  std::unique_ptr<IBuilder> builder_;
  std::unique_ptr<INetworkDefinition> network_;
  reader::Model model_;
  reader::ParseResult parsed_;
  reader::ValueTypes types_;
  std::map<std::string, int64_t, std::less<>> opsets_;
  std::set<int64_t> bad_;
  std::map<std::tuple<std::string, std::string, int64_t>, Row> rows_;
};

void check(const Args& a) {
  const Checker checker(a);
  if (a.json)
    std::printf("%s\n", checker.report().dump(2).c_str());
  else
    checker.print();
  if (!a.split.empty()) checker.split();
  if (!checker.ok()) throw Failure(kUnsupported, concat("'", a.file, "' is not supported as a whole"));
}

}  // namespace

void add_check_command(CLI::App& app) {
  auto a = std::make_shared<Args>();
  CLI::App* sub = app.add_subcommand("check", "Say what of a model is supported, and why the rest is not");
  sub->add_option("file", a->file, "ONNX model")->required();
  sub->add_flag("--json", a->json, "As JSON");
  sub->add_option("--split", a->split, "Folder for the convertible and unconvertible parts as models of their own");
  add_common(*sub, a->common);
  sub->callback([a] { check(*a); });
}

}  // namespace dovetail::cli
