#pragma once
#include "backend/cpu/conv/chain_parts.h"
#include "backend/cpu/conv/conv_shape.h"
#include "backend/cpu/conv/window_rows.h"
#include "backend/cpu/matmul/epilogue.h"
#include "base/aligned_buffer.h"

namespace dvt::cpu {

/// One convolution of a chain as tile kernels over pixels.
struct ChainPart {
  /// `pixels`: how many rows a loop over tiles can have.
  ChainPart(const ChainPartProblem& part, bool fold_images, DimRange pixels, jit::VectorIsa isa, jit::TileKind kind);
  /// The loop over `rows` pixels of a product, whose first is number `first` of image `image`.
  TileLoop loop(const backend::LaunchArgs& chain, const backend::TensorRef* output, int64_t image, int64_t first,
                int64_t rows) const noexcept;

  ChainPartProblem of;
  ConvGeometry geometry;
  EpilogueMap map;
  jit::VectorIsa isa;
  std::shared_ptr<const jit::TileKernels> kernels;
};

/// A depthwise convolution and the 1x1 convolution that reads it: some pixels at a time are made in scratch that stays
/// in the nearer caches, and are the rows of the product that follows. They are whole rows of the image where its width
/// is fixed (by_rows), else tiles of pixels.
class DepthwiseProduct {
 public:
  static bool by_rows(const ChainPartProblem& depthwise);
  /// `fold_images` only where not by rows. `pixels`: how many one launch can have.
  DepthwiseProduct(const ChainPartProblem& depthwise, const ChainPartProblem& product, bool fold_images,
                   DimRange pixels, jit::VectorIsa isa);

  struct Launch {
    const backend::LaunchArgs* chain = nullptr;
    ConvShape depthwise;                          ///< Of the pixels' range: its output rows are those of the launch.
    ImageStrides y;                               ///< Of the chain's result.
    const backend::TensorRef* between = nullptr;  ///< Dims of the depthwise result.
    const float* x = nullptr;
    int64_t first_row = 0;  ///< Pixels of the image in front of the range.
  };
  /// Tiles [t0, t1) of a launch of `rows` pixels, whose x begins with image `x_image` and whose result is image
  /// `image`.
  void run_tiles(const Launch& r, int64_t rows, int64_t x_image, int64_t image, int64_t t0, int64_t t1,
                 float* scratch) const noexcept;
  /// Result rows [begin, end) of a launch, of an image whose first pixel is r.x.
  void run_rows(const Launch& r, int64_t image, int64_t begin, int64_t end, float* scratch) const noexcept;

  const ConvGeometry& depthwise() const { return depthwise_.geometry; }
  const ConvGeometry& product() const { return product_.geometry; }
  bool by_rows() const { return rows_.has_value(); }
  /// Scratch of one worker, in floats.
  static int64_t scratch_floats(const ChainPartProblem& depthwise, jit::VectorIsa isa);

 private:
  ChainPart depthwise_, product_;
  std::optional<WindowRows> rows_;
  int64_t chunk_rows_ = 1;  ///< By rows: of the image.
  AlignedBuffer zeros_;
};

}  // namespace dvt::cpu
