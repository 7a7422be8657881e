#include "backend/cpu/matmul/portable_product.h"

#include <cstring>

namespace dvt::cpu {
namespace {

constexpr int64_t kDepthAtOnce = 384;  // a panel of that depth stays in L1

template <class From>
void load_i32(const void* from, int64_t stride, void* to, int n) {
  const From* x = static_cast<const From*>(from);
  int32_t* o = static_cast<int32_t*>(to);
  for (int i = 0; i < n; ++i) o[i] = static_cast<int32_t>(x[i * stride]);
}
void store_i32(const void* from, void* to, int n) { std::memcpy(to, from, static_cast<size_t>(n) * 4); }

template <class Bits>
void scatter(const std::byte* from, std::byte* to, const int64_t* offsets, int64_t n) noexcept {
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(to + offsets[i] * int64_t{sizeof(Bits)}, from + i * sizeof(Bits), sizeof(Bits));
}

}  // namespace

std::optional<DType> sum_type(DType t) {
  switch (t) {
    case DType::f32:
    case DType::f16:
    case DType::bf16:
      return DType::f32;
    case DType::f64:
      return DType::f64;
    case DType::i8:
    case DType::u8:
    case DType::i32:
    case DType::u32:  // wraps to the same bits
      return DType::i32;
    case DType::i64:
    case DType::u64:
      return DType::i64;
    default:
      return std::nullopt;
  }
}

LaneLoad product_load(const backend::Target& t, DType type) {
  switch (type) {
    case DType::i8:
      return &load_i32<int8_t>;
    case DType::u8:
      return &load_i32<uint8_t>;
    case DType::i32:
    case DType::u32:
      return &load_i32<int32_t>;
    default:
      return lane_load(t, type);
  }
}

LaneStore product_store(const backend::Target& t, DType type) {
  return type == DType::i32 || type == DType::u32 ? &store_i32 : lane_store(t, type);
}

template <class T>
void PortableProduct<T>::pack(const std::byte* b, LaneLoad load, int64_t element, int64_t row_stride,
                              int64_t column_stride, int64_t depth, int64_t columns, int64_t p0, int64_t p1, T* packed,
                              int64_t panel_depth) const noexcept {
  const int64_t width = loops_.width;
  for (int64_t p = p0; p < p1; ++p) {
    const int64_t first = p * width, n = std::min(width, columns - first);
    T* out = packed + p * width * panel_depth;
    if (column_stride == 1 || n < width) {
      for (int64_t k = 0; k < depth; ++k, out += width) {
        load(b + (k * row_stride + first * column_stride) * element, column_stride, out, static_cast<int>(n));
        std::fill(out + n, out + width, T{0});
      }
      continue;
    }
    T line[64];  // along the depth, where neighbours lie
    for (int64_t j = 0; j < n; ++j)
      for (int64_t k = 0; k < depth; k += 64) {
        const int64_t count = std::min<int64_t>(64, depth - k);
        load(b + (k * row_stride + (first + j) * column_stride) * element, row_stride, line, static_cast<int>(count));
        for (int64_t i = 0; i < count; ++i) out[(k + i) * width + j] = line[i];
      }
  }
}

template <class T>
ProductBlocks PortableProduct<T>::blocks(int64_t rows, int64_t columns, int64_t depth, int64_t products,
                                         int threads) const noexcept {
  ProductBlocks b;
  const int64_t fit = l2_bytes_ / 2 / (std::max<int64_t>(1, depth) * int64_t{sizeof(T)});
  b.rows = std::clamp<int64_t>(fit / kProductRows * kProductRows, kProductRows, ProductBlocks::kMaxRows);
  b.row_tasks = (rows + b.rows - 1) / b.rows;
  const int64_t wanted = threads > 1 ? 3 * threads : 1;  // tasks, so that a slow core does not hold the others up
  const int64_t cuts = (wanted + b.row_tasks * products - 1) / std::max<int64_t>(1, b.row_tasks * products);
  b.columns = padded(std::max<int64_t>(1, (columns + cuts - 1) / std::max<int64_t>(1, cuts)));
  b.columns = std::min(b.columns, ProductBlocks::kMaxColumns);
  b.column_tasks = (columns + b.columns - 1) / b.columns;
  return b;
}

template <class T>
int64_t PortableProduct<T>::a_elements(int64_t rows, int64_t depth) const {
  const int64_t most = std::max(l2_bytes_ / 2 / int64_t{sizeof(T)}, kProductRows * depth);
  return whole_lines(std::min(std::min(rows, ProductBlocks::kMaxRows) * depth, most));
}

template <class T>
int64_t PortableProduct<T>::c_elements(int64_t rows, int64_t columns) const {
  return whole_lines(std::min(rows, ProductBlocks::kMaxRows) * std::min(padded(columns), ProductBlocks::kMaxColumns));
}

template <class T>
void PortableProduct<T>::multiply(const T* a, int64_t a_stride, const T* b, int64_t rows, int64_t columns,
                                  int64_t depth, T* c, int64_t c_stride) const noexcept {
  const int64_t width = loops_.width;
  std::fill_n(c, rows * c_stride, T{0});
  for (int64_t k = 0; k < depth; k += kDepthAtOnce) {
    const int64_t step = std::min(kDepthAtOnce, depth - k);
    for (int64_t j = 0; j < columns; j += width)
      for (int64_t r = 0; r < rows; r += kProductRows)
        loops_.tile(a + r * a_stride + k, a_stride, static_cast<int>(std::min<int64_t>(kProductRows, rows - r)),
                    b + j * depth + k * width, step, c + r * c_stride + j, c_stride);
  }
}

template <class T>
void PortableProduct<T>::store(const ProductSink& sink, const T* c, int64_t c_stride, int64_t rows,
                               int64_t columns) noexcept {
  if (sink.column_stride == 1) {
    for (int64_t r = 0; r < rows; ++r)
      sink.store(c + r * c_stride, sink.data + sink.row_offsets[r] * sink.element, static_cast<int>(columns));
    return;
  }
  const bool neighbours = sink.row_offsets[rows - 1] - sink.row_offsets[0] == rows - 1;  // offsets rise
  for (int64_t j = 0; j < columns; ++j) {
    T column[ProductBlocks::kMaxRows];
    std::byte values[ProductBlocks::kMaxRows * 8];
    for (int64_t r = 0; r < rows; ++r) column[r] = c[r * c_stride + j];
    std::byte* to = sink.data + j * sink.column_stride * sink.element;
    if (neighbours) {
      sink.store(column, to + sink.row_offsets[0] * sink.element, static_cast<int>(rows));
      continue;
    }
    sink.store(column, values, static_cast<int>(rows));
    if (sink.element == 2) scatter<uint16_t>(values, to, sink.row_offsets, rows);
    if (sink.element == 4) scatter<uint32_t>(values, to, sink.row_offsets, rows);
    if (sink.element == 8) scatter<uint64_t>(values, to, sink.row_offsets, rows);
  }
}

template class PortableProduct<float>;
template class PortableProduct<double>;
template class PortableProduct<int32_t>;
template class PortableProduct<int64_t>;

}  // namespace dvt::cpu
