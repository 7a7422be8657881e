#pragma once
#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "stream.h"

namespace dvt::cudart {

/// One piece of recorded work. A cudaGraphNode_t points to one.
struct Node {
  cudaGraphNodeType type = cudaGraphNodeTypeEmpty;
  Work work;  ///< Run once a launch; empty where there is nothing to do.
  std::vector<Node*> dependencies;
};

/// Work with an order. A cudaGraph_t points to one. Guarded by graph_mutex().
struct Graph {
  std::vector<std::unique_ptr<Node>> nodes;

  Node* add(cudaGraphNodeType type, Work work, std::vector<Node*> dependencies);
  bool has(const Node* node) const;
  /// Every node after what it depends on, otherwise as they were added; empty when there is a cycle.
  std::vector<const Node*> order() const;
};

/// The work of a graph in an order that satisfies it.
struct Program {
  struct Step {
    cudaGraphNodeType type;
    Work work;
  };
  std::vector<Step> steps;
  std::mutex running;  ///< Launches of one executable follow each other.

  void run();
};

/// A graph made ready. A cudaGraphExec_t points to one.
struct Executable {
  std::mutex mutex;
  std::shared_ptr<Program> program;  ///< An update replaces it; launches keep the one they began with.
};

/// Guards graphs and captures: they are made rarely, and never while they run.
std::mutex& graph_mutex();

/// nullptr when the graph has a cycle.
std::shared_ptr<Program> program_of(const Graph& graph);

}  // namespace dvt::cudart
