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

}  // namespace

std::vector<size_t> execution_order(const std::vector<Node>& nodes) {
  const Producers producers = find_producers(nodes);
  std::vector<std::vector<size_t>> readers(nodes.size());
  std::vector<size_t> missing(nodes.size(), 0);
  for (size_t i = 0; i < nodes.size(); ++i)
    for (const std::string& input : nodes[i].inputs) {
      const auto producer = producers.find(input);
      if (input.empty() || producer == producers.end()) continue;
      readers[producer->second].push_back(i);
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
