#include "ops/matrix/eliminate.h"

#include <algorithm>
#include <cmath>

namespace dvt::ops {
namespace {

void swap_rows(std::vector<double>& m, size_t n, size_t a, size_t b) {
  if (!m.empty()) std::swap_ranges(m.begin() + a * n, m.begin() + (a + 1) * n, m.begin() + b * n);
}

void divide_row(std::vector<double>& m, size_t n, size_t row, double by) {
  for (size_t j = 0; !m.empty() && j < n; ++j) m[row * n + j] /= by;
}

void subtract_row(std::vector<double>& m, size_t n, size_t from, size_t row, double factor) {
  for (size_t j = 0; !m.empty() && j < n; ++j) m[from * n + j] -= factor * m[row * n + j];
}

}  // namespace

double eliminate(std::vector<double>& matrix, std::vector<double>& right, int64_t size) {
  const auto n = static_cast<size_t>(size);
  double determinant = 1;
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; ++i)
      if (std::fabs(matrix[i * n + k]) > std::fabs(matrix[pivot * n + k])) pivot = i;
    if (pivot != k) {
      swap_rows(matrix, n, k, pivot);
      swap_rows(right, n, k, pivot);
      determinant = -determinant;
    }
    const double p = matrix[k * n + k];
    determinant *= p;
    if (p == 0 && right.empty()) return 0;
    divide_row(matrix, n, k, p);
    divide_row(right, n, k, p);
    for (size_t i = 0; i < n; ++i) {
      const double factor = matrix[i * n + k];
      if (i == k || factor == 0) continue;
      subtract_row(matrix, n, i, k, factor);
      subtract_row(right, n, i, k, factor);
    }
  }
  return determinant;
}

}  // namespace dvt::ops
