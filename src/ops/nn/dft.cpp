#include "ops/nn/dft.h"

#include <algorithm>
#include <complex>
#include <numbers>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "dft";
using Complex = std::complex<double>;

int64_t smallest_factor(int64_t n) {
  for (int64_t p = 2; p * p <= n; ++p)
    if (n % p == 0) return p;
  return n;
}

/// exp(sign 2 pi i k / n) for every k.
std::vector<Complex> roots_of_unity(int64_t n, double sign) {
  std::vector<Complex> roots;
  for (int64_t k = 0; k < n; ++k)
    roots.push_back(std::polar(1.0, sign * 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n)));
  return roots;
}

/// The transform of x[0], x[stride], … (n of them) by Cooley and Tukey's splitting at the smallest factor of n.
/// `roots` are those of the whole length, of which this part uses every `stride`-th.
std::vector<Complex> transform(const Complex* x, int64_t n, int64_t stride, const std::vector<Complex>& roots) {
  if (n == 1) return {*x};
  const int64_t p = smallest_factor(n), m = n / p;
  std::vector<std::vector<Complex>> parts;
  for (int64_t r = 0; r < p; ++r) parts.push_back(transform(x + r * stride, m, stride * p, roots));
  std::vector<Complex> y(static_cast<size_t>(n));
  for (int64_t k = 0; k < n; ++k)
    for (int64_t r = 0; r < p; ++r)
      y[static_cast<size_t>(k)] +=
          roots[static_cast<size_t>(r * k % n * stride)] * parts[static_cast<size_t>(r)][static_cast<size_t>(k % m)];
  return y;
}

Dim length_of(const Dft& op, const Dim& x, const Dim* given) {
  if (given) return *given;
  if (op.length > 0) return op.length;
  return op.inverse && op.onesided ? Dim(2) * (x - Dim(1)) : x;
}

}  // namespace

std::vector<TensorType> infer(const Dft& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  require_floating(kName, x.dtype, "x");
  require_rank_at_least(kName, x, 2, "x");
  const int axis = checked_axis(kName, op.axis, x.rank()), last = x.rank() - 1;
  if (axis == last) reject(kName, "axis ", op.axis, " is the one of real and imaginary part");
  if (op.length < 0 || op.length > kMaxAttribute) reject(kName, "length must not be negative, got ", op.length);
  const auto parts = x.shape[last].as_constant();
  if (!parts || (*parts != 1 && *parts != 2))
    reject(kName, "the last axis must have 1 (real) or 2 (complex) elements, got ", x.shape[last]);
  if (op.onesided && !op.inverse && *parts != 1) reject(kName, "onesided takes a real x, got a complex one");
  if (in.size() != (op.has_length_input ? 2U : 1U))
    reject(kName, "its flags ask for ", op.has_length_input ? 2 : 1, " inputs, got ", in.size());
  const Dim* given = nullptr;
  if (op.has_length_input) {
    const std::vector<Dim>& length = known_value(kName, in[1], "length (input 1)");
    if (length.size() != 1 || op.length != 0) reject(kName, "length must be one number, given once; got ", in[1].type);
    if (length[0].is_constant() && (length[0].constant() < 0 || length[0].constant() > kMaxAttribute))
      reject(kName, "length must not be negative, got ", length[0]);
    given = length.data();
  }
  const Dim n = length_of(op, x.shape[axis], given);
  TensorType y = x;
  y.shape[axis] = op.onesided && !op.inverse ? floordiv(n, 2) + Dim(1) : n;
  y.shape[last] = op.onesided && op.inverse ? 1 : 2;
  return {y};
}

void reference(const Dft& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  if (out[0].volume() == 0) return;
  const ReadView& x = in[0];
  const auto axis = static_cast<size_t>(op.axis < 0 ? op.axis + x.rank() : op.axis);
  const int64_t parts = x.dims().back(), y_parts = out[0].dims().back();
  const int64_t given = x.dims()[axis], wanted = out[0].dims()[axis];
  const Dim length = op.has_length_input ? in[1].get_int(0) : 0;
  const int64_t n = length_of(op, given, op.has_length_input ? &length : nullptr).constant();
  if (n == 0) {  // no signal: of its one-sided transform one term is left, an empty sum
    for (int64_t i = 0; i < out[0].volume(); ++i) out[0].set(i, 0);
    return;
  }
  const AxisSplit split = split_at(x.dims(), static_cast<int64_t>(axis));
  const int64_t inner = split.inner / parts;
  const std::vector<Complex> roots = roots_of_unity(n, op.inverse ? 1 : -1);
  std::vector<Complex> signal(static_cast<size_t>(n));
  for (int64_t row = 0; row < split.outer * inner; ++row) {
    const int64_t outer = row / inner, i = row % inner;
    std::fill(signal.begin(), signal.end(), 0);
    for (int64_t k = 0; k < std::min(given, n); ++k) {
      const int64_t at = ((outer * given + k) * inner + i) * parts;
      signal[static_cast<size_t>(k)] = {x.get(at), parts == 2 ? x.get(at + 1) : 0};
    }
    if (op.onesided && op.inverse)  // the other half mirrors the given one
      for (int64_t k = n / 2 + 1; k < n; ++k)
        signal[static_cast<size_t>(k)] = std::conj(signal[static_cast<size_t>(n - k)]);
    const std::vector<Complex> y = transform(signal.data(), n, 1, roots);
    for (int64_t k = 0; k < wanted; ++k) {
      const Complex v = y[static_cast<size_t>(k)] / (op.inverse ? static_cast<double>(n) : 1.0);
      const int64_t to = ((outer * wanted + k) * inner + i) * y_parts;
      out[0].set(to, v.real());
      if (y_parts == 2) out[0].set(to + 1, v.imag());
    }
  }
}

Cost cost(const Dft&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 50);
}

void visit_fields(Dft& op, FieldVisitor& v) {
  v.field("axis", op.axis);
  v.field("length", op.length);
  v.field("inverse", op.inverse);
  v.field("onesided", op.onesided);
  v.field("has_length_input", op.has_length_input);
}

}  // namespace dvt::ops
