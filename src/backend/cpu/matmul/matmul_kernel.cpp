// Runs a matmul problem: tasks over (product, block of rows, block of columns), each a TileLoop.
#include <algorithm>
#include <cstring>

#include "backend/cpu/common/parallel.h"
#include "backend/cpu/matmul/matmul_problem.h"
#include "backend/cpu/matmul/pack.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Problem;
using backend::TensorRef;

namespace {

constexpr int64_t kMaxPassRows = TileLoop::kMaxTilesPerPass * 12;

std::span<const DimRange> leading_rows(const Problem& p, const MatmulProblem& m) {
  return std::span(p.outputs[0].dims).subspan(static_cast<size_t>(m.axes.outer), static_cast<size_t>(m.axes.rows));
}

int64_t round_up(int64_t floats) { return (floats + 15) / 16 * 16; }

// Panels of B that a task packs at once: as many as half of L2 holds, at least one.
int64_t panels_at_once(int64_t depth, int64_t width, const backend::Target& t) {
  return std::max<int64_t>(1, t.l2_bytes / 2 / std::max<int64_t>(1, depth * width * 4));
}

// Floats of scratch of one worker: B's panels, then the transposed rows of A.
struct Scratch {
  int64_t b = 0, a = 0;
  int64_t total() const { return b + a; }
};

Scratch scratch_for(const MatmulProblem& m, int64_t rows, int64_t columns, int64_t depth, int lanes,
                    const backend::Target& t) {
  Scratch s;
  const ColumnPanels panels{columns, lanes};
  if (m.b_mode == BMode::kPackNow)
    s.b = round_up(std::min(panels.count(), panels_at_once(depth, panels.width(), t)) * panels.width() * depth);
  if (m.transpose_a) s.a = round_up(std::min(rows, kMaxPassRows) * depth);
  return s;
}

// Rows of A that are a multiple of this apart lie in the same few lines of L1, where those of a tile push each other
// out before they are used up.
constexpr int64_t kAliasBytes = 4096;
constexpr int64_t kMinCopyColumns = 256;  // below, the copy is not read often enough

// Floats between rows of the copy of A that the product works on; 0 when it reads A where it lies.
int64_t copied_row_floats(const MatmulProblem& m, const Problem& p, jit::VectorIsa isa) {
  const DimRange &depth = p.inputs[0].dims.back(), &columns = p.outputs[0].dims.back();
  if (!m.folded || m.transpose_a || m.b_mode != BMode::kPacked || p.inputs[0].is_slice()) return 0;
  const int64_t rows = product(leading_rows(p, m)).max;
  if (depth.min != depth.max || depth.max == 0 || depth.max * 4 % kAliasBytes != 0) return 0;
  return rows <= jit::max_tile_rows(isa) || columns.max < kMinCopyColumns ? 0 : depth.max + 16;
}

class MatmulKernel final : public backend::Kernel {
 public:
  MatmulKernel(const Problem& p, const backend::Target& t, jit::VectorIsa isa)
      : m_(p, isa), target_(t), isa_(isa), map_(p, m_.axes), copied_row_(copied_row_floats(m_, p, isa)) {
    const auto& dims = p.outputs[0].dims;
    const DimRange rows = product(leading_rows(p, m_));
    kernels_ = jit::TileKernels::get(
        map_.spec(isa, m_.b_mode == BMode::kInPlace ? jit::TileKind::kStrided : jit::TileKind::kPacked),
        tile_forms(isa, rows.min, rows.max, dims.back().min, dims.back().max));
  }

  void run(const LaunchArgs& args) const noexcept override {
    Run r;
    if (!describe(args, r)) return;
    if (copied_row_ > 0) copy_a(args, r);
    const int64_t tasks = r.products * r.loop.blocking.tasks();
    const int64_t passes = passes_apart(args, r) ? r.loop.passes() : 1;
    for (int64_t pass = 0; pass < passes; ++pass) {
      if (passes > 1) r.loop.pass = pass;
      args.pool->parallel_for(tasks, [&](int64_t index, int worker) { run_task(args, r, index, worker); });
    }
  }

 private:
  struct Run {
    TileLoop loop;
    int64_t products = 1;
    MatrixStrides a, b, c;
    const float* a_data = nullptr;
    float* scratch_data = nullptr;
    Scratch scratch;
  };

  void copy_a(const LaunchArgs& args, Run& r) const noexcept {
    const int64_t depth = r.loop.depth;
    auto* copy = static_cast<float*>(args.workspace);
    parallel_for(*args.pool, r.loop.rows, 0.3 * static_cast<double>(depth), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        std::memcpy(copy + i * copied_row_, r.a_data + i * r.a.row, static_cast<size_t>(depth) * 4);
    });
    r.a_data = copy;
    r.a.row = copied_row_;
    r.scratch_data += r.loop.rows * copied_row_;
  }

  // One thread's task goes through all columns, pass by pass. Several have few columns a task: the part of A that a
  // pass reads would leave L2 before it is read again.
  bool passes_apart(const LaunchArgs& args, const Run& r) const noexcept {
    return m_.b_mode == BMode::kPacked && r.products == 1 && args.pool->threads() > 1;
  }

  bool describe(const LaunchArgs& args, Run& r) const noexcept {
    const TensorRef &a = args.inputs[0], &c = args.outputs[0];
    if (!consistent(a, args.inputs[1], c)) return false;
    TileLoop& loop = r.loop;
    loop.rows = 1;
    for (int i = 0; i < c.rank - 1; ++i) (i < m_.axes.outer ? r.products : loop.rows) *= c.dims[i];
    loop.tiles = tile_count(loop.rows, isa_);
    loop.panels = {c.dims[c.rank - 1], jit::lanes(isa_)};
    loop.depth = a.dims[m_.transpose_a ? a.rank - 2 : a.rank - 1];
    if (r.products == 0 || loop.rows == 0 || loop.panels.columns == 0) return false;
    loop.kernels = kernels_.get();
    r.a = matrix_strides(a);
    r.a_data = static_cast<const float*>(a.data);
    r.scratch_data = static_cast<float*>(args.workspace);
    r.b = matrix_strides(args.inputs[1]);
    r.c = matrix_strides(c);
    loop.c_stride = r.c.row;
    if (m_.b_mode == BMode::kInPlace) loop.b_stride = r.b.row * 4;
    loop.choose_blocking(target_, args.pool->threads(), r.products, m_.b_mode == BMode::kPackNow,
                         passes_apart(args, r));
    r.scratch = scratch_for(m_, loop.rows, loop.panels.columns, loop.depth, jit::lanes(isa_), target_);
    return true;
  }

  // Dims that lie in equal ranges may still differ in one launch of an unsound plan; nothing is computed then.
  bool consistent(const TensorRef& a, const TensorRef& b, const TensorRef& c) const noexcept {
    const auto dim = [](const TensorRef& x, bool transposed, int i) {
      return x.dims[x.rank - 2 + (transposed ? 1 - i : i)];
    };
    for (const TensorRef* x : {&a, &b})
      for (int i = x->rank - 3, j = c.rank - 3; i >= 0; --i, --j)
        if (x->dims[i] != 1 && x->dims[i] != c.dims[j]) return false;
    return dim(a, m_.transpose_a, 1) == dim(b, m_.transpose_b, 0) && dim(c, false, 0) == dim(a, m_.transpose_a, 0) &&
           dim(c, false, 1) == dim(b, m_.transpose_b, 1);
  }

  // Index of product number `outer` in an operand whose leading dims broadcast.
  static int64_t product_index(const TensorRef& x, const TensorRef& c, int64_t outer) {
    int64_t index = 0, stride = 1;
    for (int i = c.rank - 3, j = x.rank - 3; i >= 0; --i, --j) {
      const int64_t at = outer % c.dims[i];
      outer /= c.dims[i];
      if (j < 0) continue;
      if (x.dims[j] != 1) index += at * stride;
      stride *= x.dims[j];
    }
    return index;
  }

  void run_task(const LaunchArgs& args, const Run& r, int64_t index, int worker) const noexcept {
    TileLoop loop = r.loop;
    const Blocking& blocking = loop.blocking;
    const int64_t outer = index / blocking.tasks(), part = index % blocking.tasks();
    const int64_t t0 = part / blocking.column_tasks * blocking.tiles_per_task;
    const int64_t t1 = std::min(loop.tiles, t0 + blocking.tiles_per_task);
    const int64_t p0 = part % blocking.column_tasks * blocking.panels_per_task;
    const int64_t p1 = std::min(loop.panels.count(), p0 + blocking.panels_per_task);
    const TensorRef &a = args.inputs[0], &b = args.inputs[1], &c = args.outputs[0];
    const int64_t a_index = m_.folded ? 0 : product_index(a, c, outer);
    const int64_t b_index = m_.folded ? 0 : product_index(b, c, outer);
    const float* a_data = r.a_data + a_index * r.a.matrix;
    const float* b_data = static_cast<const float*>(b.data);
    b_data += b_index * (m_.b_mode == BMode::kPacked ? loop.panels.packed_floats(loop.depth) : r.b.matrix);
    loop.b = b_data;
    loop.c = static_cast<float*>(c.data) + outer * r.c.matrix;
    map_.bind(args, outer, loop);
    float* scratch = r.scratch_data + worker * r.scratch.total();
    if (m_.b_mode != BMode::kPackNow) return run_rows(loop, a_data, r.a.row, scratch + r.scratch.b, t0, t1, p0, p1);
    const int64_t step = std::min(p1 - p0, panels_at_once(loop.depth, loop.panels.width(), target_));
    for (int64_t p = p0; p < p1; p += step) {
      const int64_t end = std::min(p1, p + step);
      pack_panels(b_data, r.b.row, m_.transpose_b, loop.depth, loop.panels, p, end, scratch);
      loop.b = scratch;
      loop.b_first_panel = p;
      run_rows(loop, a_data, r.a.row, scratch + r.scratch.b, t0, t1, p, end);
    }
  }

  void run_rows(const TileLoop& loop, const float* a, int64_t a_stride, float* transposed, int64_t t0, int64_t t1,
                int64_t p0, int64_t p1) const noexcept {
    const float* rows[kMaxPassRows];
    for (int64_t t = t0; t < t1; t += TileLoop::kMaxTilesPerPass) {
      const int64_t end = std::min(t1, t + TileLoop::kMaxTilesPerPass), first = loop.row_of(t);
      const int64_t count = loop.row_of(end) - first;
      if (m_.transpose_a) transpose(a + first, a_stride, loop.depth, count, transposed, loop.depth);
      const float* base = m_.transpose_a ? transposed : a + first * a_stride;
      const int64_t stride = m_.transpose_a ? loop.depth : a_stride;
      for (int64_t i = 0; i < count; ++i) rows[i] = base + i * stride;
      loop.run(rows, t, end, p0, p1);
    }
  }

  MatmulProblem m_;
  backend::Target target_;
  jit::VectorIsa isa_;
  EpilogueMap map_;
  int64_t copied_row_;
  std::shared_ptr<const jit::TileKernels> kernels_;
};

}  // namespace

size_t matmul_workspace(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  const MatmulProblem m(p, isa);
  const auto &a = p.inputs[0].dims, &c = p.outputs[0].dims;
  const int64_t rows = product(leading_rows(p, m)).max;
  const int64_t depth = a[a.size() - (m.transpose_a ? 2 : 1)].max;
  const Scratch s = scratch_for(m, rows, c.back().max, depth, jit::lanes(isa), t);
  return static_cast<size_t>(s.total() * t.threads + rows * copied_row_floats(m, p, isa)) * 4;
}

std::unique_ptr<backend::Kernel> make_matmul(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  return std::make_unique<MatmulKernel>(p, t, isa);
}

}  // namespace dvt::cpu
