#pragma once
// What the operators' own files share: refusals, axes, index walks, cost. Nobody outside ops/ needs it.
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ops/op.h"

namespace dvt::ops {

/// Attribute numbers (strides, pads ...) beyond this make no sense and would overflow index arithmetic.
constexpr int64_t kMaxAttribute = INT32_MAX;
/// Symbolic values are for shape arithmetic; a longer tensor is data.
constexpr int64_t kMaxValueElements = 1024;

template <class... Parts>
[[noreturn]] void reject(std::string_view op, const Parts&... parts) {
  throw Error(ErrorCode::kInvalidModel, op, ": ", parts...);
}

// Checks of infer(). `op` is the operator's name, `what` names the input or attribute.
int checked_axis(std::string_view op, int64_t axis, int rank);
void require_same_dtype(std::string_view op, DType got, DType expected, std::string_view what);
void require_floating(std::string_view op, DType got, std::string_view what);
void require_integer(std::string_view op, DType got, std::string_view what);
void require_rank_at_least(std::string_view op, const TensorType& t, int rank, std::string_view what);
void require_rank(std::string_view op, const TensorType& t, int rank, std::string_view what);
/// Rejects two dims that are constants and differ.
void require_same_dim(std::string_view op, const Dim& got, const Dim& expected, std::string_view what);
/// Rejects a shape other than one vector of n elements.
void require_vector(std::string_view op, const TensorType& t, const Dim& n, std::string_view what);
/// Rejects a type whose shape does not broadcast into `target` without enlarging it.
void require_broadcasts_to(std::string_view op, const Shape& shape, const Shape& target, std::string_view what);
/// NumPy broadcasting of all shapes; the result does not depend on their order.
Shape broadcast_all(std::span<const Shape> shapes);
/// The symbolic elements of an integer input; throws Error(kUnsupported) when they are known only at run time.
const std::vector<Dim>& known_value(std::string_view op, const ValueInfo& input, std::string_view what);
/// The shape that an attribute gives, or the optional input 1 when it is there.
const std::vector<Dim>& target_shape(std::string_view op, const std::vector<Dim>& attribute,
                                     std::span<const ValueInfo> in, std::string_view what);
/// Rejects numbers outside [low, kMaxAttribute] and, unless the list is empty, any other length than n.
void require_list(std::string_view op, const std::vector<int64_t>& list, int n, int64_t low, std::string_view what);
/// Constants of attributes that bind_symbols() has made constant. Throws Error(kInternal) otherwise.
std::vector<int64_t> constants(std::string_view op, const std::vector<Dim>& dims);

/// True when the value cannot be negative, whatever the symbols are.
bool is_non_negative(const Dim& d);

// Index arithmetic of the references.
int64_t volume_of(std::span<const int64_t> dims);
std::vector<int64_t> row_major_strides(std::span<const int64_t> dims);
/// Strides with which a tensor of `dims` is read along the axes of `target`: 0 where it broadcasts.
std::vector<int64_t> broadcast_strides(std::span<const int64_t> dims, std::span<const int64_t> target);

/// Row-major dims seen as [outer, length, inner] around one axis.
struct AxisSplit {
  int64_t outer = 1, length = 1, inner = 1;
};
AxisSplit split_at(std::span<const int64_t> dims, int64_t axis);

/// Calls f(index, linear) for every index of `dims` in row-major order; f reads the index, which it must not keep.
template <class F>
void for_each_index(std::span<const int64_t> dims, F&& f) {
  const int64_t count = volume_of(dims);
  std::vector<int64_t> index(dims.size());
  for (int64_t linear = 0; linear < count; ++linear) {
    f(std::span<const int64_t>(index), linear);
    for (size_t a = dims.size(); a-- > 0;) {
      if (++index[a] < dims[a]) break;
      index[a] = 0;
    }
  }
}
int64_t offset_of(std::span<const int64_t> index, std::span<const int64_t> strides);

// Whole tensors at once, so that inner loops work on plain numbers.
std::vector<double> load(const ReadView& x);
std::vector<int64_t> load_ints(const ReadView& x);
/// Copies elements of one type bit by bit; `count` consecutive ones.
void copy_elements(const ReadView& from, int64_t from_index, const WriteView& to, int64_t to_index, int64_t count = 1);
/// to[i] = from[first + i . strides] for every index i of `to`; elements of one type, bit by bit.
void copy_strided(const ReadView& from, int64_t first, std::span<const int64_t> strides, const WriteView& to);

// Integers wrap around, as the types do.
inline int64_t wrap_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t wrap_mul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}
/// Order of two elements of an integer type read by get_int().
inline bool int_less(DType t, int64_t a, int64_t b) {
  return t == DType::u64 ? static_cast<uint64_t>(a) < static_cast<uint64_t>(b) : a < b;
}
/// Position among n elements, where negative ones count from the end; throws Error(kInvalidModel) outside [-n, n).
int64_t wrapped_index(std::string_view op, int64_t index, int64_t n);

// Cost.
double volume_at(const TensorType& t, const SymbolValues& at);
double dim_at(const TensorType& t, int axis, const SymbolValues& at);
/// Every input read once, every output written once, `flops_per_output` operations for each element of output 0.
Cost traffic(std::span<const TensorType> inputs, std::span<const TensorType> outputs, const SymbolValues& at,
             double flops_per_output = 0);

}  // namespace dvt::ops
