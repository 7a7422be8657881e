#include <set>

#include "onnx/graph_importer.h"

namespace dvt::onnx {
namespace {

using Producers = std::unordered_map<std::string, size_t>;

Producers find_producers(const std::vector<Node>& nodes) {
  Producers producers;
  for (size_t i = 0; i < nodes.size(); ++i)
    for (const std::string& output : nodes[i].outputs)
      if (!output.empty() && !producers.emplace(output, i).second)
        refuse(ParserCode::kINVALID_GRAPH)("the value '", output, "' is given twice: by the nodes ", producers[output],
                                           " ('", nodes[producers[output]].name, "') and ", i, " ('", nodes[i].name,
                                           "')");
  return producers;
}

void collect_reads(const Node& node, std::vector<std::string>& names) {
  names.insert(names.end(), node.inputs.begin(), node.inputs.end());
  for (const Attribute& attribute : node.attributes)
    for (const auto& graph : attribute.graphs) {
      for (const Node& inner : graph->nodes) collect_reads(inner, names);
      for (const ValueInfo& output : graph->outputs) names.push_back(output.name);
    }
}

/// Nodes of the list whose results a node needs: by its inputs, and by what its branches use from outside.
std::set<size_t> sources(const Node& node, const Producers& producers) {
  std::vector<std::string> names;
  collect_reads(node, names);
  std::set<size_t> result;
  for (const std::string& name : names) {
    const auto producer = producers.find(name);
    if (!name.empty() && producer != producers.end()) result.insert(producer->second);
  }
  return result;
}

}  // namespace

std::vector<size_t> execution_order(const std::vector<Node>& nodes) {
  const Producers producers = find_producers(nodes);
  std::vector<std::vector<size_t>> readers(nodes.size());
  std::vector<size_t> missing(nodes.size(), 0);
  for (size_t i = 0; i < nodes.size(); ++i)
    for (const size_t source : sources(nodes[i], producers)) {
      readers[source].push_back(i);
      ++missing[i];
    }
  // Of the nodes that are ready the first in the file goes first: a model that is in order stays as it is.
  std::set<size_t> ready;
  for (size_t i = 0; i < nodes.size(); ++i)
    if (missing[i] == 0) ready.insert(i);
  std::vector<size_t> order;
  while (!ready.empty()) {
    const size_t i = *ready.begin();
    ready.erase(ready.begin());
    order.push_back(i);
    for (const size_t reader : readers[i])
      if (--missing[reader] == 0) ready.insert(reader);
  }
  for (size_t i = 0; order.size() < nodes.size() && i < nodes.size(); ++i)
    if (missing[i] > 0)
      refuse(ParserCode::kINVALID_GRAPH)("the nodes form a cycle: node ", i, " '", nodes[i].name, "' (",
                                         nodes[i].op_type, ") needs its own result");
  return order;
}

}  // namespace dvt::onnx
