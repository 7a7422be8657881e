#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/kernel.h"
#include "base/aligned_buffer.h"
#include "runtime/context.h"
#include "runtime/program.h"
#include "runtime/shapes.h"

namespace dvt::runtime {

/// A run with everything resolved to pointers: a loop over kernels. It has its own copy of shapes and addresses, so
/// that the context may change while the run waits on a stream. Made once, prepared again when something changed.
class Launch {
 public:
  explicit Launch(const Program& program);

  /// What a launch depends on besides the program. `version` changes whenever any of it does.
  struct Inputs {
    const ShapeState* shapes = nullptr;
    std::span<void* const> addresses;  ///< Per input and output.
    std::byte* arena = nullptr;
    uint64_t version = 0;
  };
  /// Never allocates.
  void prepare(const Inputs& from);
  uint64_t version() const { return version_; }

  void set_profiler(const Profiler& profiler);
  void run() noexcept;

  // From its enqueue to its end a launch belongs to a stream.
  bool pending() const { return state_.load(std::memory_order_acquire) != kIdle; }
  void begin() { state_.store(kPending, std::memory_order_relaxed); }
  void end() noexcept;
  void wait() noexcept;  ///< Until end() touches the launch no more: then it may be destroyed.

 private:
  void write_shape_tensors(const ShapeState& shapes);
  void run_profiled() noexcept;

  const Program& program_;
  std::vector<int64_t> dims_;
  AlignedBuffer shape_bytes_;
  std::vector<std::byte*> data_;                ///< Per value.
  std::vector<backend::TensorRef> operands_;    ///< Of all steps: inputs, then outputs, of each.
  std::vector<backend::LaunchArgs> arguments_;  ///< Per step.
  Profiler profiler_;
  std::vector<float> times_;  ///< Per step, when profiled.
  uint64_t version_ = 0;
  static constexpr uint32_t kIdle = 0, kPending = 1, kAwaited = 2;
  std::atomic<uint32_t> state_{kIdle};
};

}  // namespace dvt::runtime
