#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "backend/cpu/jit/assembler.h"
#include "expr/expr.h"

namespace dvt::cpu::jit {

inline constexpr int kMaxTileOperands = 8;

/// One call of a tile kernel: C[rows x columns] (+)= sum over segments s, depth k of A_s[row][k] * B[s, k][column].
///
/// A segment is what lies contiguous in A: the whole depth of a matmul, the channels of one tap of a convolution.
/// Rows of A are given by pointers, so that any geometry (strides, padding by a row of zeros) costs nothing extra.
struct TileArgs {
  const float* const* a_rows = nullptr;  ///< [segments][rows of the kernel]
  const float* b = nullptr;              ///< Rows of B, in the order of (segment, depth).
  const float* const* b_rows = nullptr;  ///< Each segment's first row of B; only read by kShifted kernels.
  float* c = nullptr;
  int64_t segments = 1;
  int64_t k_begin = 0, k_main = 0, k_end = 0;            ///< Bytes into each A row; set by set_depth().
  int64_t b_stride = 0;                                  ///< Bytes between rows of B; only read by kStrided kernels.
  int64_t c_stride = 0;                                  ///< Bytes between rows of C.
  uint64_t accumulate = 0;                               ///< 1: add what C holds.
  uint64_t last = 1;                                     ///< 1: apply the epilogue; 0: C receives the plain sum.
  int64_t tail_lanes = 0;                                ///< Columns in the last vector; only read by masked kernels.
  std::array<const void*, kMaxTileOperands> operands{};  ///< Epilogue operands 1.., at the tile's first element.
  std::array<int64_t, kMaxTileOperands> operand_strides{};  ///< Bytes between rows; 0 when the same for all rows.

  /// Depth [begin, end), in elements, of every segment.
  void set_depth(int64_t begin, int64_t end) {
    k_begin = begin * 4;
    k_end = end * 4;
    k_main = k_begin + ((end - begin) / kDepthUnroll) * kDepthUnroll * 4;
  }
  static constexpr int kDepthUnroll = 4;
};

/// How an epilogue operand varies over the tile.
struct TileOperand {
  DType type = DType::f32;
  bool by_row = false;     ///< Its pointer moves by operand_strides from row to row.
  bool by_column = false;  ///< Contiguous along columns; otherwise one element serves a whole row.
  friend bool operator==(const TileOperand&, const TileOperand&) = default;
};

/// What the kernels multiply.
enum class TileKind : uint8_t {
  kPacked,     ///< B is packed: rows of vectors * lanes elements, one after the other.
  kStrided,    ///< Rows of B lie b_stride apart.
  kShifted,    ///< Row k of a segment of B begins k elements after the first: pixels of an image under a window.
  kDepthwise,  ///< C[row][column] = sum over segments s of A_s[row][k_begin + column] * B[s][column]; B is packed.
  kPlane,      ///< The same with one B[s] for all columns.
  /// kDepthwise for neighbouring pixels of a row: a segment is a row of the window, its one pointer the first pixel's
  /// first tap, and may point at padding, which is not read. Segments may be none.
  kWindowRow,
};

/// How a kWindowRow kernel's pixels lie in a row of an image.
struct TileWindow {
  int taps = 1, stride = 1, dilation = 1;  ///< Horizontal; in pixels.
  int left = 0, right = 0;  ///< Columns of padding under the first and the last window of a row of the result.
  int pixel_bytes = 0;      ///< From a pixel of A to its neighbour.
  friend bool operator==(const TileWindow&, const TileWindow&) = default;
};

/// What a set of tile kernels has in common.
struct TileSpec {
  VectorIsa isa = VectorIsa::kAvx2;
  TileKind kind = TileKind::kPacked;
  TileWindow window;    ///< Of kWindowRow.
  expr::Expr epilogue;  ///< Operand 0 is the sum. Identity: none.
  std::vector<TileOperand> operands;
};

/// Equal for specs that give the same code.
std::string key(const TileSpec& spec);

/// The form of one kernel of a set.
struct TileForm {
  int rows = 1;                      ///< 1 .. max_rows(isa)
  int vectors = 1;                   ///< 1 .. kMaxTileVectors: columns in vectors.
  bool masked = false;               ///< The last vector has fewer columns than lanes.
  bool left = false, right = false;  ///< Of kWindowRow: the first or last pixels of the row.
  friend auto operator<=>(const TileForm&, const TileForm&) = default;
};
inline constexpr int kMaxTileVectors = 2;
/// The register block: 12 x 32 with AVX-512, 6 x 16 with AVX2 (both keep every accumulator in a register).
constexpr int max_tile_rows(VectorIsa isa) { return isa == VectorIsa::kAvx512 ? 12 : 6; }

/// Generated kernels for several forms, in one mapping. Immutable; shared through a cache.
class TileKernels {
 public:
  using Function = void (*)(const TileArgs*);

  /// Why the epilogue cannot be part of a tile kernel; empty when it can.
  static std::string refusal(const TileSpec& spec);
  /// From the cache, or generated. Throws Error(kUnsupported) where executable memory is refused.
  static std::shared_ptr<const TileKernels> get(const TileSpec& spec, const std::vector<TileForm>& forms);

  TileKernels(const TileSpec& spec, const std::vector<TileForm>& forms);
  /// Precondition: `form` was asked for.
  Function find(const TileForm& form) const { return functions_[index(form)]; }
  size_t code_bytes() const { return code_.getSize(); }

 private:
  static size_t index(const TileForm& f) {
    const size_t edges = static_cast<size_t>(f.left) * 2 + f.right;
    return ((static_cast<size_t>(f.rows) * kMaxTileVectors + static_cast<size_t>(f.vectors) - 1) * 2 + f.masked) * 4 +
           edges;
  }
  Assembler code_;
  std::array<Function, (12 + 1) * kMaxTileVectors * 2 * 4> functions_{};
};

}  // namespace dvt::cpu::jit
