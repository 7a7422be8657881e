#include "ops/support.h"

#include <cstring>

#include "base/packed.h"

namespace dvt::ops {

int checked_axis(std::string_view op, int64_t axis, int rank) {
  const auto normalized = normalize_axis(axis, rank);
  if (!normalized) reject(op, "axis ", axis, " is outside rank ", rank);
  return *normalized;
}

void require_same_dtype(std::string_view op, DType got, DType expected, std::string_view what) {
  if (got != expected) reject(op, what, " must be ", expected, " like the other input, got ", got, "; insert a cast");
}

void require_floating(std::string_view op, DType got, std::string_view what) {
  if (!is_floating(got)) reject(op, what, " must be floating point, got ", got);
}

void require_integer(std::string_view op, DType got, std::string_view what) {
  if (!is_integer(got)) reject(op, what, " must be an integer tensor, got ", got);
}

void require_rank_at_least(std::string_view op, const TensorType& t, int rank, std::string_view what) {
  if (t.rank() < rank) reject(op, what, " must have rank ", rank, " or more, got ", t);
}

void require_rank(std::string_view op, const TensorType& t, int rank, std::string_view what) {
  if (t.rank() != rank) reject(op, what, " must have rank ", rank, ", got ", t);
}

void require_same_dim(std::string_view op, const Dim& got, const Dim& expected, std::string_view what) {
  if (got.is_constant() && expected.is_constant() && got.constant() != expected.constant())
    reject(op, what, " must be ", expected, ", got ", got);
}

void require_vector(std::string_view op, const TensorType& t, const Dim& n, std::string_view what) {
  if (t.rank() != 1) reject(op, what, " must be a vector of ", n, " elements, got ", t);
  require_same_dim(op, t.shape[0], n, concat("length of ", what));
}

void require_broadcasts_to(std::string_view op, const Shape& shape, const Shape& target, std::string_view what) {
  bool fits = shape.rank() <= target.rank();
  for (int i = 1; fits && i <= shape.rank(); ++i) {
    const auto from = shape[shape.rank() - i].as_constant(), to = target[target.rank() - i].as_constant();
    fits = !from || *from == 1 || !to || *from == *to;
  }
  if (!fits) reject(op, what, " of shape ", shape, " does not broadcast to ", target);
}

Shape broadcast_all(std::span<const Shape> shapes) {
  Shape result;
  for (const Shape& s : shapes) result = broadcast(result, s);
  return result;
}

const std::vector<Dim>& known_value(std::string_view op, const ValueInfo& input, std::string_view what) {
  require_integer(op, input.type.dtype, what);
  if (input.type.rank() > 1) reject(op, what, " must be a scalar or a vector, got ", input.type);
  if (!input.value)
    throw Error(ErrorCode::kUnsupported, op, ": ", what, " (", input.type,
                ") is data-dependent: it is computed from data that is known only when the network runs; make it a "
                "constant, a shape input or arithmetic on dimensions");
  return *input.value;
}

const std::vector<Dim>& target_shape(std::string_view op, const std::vector<Dim>& attribute,
                                     std::span<const ValueInfo> in, std::string_view what) {
  const std::vector<Dim>& shape = in.size() > 1 ? known_value(op, in[1], concat(what, " (input 1)")) : attribute;
  if (shape.size() > static_cast<size_t>(Shape::kMaxRank))
    reject(op, what, " has ", shape.size(), " elements, more than ", Shape::kMaxRank);
  return shape;
}

void require_list(std::string_view op, const std::vector<int64_t>& list, int n, int64_t low, std::string_view what) {
  if (!list.empty() && static_cast<int>(list.size()) != n)
    reject(op, what, " must have ", n, " elements, got ", list.size());
  for (int64_t v : list)
    if (v < low || v > kMaxAttribute) reject(op, what, " must be in [", low, ", ", kMaxAttribute, "], got ", v);
}

std::vector<int64_t> constants(std::string_view op, const std::vector<Dim>& dims) {
  std::vector<int64_t> out;
  for (const Dim& d : dims) {
    if (!d.is_constant())
      throw Error(ErrorCode::kInternal, op, ": attribute ", d, " was not bound before the reference");
    out.push_back(d.constant());
  }
  return out;
}

bool is_non_negative(const Dim& d) { return d.is_constant() ? d.constant() >= 0 : d.range({}).min >= 0; }

int64_t volume_of(std::span<const int64_t> dims) {
  int64_t n = 1;
  for (int64_t d : dims) n = wrap_mul(n, d);
  return n;
}

std::vector<int64_t> row_major_strides(std::span<const int64_t> dims) {
  std::vector<int64_t> strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

std::vector<int64_t> broadcast_strides(std::span<const int64_t> dims, std::span<const int64_t> target) {
  const std::vector<int64_t> own = row_major_strides(dims);
  std::vector<int64_t> strides(target.size(), 0);
  for (size_t i = 1; i <= dims.size() && i <= target.size(); ++i)
    if (dims[dims.size() - i] != 1) strides[target.size() - i] = own[dims.size() - i];
  return strides;
}

AxisSplit split_at(std::span<const int64_t> dims, int64_t axis) {
  const auto a = static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(dims.size()) : axis);
  return {volume_of(dims.first(a)), dims[a], volume_of(dims.subspan(a + 1))};
}

int64_t offset_of(std::span<const int64_t> index, std::span<const int64_t> strides) {
  int64_t offset = 0;
  for (size_t i = 0; i < index.size(); ++i) offset += index[i] * strides[i];
  return offset;
}

std::vector<double> load(const ReadView& x) {
  std::vector<double> out(static_cast<size_t>(x.volume()));
  for (size_t i = 0; i < out.size(); ++i) out[i] = x.get(static_cast<int64_t>(i));
  return out;
}

std::vector<int64_t> load_ints(const ReadView& x) {
  std::vector<int64_t> out(static_cast<size_t>(x.volume()));
  for (size_t i = 0; i < out.size(); ++i) out[i] = x.get_int(static_cast<int64_t>(i));
  return out;
}

void copy_elements(const ReadView& from, int64_t from_index, const WriteView& to, int64_t to_index, int64_t count) {
  if (count <= 0) return;
  if (bits(from.dtype()) < 8) {
    const int width = bits(from.dtype());
    for (int64_t i = 0; i < count; ++i)
      store_packed(to.data(), to_index + i, width, load_packed(from.data(), from_index + i, width));
    return;
  }
  const auto size = static_cast<size_t>(bits(from.dtype()) / 8);
  std::memcpy(static_cast<char*>(to.data()) + static_cast<size_t>(to_index) * size,
              static_cast<const char*>(from.data()) + static_cast<size_t>(from_index) * size,
              static_cast<size_t>(count) * size);
}

namespace {

template <class T>
void copy_line(const char* from, int64_t stride, char* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(to + i * static_cast<int64_t>(sizeof(T)), from + i * stride * static_cast<int64_t>(sizeof(T)),
                sizeof(T));
}

}  // namespace

void copy_strided(const ReadView& from, int64_t first, std::span<const int64_t> strides, const WriteView& to) {
  const int64_t size = bits(from.dtype()) / 8;
  const auto walk = [&](std::span<const int64_t> dims, auto&& copy) {
    for_each_index(dims, [&](std::span<const int64_t> index, int64_t i) {
      copy(first + offset_of(index, strides.first(dims.size())), i);
    });
  };
  const std::span<const int64_t> dims(to.dims());
  if (dims.empty() || size == 0) return walk(dims, [&](int64_t at, int64_t i) { copy_elements(from, at, to, i); });
  // Constants of hundreds of megabytes pass through here: whole lines at once.
  const int64_t count = dims.back(), stride = strides.back();
  walk(dims.first(dims.size() - 1), [&](int64_t at, int64_t i) {
    if (stride == 1) return copy_elements(from, at, to, i * count, count);
    const char* source = static_cast<const char*>(from.data()) + at * size;
    char* target = static_cast<char*>(to.data()) + i * count * size;
    switch (size) {
      case 1:
        return copy_line<uint8_t>(source, stride, target, count);
      case 2:
        return copy_line<uint16_t>(source, stride, target, count);
      case 4:
        return copy_line<uint32_t>(source, stride, target, count);
      case 8:
        return copy_line<uint64_t>(source, stride, target, count);
      default:
        return copy_line<TextView>(source, stride, target, count);
    }
  });
}

int64_t wrapped_index(std::string_view op, int64_t index, int64_t n) {
  if (index < -n || index >= n) reject(op, "index ", index, " is outside a dimension of ", n);
  return index < 0 ? index + n : index;
}

double volume_at(const TensorType& t, const SymbolValues& at) {
  double n = 1;
  for (const Dim& d : t.shape) n *= static_cast<double>(d.eval(at));
  return n;
}

double dim_at(const TensorType& t, int axis, const SymbolValues& at) {
  return static_cast<double>(t.shape[axis < 0 ? axis + t.rank() : axis].eval(at));
}

Cost traffic(std::span<const TensorType> inputs, std::span<const TensorType> outputs, const SymbolValues& at,
             double flops_per_output) {
  Cost cost;
  for (const TensorType& t : inputs) cost.bytes += volume_at(t, at) * bits(t.dtype) / 8;
  for (const TensorType& t : outputs) cost.bytes += volume_at(t, at) * bits(t.dtype) / 8;
  if (flops_per_output > 0) cost.flops = volume_at(outputs[0], at) * flops_per_output;
  return cost;
}

}  // namespace dvt::ops
