#pragma once
#include <array>
#include <memory>

#include "backend/cpu/jit/tile_kernel.h"

namespace dvt::cpu::jit {

// The two transforms of Winograd's F(2x2, 3x3) and F(4x4, 3x3) (Lavin and Gray, "Fast algorithms for convolutional
// neural networks"): y = A^T [(G g G^T) * (B^T d B)] A for tiles y of 2 x 2 or 4 x 4 pixels and d of 4 x 4 or 6 x 6.
// Vectors run along channels or filters.

/// Which of the two.
struct WinogradForm {
  int output = 2;                                 ///< Result pixels of a tile along each side: 2 or 4.
  int tile() const { return output + 2; }         ///< Input pixels along each side.
  int points() const { return tile() * tile(); }  ///< Products per channel and filter.
  int pixels() const { return output * output; }
};
inline constexpr int kMaxWinogradPoints = 36;
/// F(4x4) interpolates at 0, a, -a, b, -b and infinity. Of simple fractions these give the smallest rounding errors: a
/// quarter of those of the customary 1 and 2, twice the direct form's.
inline constexpr float kWinogradA = 0.75f, kWinogradB = 1.5f;

/// V[point][tile][channel] = (B^T d B)[point] for each tile and channel.
struct WinogradInputArgs {
  const float* const* pixels = nullptr;  ///< [tiles][points]: the channels of each pixel of a tile, row by row.
  int64_t tiles = 0;
  float* v = nullptr;
  int64_t point_bytes = 0, tile_bytes = 0;  ///< Between points and between tiles of v.
};

/// y[pixel][filter] = epilogue((A^T m A)[pixel]) for the tile's pixels.
struct WinogradOutputArgs {
  const float* m = nullptr;                 ///< [point][tile][filter], whole vectors of filters.
  int64_t point_bytes = 0, tile_bytes = 0;  ///< Between points and between tiles of m.
  int64_t tiles = 0;
  const int64_t* pixels = nullptr;  ///< [tiles][pixels]: index of each result pixel; negative: outside, not written.
  float* y = nullptr;
  int64_t y_stride = 0;                 ///< Bytes between pixels of y.
  int64_t filters = 0, tail_lanes = 0;  ///< Filters in whole vectors, then in a last partial one (0: none).
  std::array<const void*, kMaxTileOperands> operands{};     ///< Epilogue operands 1.., at pixel 0 and the first filter.
  std::array<int64_t, kMaxTileOperands> operand_strides{};  ///< Bytes between pixels.
};

/// Generated code of both transforms. Immutable; shared through a cache.
class WinogradKernels {
 public:
  /// `spec` gives vector form, epilogue and operands. Throws Error(kUnsupported) where executable memory is refused.
  static std::shared_ptr<const WinogradKernels> get(const TileSpec& spec, WinogradForm form, int64_t channels);
  WinogradKernels(const TileSpec& spec, WinogradForm form, int64_t channels);

  void input(const WinogradInputArgs& args) const noexcept { input_(&args); }
  void output(const WinogradOutputArgs& args) const noexcept { output_(&args); }

 private:
  Assembler code_;
  void (*input_)(const WinogradInputArgs*) = nullptr;
  void (*output_)(const WinogradOutputArgs*) = nullptr;
};

}  // namespace dvt::cpu::jit
