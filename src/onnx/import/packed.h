#pragma once
#include "onnx/term.h"

namespace dvt::onnx {

/// A constant of bytes as one of numbers of 2, 4 or 8 bits, the first in the lowest bits. Refuses other widths, and a
/// number of bytes that the dimensions do not have.
ConstantPtr packed_numbers(const Constant& bytes, int64_t bits, std::vector<int64_t> dims);
/// The same of bytes that are computed, as int32: the last axis has 8 / bits times as many elements.
Term unpacked(Term bytes, int64_t bits);

/// Weights [N, K] whose numbers share a scale and a zero point in blocks along K.
struct BlockWeights {
  int64_t n = 0, k = 0, bits = 4, block = 0;
  int64_t blocks() const { return (k + block - 1) / block; }
  /// Refuses what is no size, or no width.
  void check() const;
};
/// The real numbers [N, K] of packed inputs; a zero point that is left out is half of the range.
Term block_weights(ImporterContext& c, const BlockWeights& w, int weights, int scales, int zero_points);

}  // namespace dvt::onnx
