#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// Discrete Fourier transform along one axis. The last axis of x holds a real number, or its real and imaginary part;
/// so does that of y. Y[k] = sum of x[n] exp(-2 pi i k n / N); inverse: exp(+...) and divided by N.
/// onesided: gives only the first N / 2 + 1 frequencies of a real x; with inverse it takes those and gives a real y.
/// Inputs: x, then, where its flag is set, N: one integer whose value is known.
struct Dft {
  static constexpr OpId kId = OpId::dft;
  int64_t axis = 0;    ///< Not the last one.
  int64_t length = 0;  ///< N: x is cut or filled with zeros. 0: as long as x is (onesided inverse: 2 * (x - 1)).
  bool inverse = false, onesided = false;
  bool has_length_input = false;
  friend bool operator==(const Dft&, const Dft&) = default;
};
DECLARE_OP(Dft);

}  // namespace dvt::ops
