#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backend/kernel.h"
#include "runtime/program.h"

namespace dvt::runtime {

/// What a step with regions gets from the run around it.
struct ControlCall {
  const backend::TensorRef* inputs = nullptr;
  const backend::TensorRef* outputs = nullptr;
  std::span<const uint8_t> placed;  ///< Per output: its dims are known and it has memory.
  int profile = 0;
  std::span<const int64_t> slots;  ///< Of the symbols of the program around it; late ones as far as they are known.
  TextArena* texts = nullptr;
};

/// The running state of one step with regions in one context.
class ControlState {
 public:
  virtual ~ControlState() = default;
  /// Throws Error, std::bad_alloc.
  virtual void run(const ControlCall& call) = 0;
  /// Of the latest run.
  virtual std::span<const int64_t> dims(size_t output) const = 0;
  /// Puts a result into its place, when run() did not write it there. Throws Error when the dims differ.
  virtual void deliver(size_t output, const backend::TensorRef& to) = 0;
};

/// Per step; nullptr for kernels.
using ControlStates = std::vector<std::unique_ptr<ControlState>>;
ControlStates make_control_states(const Program& program);

}  // namespace dvt::runtime
