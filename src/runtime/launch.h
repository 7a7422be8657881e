#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backend/kernel.h"
#include "base/aligned_buffer.h"
#include "base/text.h"
#include "runtime/context.h"
#include "runtime/control_run.h"
#include "runtime/program.h"
#include "runtime/shapes.h"

namespace dvt::runtime {

class SidePool;
struct LateRun;

/// A run with everything resolved to pointers: a loop over kernels. It has its own copy of shapes and addresses, so
/// that the context may change while the run waits on a stream. Made once, prepared again when something changed.
class Launch {
 public:
  explicit Launch(const Program& program);
  ~Launch();

  /// What a launch depends on besides the program. `version` changes whenever any of it does.
  struct Inputs {
    const ShapeState* shapes = nullptr;
    std::span<void* const> addresses;  ///< Per input and output.
    std::byte* arena = nullptr;
    uint64_t version = 0;
    std::span<const OutputAllocator> allocators;  ///< Per input and output.
    SidePool* pool = nullptr;
    ControlStates* control = nullptr;  ///< Per step.
    TextArena* texts = nullptr;
  };
  /// Never allocates.
  void prepare(const Inputs& from);
  uint64_t version() const { return version_; }

  void set_profiler(const Profiler& profiler);
  void set_failure_listener(const FailureListener& listener) { listener_ = listener; }
  void run() noexcept;

  // Of the latest run.
  const Status& status() const;
  void report_failure() const noexcept;
  /// Whether it learnt all dims, those that are known only in a run too.
  bool knows_late_shapes() const;
  std::span<const int64_t> dims() const { return dims_; }

  // From its enqueue to its end a launch belongs to a stream.
  bool pending() const { return state_.load(std::memory_order_acquire) != kIdle; }
  void begin() { state_.store(kPending, std::memory_order_relaxed); }
  void end() noexcept;
  void wait() noexcept;  ///< Until end() touches the launch no more: then it may be destroyed.

 private:
  void write_shape_tensors(const ShapeState& shapes);
  void write_elements(int32_t value, std::span<const int64_t> slots);
  void run_steps(size_t begin, size_t end) noexcept;
  void run_profiled(size_t begin, size_t end) noexcept;
  void report_times() noexcept;
  void report_texts() noexcept;
  void run_late() noexcept;
  void open(size_t point);
  void close(size_t point);
  void run_control(size_t point);
  void find_pooled(const ProfileProgram& profile, SidePool& pool);
  void place(int32_t value);
  void refer(size_t point);
  std::byte* late_output(int32_t io, std::span<const int64_t> dims, size_t bytes);

  const Program& program_;
  std::vector<int64_t> dims_;
  AlignedBuffer shape_bytes_;
  std::vector<std::byte*> data_;                ///< Per value.
  std::vector<backend::TensorRef> operands_;    ///< Of all steps: inputs, then outputs, of each.
  std::vector<backend::LaunchArgs> arguments_;  ///< Per step.
  TextArena* texts_ = nullptr;
  Status text_status_;             ///< Whether the texts of the latest run could be made.
  std::unique_ptr<LateRun> late_;  ///< Where shapes are known only in the run.
  Profiler profiler_;
  FailureListener listener_;
  std::vector<float> times_;  ///< Per step, when profiled.
  uint64_t version_ = 0;
  static constexpr uint32_t kIdle = 0, kPending = 1, kAwaited = 2;
  std::atomic<uint32_t> state_{kIdle};
};

}  // namespace dvt::runtime
