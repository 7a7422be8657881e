#pragma once
#include <algorithm>
#include <optional>

#include "backend/cpu/matmul/portable_loops.h"
#include "backend/cpu/pointwise/lanes.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

/// The type in which products of elements of a type are summed (f32, f64, i32 or i64); nothing where there are no
/// loops.
std::optional<DType> sum_type(DType t);
/// Elements of a type to its sum_type, and results of a product to memory.
LaneLoad product_load(const backend::Target& t, DType type);
LaneStore product_store(const backend::Target& t, DType type);

/// Calls f(T()) with the C++ type of a sum_type.
template <class F>
auto with_sum_type(DType sum, const F& f) {
  return sum == DType::f64   ? f(double())
         : sum == DType::i32 ? f(int32_t())
         : sum == DType::i64 ? f(int64_t())
                             : f(float());
}

/// How much of a product is one task: multiples of the loops' tile, bounded by what scratch memory is there for.
struct ProductBlocks {
  static constexpr int64_t kMaxRows = 64, kMaxColumns = 512;
  int64_t rows = 1, columns = 1, row_tasks = 1, column_tasks = 1;
  int64_t tasks() const { return row_tasks * column_tasks; }
};

/// Where a block of finished rows goes: row r, column j at element row_offsets[r] + j * column_stride.
struct ProductSink {
  LaneStore store = nullptr;
  int64_t element = 4;  ///< Bytes.
  std::byte* data = nullptr;
  const int64_t* row_offsets = nullptr;
  int64_t column_stride = 1;
};

/// C = A B in blocks whose A, B and C are of the type of the sums.
template <class T>
class PortableProduct {
 public:
  explicit PortableProduct(const backend::Target& t) : loops_(product_loops<T>(t)), l2_bytes_(t.l2_bytes) {}

  const ProductLoops<T>& loops() const { return loops_; }
  int64_t padded(int64_t columns) const { return (columns + loops_.width - 1) / loops_.width * loops_.width; }
  int64_t packed_elements(int64_t depth, int64_t columns) const { return depth * padded(columns); }
  /// Packs panels [p0, p1) of B, whose element (k, j) is b[k * row_stride + j * column_stride] in `element` bytes.
  /// A panel takes up `panel_depth` rows, of which `packed` is the first to be written.
  void pack(const std::byte* b, LaneLoad load, int64_t element, int64_t row_stride, int64_t column_stride,
            int64_t depth, int64_t columns, int64_t p0, int64_t p1, T* packed, int64_t panel_depth) const noexcept;

  ProductBlocks blocks(int64_t rows, int64_t columns, int64_t depth, int64_t products, int threads) const noexcept;
  /// Elements of scratch for one worker's block of A and of C; grows with each argument.
  int64_t a_elements(int64_t rows, int64_t depth) const;
  int64_t c_elements(int64_t rows, int64_t columns) const;

  /// c[rows][c_stride] = a[rows][depth] times the packed panels from `b` on, which hold `columns` columns.
  void multiply(const T* a, int64_t a_stride, const T* b, int64_t rows, int64_t columns, int64_t depth, T* c,
                int64_t c_stride) const noexcept;
  /// Writes a block where it belongs. Precondition: rows <= kMaxRows.
  static void store(const ProductSink& sink, const T* c, int64_t c_stride, int64_t rows, int64_t columns) noexcept;

 private:
  ProductLoops<T> loops_;
  int64_t l2_bytes_;
};

/// Calls f(task, worker) for each task; cheap jobs stay on the caller's thread.
template <class F>
void run_tasks(ThreadPool& pool, int64_t tasks, double total_ns, const F& f) {
  constexpr double kBreakEvenNs = 12000;
  if (total_ns < kBreakEvenNs || tasks < 2) {
    for (int64_t i = 0; i < tasks; ++i) f(i, 0);
  } else {
    pool.parallel_for(tasks, f);
  }
}

inline int64_t whole_lines(int64_t elements) { return (elements + 15) / 16 * 16; }

}  // namespace dvt::cpu
