#pragma once
#include <array>
#include <string>
#include <vector>

#include "backend/cpu/jit/tile_kernel.h"
#include "backend/cpu/matmul/tile_loop.h"
#include "backend/kernel.h"
#include "backend/problem.h"

namespace dvt::cpu {

/// The result's axes in the order of its memory: `outer` of them number separate products, then `rows` axes that
/// together are the rows of C, then the columns.
struct ResultAxes {
  std::vector<int> order;
  int outer = 0, rows = 0;
};

/// How a problem's epilogue operands lie against rows and columns of the result, for any dims in its range.
class EpilogueMap {
 public:
  /// Why the epilogue cannot be part of the tile kernel; empty when it can.
  static std::string refusal(const backend::Problem& p, const ResultAxes& axes, jit::VectorIsa isa);

  EpilogueMap() = default;
  /// Precondition: refusal() is empty.
  EpilogueMap(const backend::Problem& p, const ResultAxes& axes);

  jit::TileSpec spec(jit::VectorIsa isa, jit::TileKind kind) const;
  /// Points the loop's operands at product number `outer` of the launch.
  void bind(const backend::LaunchArgs& args, int64_t outer, TileLoop& loop) const noexcept;

 private:
  struct Entry {
    DType type = DType::f32;
    bool by_row = false, by_column = false;
    std::array<bool, Shape::kMaxRank> by_outer{};
    int block = -1;  ///< Of a slice: index in ResultAxes::order of the axis that its blocks begin with.
  };
  static std::string read_entry(const backend::Operand& o, const backend::Operand& result, const ResultAxes& axes,
                                Entry& entry);

  expr::Expr epilogue_;
  ResultAxes axes_;
  std::vector<Entry> entries_;
  int first_input_ = 0;
};

}  // namespace dvt::cpu
