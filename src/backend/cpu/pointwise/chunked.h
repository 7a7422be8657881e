#pragma once
#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/pointwise/program.h"
#include "backend/kernel.h"
#include "backend/problem.h"

namespace dvt {
class ThreadPool;
}

namespace dvt::cpu {

/// Runs a Program over whole tensors in chunks of the output's memory order. Operands broadcast to the output, each in
/// its own layout; contiguous ones are read where they lie, others row by row.
class ChunkedProgram {
 public:
  /// Operand i of the expression has type and layout of operands[i].
  ChunkedProgram(const expr::Expr& e, std::span<const backend::Operand> operands, const backend::Operand& output,
                 const backend::Target& t);

  /// Scratch for one run with the target's threads.
  size_t workspace() const { return static_cast<size_t>(threads_) * program_.scratch_bytes(); }
  /// `inputs[i]` is operand i. The output may share memory with a contiguous operand whose elements are of its size.
  void run(ThreadPool& pool, const backend::TensorRef* const* inputs, const backend::TensorRef& output,
           void* workspace) const;

 private:
  using Nest = LoopNest<expr::Expr::kMaxInputs + 1>;
  struct Pass;  // what is fixed for a run
  void run_range(const Pass& pass, int64_t begin, int64_t end, std::byte* scratch) const;
  void load_rows(const Pass& pass, LoopCursor<expr::Expr::kMaxInputs + 1>& at, int64_t& column, int n,
                 std::byte* scratch) const;

  Program program_;
  std::vector<backend::Layout> layouts_;
  std::vector<size_t> element_bytes_;
  backend::Layout output_layout_;
  size_t output_bytes_;
  int threads_;
};

}  // namespace dvt::cpu
