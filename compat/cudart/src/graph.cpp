#include "graph.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "copy.h"
#include "error.h"
#include "handles.h"

namespace dvt::cudart {

std::mutex& graph_mutex() {
  static auto* mutex = new std::mutex();
  return *mutex;
}

Node* Graph::add(cudaGraphNodeType type, Work work, std::vector<Node*> dependencies) {
  nodes.push_back(std::make_unique<Node>(Node{type, std::move(work), std::move(dependencies)}));
  return nodes.back().get();
}

bool Graph::has(const Node* node) const {
  return std::any_of(nodes.begin(), nodes.end(), [node](const auto& n) { return n.get() == node; });
}

std::vector<const Node*> Graph::order() const {
  std::vector<const Node*> result;
  std::unordered_map<const Node*, bool> done;
  while (result.size() < nodes.size()) {
    const size_t before = result.size();
    for (const auto& node : nodes) {
      const auto is_done = [&](const Node* d) { return done.count(d) != 0; };
      if (is_done(node.get()) || !std::all_of(node->dependencies.begin(), node->dependencies.end(), is_done)) continue;
      done[node.get()] = true;
      result.push_back(node.get());
    }
    if (result.size() == before) return {};  // what is left waits for itself
  }
  return result;
}

void Program::run() {
  const std::lock_guard lock(running);
  for (const Step& step : steps)
    if (step.work) step.work();
}

std::shared_ptr<Program> program_of(const Graph& graph) {
  auto program = std::make_shared<Program>();
  const std::lock_guard lock(graph_mutex());
  for (const Node* node : graph.order()) program->steps.push_back({node->type, node->work});
  return program->steps.size() == graph.nodes.size() ? program : nullptr;
}

}  // namespace dvt::cudart

using namespace dvt::cudart;

namespace {

/// body(graph) with the lock held, or cudaErrorInvalidValue.
template <class Body>
cudaError_t with_graph(cudaGraph_t handle, Body&& body) {
  return call([&] {
    const std::shared_ptr<Graph> graph = handles<Graph>().find(handle);
    if (!graph) return cudaErrorInvalidValue;
    const std::lock_guard lock(graph_mutex());
    return body(*graph);
  });
}

const char* type_name(cudaGraphNodeType type) {
  switch (type) {
    case cudaGraphNodeTypeKernel:
      return "kernel";
    case cudaGraphNodeTypeMemcpy:
      return "memcpy";
    case cudaGraphNodeTypeMemset:
      return "memset";
    case cudaGraphNodeTypeHost:
      return "host";
    case cudaGraphNodeTypeGraph:
      return "graph";
    case cudaGraphNodeTypeEmpty:
      return "empty";
    case cudaGraphNodeTypeMemAlloc:
      return "memory allocation";
    case cudaGraphNodeTypeMemFree:
      return "memory free";
    default:
      return "event";
  }
}

cudaError_t add_node(cudaGraphNode_t* to, cudaGraph_t handle, const cudaGraphNode_t* dependencies, size_t count,
                     cudaGraphNodeType type, const Work& work) {
  return with_graph(handle, [&](Graph& graph) {
    if (to == nullptr || (count > 0 && dependencies == nullptr)) return cudaErrorInvalidValue;
    std::vector<Node*> before;
    for (size_t i = 0; i < count; ++i) {
      auto* node = reinterpret_cast<Node*>(dependencies[i]);
      if (!graph.has(node)) return cudaErrorInvalidValue;
      before.push_back(node);
    }
    *to = reinterpret_cast<cudaGraphNode_t>(graph.add(type, work, std::move(before)));
    return cudaSuccess;
  });
}

/// Copies up to *count handles, or only counts where there is no room given; the rest of the room becomes nullptr.
cudaError_t give_nodes(const std::vector<const Node*>& found, cudaGraphNode_t* to, size_t* count) {
  if (count == nullptr) return cudaErrorInvalidValue;
  if (to != nullptr)
    for (size_t i = 0; i < *count; ++i)
      to[i] = i < found.size() ? reinterpret_cast<cudaGraphNode_t>(const_cast<Node*>(found[i])) : nullptr;
  *count = to == nullptr ? found.size() : std::min(*count, found.size());
  return cudaSuccess;
}

}  // namespace

cudaError_t cudaGraphCreate(cudaGraph_t* pGraph, unsigned int flags) {
  return call([&] {
    if (pGraph == nullptr || flags != 0) return cudaErrorInvalidValue;
    *pGraph = reinterpret_cast<cudaGraph_t>(handles<Graph>().add(std::make_shared<Graph>()));
    return cudaSuccess;
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return call([&] { return handles<Graph>().remove(graph) ? cudaSuccess : cudaErrorInvalidValue; });
}

cudaError_t cudaGraphClone(cudaGraph_t* pGraphClone, cudaGraph_t originalGraph) {
  return with_graph(originalGraph, [&](Graph& graph) {
    if (pGraphClone == nullptr) return cudaErrorInvalidValue;
    auto clone = std::make_shared<Graph>();
    std::unordered_map<const Node*, Node*> copies;
    for (const Node* node : graph.order()) {
      std::vector<Node*> dependencies;
      for (const Node* d : node->dependencies) dependencies.push_back(copies.at(d));
      copies[node] = clone->add(node->type, node->work, std::move(dependencies));
    }
    *pGraphClone = reinterpret_cast<cudaGraph_t>(handles<Graph>().add(std::move(clone)));
    return cudaSuccess;
  });
}

cudaError_t cudaGraphAddEmptyNode(cudaGraphNode_t* pGraphNode, cudaGraph_t graph, const cudaGraphNode_t* pDependencies,
                                  size_t numDependencies) {
  return add_node(pGraphNode, graph, pDependencies, numDependencies, cudaGraphNodeTypeEmpty, {});
}

cudaError_t cudaGraphAddHostNode(cudaGraphNode_t* pGraphNode, cudaGraph_t graph, const cudaGraphNode_t* pDependencies,
                                 size_t numDependencies, const cudaHostNodeParams* pNodeParams) {
  return call([&] {
    if (pNodeParams == nullptr || pNodeParams->fn == nullptr) return cudaErrorInvalidValue;
    return add_node(pGraphNode, graph, pDependencies, numDependencies, cudaGraphNodeTypeHost,
                    [p = *pNodeParams] { p.fn(p.userData); });
  });
}

cudaError_t cudaGraphAddMemcpyNode1D(cudaGraphNode_t* pGraphNode, cudaGraph_t graph,
                                     const cudaGraphNode_t* pDependencies, size_t numDependencies, void* dst,
                                     const void* src, size_t count, cudaMemcpyKind kind) {
  return call([&] {
    const Region region{dst, src, count, count, count, 1};
    if (const cudaError_t error = check_copy(region, kind); error != cudaSuccess) return error;
    return add_node(pGraphNode, graph, pDependencies, numDependencies, cudaGraphNodeTypeMemcpy,
                    [region] { copy(region); });
  });
}

cudaError_t cudaGraphAddMemsetNode(cudaGraphNode_t* pGraphNode, cudaGraph_t graph, const cudaGraphNode_t* pDependencies,
                                   size_t numDependencies, const cudaMemsetParams* pMemsetParams) {
  return call([&] {
    if (pMemsetParams == nullptr) return cudaErrorInvalidValue;
    const cudaMemsetParams p = *pMemsetParams;
    if (const cudaError_t error = check_fill(p); error != cudaSuccess) return error;
    return add_node(pGraphNode, graph, pDependencies, numDependencies, cudaGraphNodeTypeMemset, [p] { fill(p); });
  });
}

cudaError_t cudaGraphAddChildGraphNode(cudaGraphNode_t* pGraphNode, cudaGraph_t graph,
                                       const cudaGraphNode_t* pDependencies, size_t numDependencies,
                                       cudaGraph_t childGraph) {
  return call([&] {
    const std::shared_ptr<Graph> child = handles<Graph>().find(childGraph);
    if (!child || childGraph == graph) return cudaErrorInvalidValue;
    const std::shared_ptr<Program> body = program_of(*child);
    if (!body) return cudaErrorInvalidValue;
    return add_node(pGraphNode, graph, pDependencies, numDependencies, cudaGraphNodeTypeGraph, [body] { body->run(); });
  });
}

cudaError_t cudaGraphAddDependencies(cudaGraph_t handle, const cudaGraphNode_t* from, const cudaGraphNode_t* to,
                                     size_t numDependencies) {
  return with_graph(handle, [&](Graph& graph) {
    if (numDependencies > 0 && (from == nullptr || to == nullptr)) return cudaErrorInvalidValue;
    for (size_t i = 0; i < numDependencies; ++i) {
      auto* first = reinterpret_cast<Node*>(from[i]);
      auto* second = reinterpret_cast<Node*>(to[i]);
      if (first == second || !graph.has(first) || !graph.has(second)) return cudaErrorInvalidValue;
      second->dependencies.push_back(first);
    }
    return cudaSuccess;
  });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t handle, cudaGraphNode_t* nodes, size_t* numNodes) {
  return with_graph(handle, [&](Graph& graph) {
    std::vector<const Node*> found;
    for (const auto& node : graph.nodes) found.push_back(node.get());
    return give_nodes(found, nodes, numNodes);
  });
}

cudaError_t cudaGraphGetRootNodes(cudaGraph_t handle, cudaGraphNode_t* pRootNodes, size_t* pNumRootNodes) {
  return with_graph(handle, [&](Graph& graph) {
    std::vector<const Node*> found;
    for (const auto& node : graph.nodes)
      if (node->dependencies.empty()) found.push_back(node.get());
    return give_nodes(found, pRootNodes, pNumRootNodes);
  });
}

cudaError_t cudaGraphGetEdges(cudaGraph_t handle, cudaGraphNode_t* from, cudaGraphNode_t* to, size_t* numEdges) {
  return with_graph(handle, [&](Graph& graph) {
    if ((from == nullptr) != (to == nullptr) || numEdges == nullptr) return cudaErrorInvalidValue;
    std::vector<const Node*> first, second;
    for (const auto& node : graph.nodes)
      for (const Node* d : node->dependencies) first.push_back(d), second.push_back(node.get());
    size_t count = *numEdges;
    give_nodes(first, from, &count);
    return give_nodes(second, to, numEdges);
  });
}

cudaError_t cudaGraphNodeGetType(cudaGraphNode_t node, cudaGraphNodeType* pType) {
  return call([&] {
    if (pType == nullptr) return cudaErrorInvalidValue;
    for (const std::shared_ptr<Graph>& graph : handles<Graph>().all()) {
      const std::lock_guard lock(graph_mutex());
      const auto* found = reinterpret_cast<const Node*>(node);
      if (!graph->has(found)) continue;
      *pType = found->type;
      return cudaSuccess;
    }
    return cudaErrorInvalidValue;
  });
}

cudaError_t cudaGraphDebugDotPrint(cudaGraph_t handle, const char* path, unsigned int) {
  return with_graph(handle, [&](Graph& graph) {
    std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "w");
    if (file == nullptr) return cudaErrorOperatingSystem;
    std::fputs("digraph dot {\n", file);
    std::unordered_map<const Node*, size_t> numbers;
    for (const auto& node : graph.nodes) {
      const size_t number = numbers.size();
      numbers[node.get()] = number;
      std::fprintf(file, "  n%zu [label=\"%zu: %s\"];\n", number, number, type_name(node->type));
    }
    for (const auto& node : graph.nodes)
      for (const Node* d : node->dependencies) std::fprintf(file, "  n%zu -> n%zu;\n", numbers[d], numbers[node.get()]);
    std::fputs("}\n", file);
    std::fclose(file);
    return cudaSuccess;
  });
}
