#pragma once
#include <cstdint>
#include <vector>

namespace dvt::ops {

/// Gauss-Jordan elimination with row pivots on a row-major n x n matrix, which becomes the identity; `right` (n x n, or
/// empty) goes the same way and becomes inverse * right. \return The determinant; 0 when the matrix is singular.
double eliminate(std::vector<double>& matrix, std::vector<double>& right, int64_t n);

}  // namespace dvt::ops
