#pragma once
#include <memory>
#include <vector>

#include "trtexec/bindings.h"
#include "trtexec/engine.h"

namespace dovetail::trtexec {

/// Times of one run in ms from the start of measuring. Nothing is transferred between host and device, so transfers
/// begin and end where the computation does.
struct Trace {
  double enqueue_start = 0, enqueue_end = 0, compute_start = 0, compute_end = 0;
  double enqueue() const { return enqueue_end - enqueue_start; }
  double compute() const { return compute_end - compute_start; }
};

/// One stream with its context and bindings.
struct Lane {
  std::unique_ptr<IExecutionContext> context;
  std::unique_ptr<Bindings> bindings;
  cudaStream_t stream = nullptr;
  ~Lane();
};

struct Measurement {
  std::vector<Trace> traces;  ///< In the order of their ends; warm-up left out.
  double wall_ms = 0;
};

/// Contexts, bindings and streams. Throws Failure.
std::vector<std::unique_ptr<Lane>> make_lanes(const Options& options, ICudaEngine& engine, Log& log);

/// Warms up, then runs all lanes for --duration and --iterations. Throws Failure when a run fails.
Measurement measure(const Options& options, std::vector<std::unique_ptr<Lane>>& lanes, Log& log);

}  // namespace dovetail::trtexec
