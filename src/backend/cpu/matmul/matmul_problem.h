#pragma once
#include <span>
#include <string>
#include <vector>

#include "backend/cpu/matmul/epilogue.h"
#include "backend/tactic.h"
#include "ops/matrix/matmul.h"

namespace dvt::cpu {

/// How the tile kernels get at B.
enum class BMode {
  kPacked,   ///< Constant, packed when the plan was built.
  kPackNow,  ///< Packed into scratch by each task.
  kInPlace,  ///< Row-major and read as it lies: too few rows to pay for packing.
};

/// A matmul problem as the f32 tile kernels see it.
struct MatmulProblem {
  bool transpose_a = false, transpose_b = false;
  bool folded = false;  ///< B and the epilogue are the same for all leading dims of A: these become rows.
  BMode b_mode = BMode::kPacked;
  ResultAxes axes;

  /// Why the tile kernels cannot compute it; empty when they can.
  static std::string refusal(const backend::Problem& p, const backend::Target& t, jit::VectorIsa isa);
  MatmulProblem(const backend::Problem& p, jit::VectorIsa isa);
};

/// Floats from one row of the stored matrices to the next, and from one matrix to the next.
struct MatrixStrides {
  int64_t row = 0, matrix = 0;
};
MatrixStrides matrix_strides(const backend::TensorRef& t);

DimRange product(std::span<const DimRange> dims);

/// Size of the packed form of a constant B; 0 when it is not packed.
size_t packed_b_bytes(const backend::Problem& p, jit::VectorIsa isa);
void pack_constant_b(const backend::Problem& p, jit::VectorIsa isa, const backend::PackArgs& args);
size_t matmul_workspace(const backend::Problem& p, const backend::Target& t, jit::VectorIsa isa);
std::unique_ptr<backend::Kernel> make_matmul(const backend::Problem& p, const backend::Target& t, jit::VectorIsa isa);

}  // namespace dvt::cpu
