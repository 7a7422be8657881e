#pragma once
#include <memory>
#include <optional>
#include <string>

#include "backend/cpu/matmul/epilogue.h"
#include "backend/cpu/matmul/strassen_loops.h"
#include "backend/cpu/matmul/strassen_shape.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

/// C = epilogue(A B) by one step of Strassen's method, for any rows of A that are equally far apart and a packed B.
/// Results do not depend on the number of threads.
class StrassenProduct {
 public:
  static constexpr double kWork = 7.0 / 8;  ///< Share of the multiplications.

  /// Why a product of this size is not taken; empty when it is.
  static std::string refusal(int64_t fewest_rows, int64_t depth, const ColumnPanels& columns);
  /// Size of the packed B.
  static size_t packed_bytes(int64_t depth, const ColumnPanels& columns);
  /// Scratch memory of all threads.
  static size_t workspace(int64_t depth, const ColumnPanels& columns, const backend::Target& t);

  StrassenProduct(int64_t depth, const ColumnPanels& columns, int64_t most_rows, const backend::Target& t,
                  const jit::TileSpec& spec);

  struct Operands {
    const float* a = nullptr;
    int64_t a_stride = 0;  ///< Floats.
    const float* b = nullptr;
    TileLoop result;  ///< rows, c, c_stride and the operands of the epilogue are read.
  };
  void run(const Operands& o, float* workspace, ThreadPool& pool) const noexcept;

 private:
  struct Run;
  struct Block;
  struct Destination;
  void run_cells(const Run& r, int64_t rows, int64_t part, int64_t c0, int64_t c1, float* scratch) const noexcept;
  static void point_at_a(const Run& r, Block& b) noexcept;
  bool sum_a(const Run& r, const Block& b) const noexcept;
  Destination result(const Run& r, const Block& b, int64_t panel, bool lower, bool add, bool last) const noexcept;
  void paired(const Run& r, const Block& b, int64_t cell) const noexcept;
  void unsummed(const Run& r, const Block& b, int64_t cell) const noexcept;
  void alone(const Run& r, const Block& b, int64_t cell) const noexcept;
  void multiply(const Run& r, const float* const* a_rows, int64_t rows, int64_t depth, const float* packed,
                const Destination& t) const noexcept;

  int64_t depth_;
  ColumnPanels panels_;
  backend::Target target_;
  jit::VectorIsa isa_;
  StrassenLoops loops_;
  std::shared_ptr<const jit::TileKernels> kernels_;
};

}  // namespace dvt::cpu
