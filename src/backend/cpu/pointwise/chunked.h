#pragma once
#include <string>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/pointwise/program.h"
#include "backend/kernel.h"
#include "backend/problem.h"

namespace dvt {
class ThreadPool;
}

namespace dvt::cpu {

/// Runs a Program over whole tensors in chunks of the output's memory order. Operands broadcast to the output, each in
/// its own layout; contiguous ones are read where they lie, others row by row. Elements that share bytes are read and
/// written a chunk at a time: refusal() says where that is not possible.
class ChunkedProgram {
 public:
  /// Why operands and output cannot be of these types, shapes and layouts; "" when they can.
  static std::string refusal(std::span<const backend::Operand> operands, const backend::Operand& output);

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
  const char* at_element(const void* data, int64_t index, int operand) const;
  void load_rows(const Pass& pass, LoopCursor<expr::Expr::kMaxInputs + 1>& at, int64_t& column, int n,
                 std::byte* scratch) const;

  Program program_;
  std::vector<backend::Layout> layouts_;
  std::vector<size_t> element_bits_;
  backend::Layout output_layout_;
  size_t output_bits_;
  int threads_;
};

}  // namespace dvt::cpu
