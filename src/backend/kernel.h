#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/shape.h"

namespace dvt {
class TextArena;
class ThreadPool;
}  // namespace dvt

namespace dvt::backend {

/// One operand of a launch: where it is and what shape it has in this run.
/// Elements lie in the order of the operand's Layout in the problem; `dims` are always the logical ones (N, C, H, W).
struct TensorRef {
  void* data = nullptr;           ///< Inputs are only read.
  const int64_t* dims = nullptr;  ///< `rank` logical dimensions.
  int rank = 0;
  /// Where the problem calls the operand a slice: its blocks (Operand::slice_axis) begin this many elements apart.
  int64_t pitch = 0;
  int slice_axis = -1;
};

/// What one launch gets. Everything is owned by the caller and valid for the call only.
struct LaunchArgs {
  const TensorRef* inputs = nullptr;   ///< In the problem's order; a packed constant points at its packed bytes.
  const TensorRef* outputs = nullptr;  ///< With late sizes: the dims of the largest result, to be written compactly.
  int64_t* late = nullptr;             ///< Receives the op's late sizes (ops::OpInfo::late_sizes), when it has any.
  void* workspace = nullptr;           ///< At least workspace_bytes() for these or larger shapes, 64-byte aligned.
  ThreadPool* pool = nullptr;          ///< Never nullptr; pool->threads() may be 1.
  TextArena* texts = nullptr;          ///< For the bytes of texts that the run makes; set where operands are text.
};

/// A tactic made ready to run: immutable, so one kernel serves any number of contexts and threads at once.
class Kernel {
 public:
  virtual ~Kernel() = default;
  /// Computes the outputs for the shapes in `args`. Never allocates, locks, logs or throws.
  /// Precondition: the shapes lie inside the ranges of the problem that the kernel was made for.
  virtual void run(const LaunchArgs& args) const noexcept = 0;
};

}  // namespace dvt::backend
