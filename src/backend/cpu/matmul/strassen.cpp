// f32 matmul with a constant B by one step of Strassen's method (strassen_shape.h): an eighth less to multiply, at the
// cost of 7/4 of the packed weights. The sums of A are made per block of rows and depth and stay in L2, those of C
// while a pair of panels is in L1. Rows whose elements are too large for sums are multiplied as they are.
#include "backend/cpu/matmul/matmul_problem.h"
#include "backend/cpu/matmul/strassen_loops.h"
#include "backend/cpu/matmul/strassen_shape.h"
#include "base/concat.h"
#include "base/thread_pool.h"

namespace dvt::cpu {
namespace {

using backend::LaunchArgs;
using backend::Problem;
using backend::Support;
using backend::Target;
using jit::VectorIsa;

constexpr int64_t kFewestRows = 32, kLeastDepth = 64;
constexpr int64_t kMaxHalfRows = 96;  ///< Most rows of half a cell.

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

DimRange row_range(const Problem& p, const MatmulProblem& m) {
  return product(std::span(p.outputs[0].dims).first(static_cast<size_t>(m.axes.outer + m.axes.rows)));
}

struct Sizes {
  int64_t depth = 0;
  ColumnPanels panels;
};
Sizes sizes_of(const Problem& p, const MatmulProblem& m, VectorIsa isa) {
  const auto& b = p.inputs[1].dims;
  int64_t depth = b[b.size() - 2].opt, columns = b.back().opt;
  if (m.transpose_b) std::swap(depth, columns);
  return {depth, {columns, jit::lanes(isa)}};
}

template <VectorIsa kIsa>
Support supports(const Problem& p, const Target& t) {
  if (std::string reason = MatmulProblem::refusal(p, t, kIsa); !reason.empty()) return Support::no(std::move(reason));
  const MatmulProblem m(p, kIsa);
  if (!p.inputs[1].constant) return Support::no("b is not constant");
  if (!m.folded) return Support::no("there is more than one product");
  const Sizes s = sizes_of(p, m, kIsa);
  if (s.depth % 2 != 0 || s.depth < kLeastDepth)
    return Support::no(concat("the depth, ", s.depth, ", is odd or less than ", kLeastDepth));
  if (StrassenShape(s.depth, s.panels, true).pairs == 0)
    return Support::no(concat(s.panels.columns, " columns are too few"));
  if (row_range(p, m).min < kFewestRows) return Support::no(concat("there may be fewer than ", kFewestRows, " rows"));
  return Support::yes();
}

/// Rows of half a cell: its four sums and three of the parts of A stay in L2 while panels of B go by.
int64_t half_rows(const StrassenShape& s, const Target& t) {
  const int64_t row_bytes = 7 * 4 * std::min(s.half_depth, StrassenShape::kMaxHalf);
  return std::clamp<int64_t>(t.l2_bytes * 7 / 10 / row_bytes, 12, kMaxHalfRows);
}

/// Floats of scratch of one worker: S1 .. S4, then the sums of products for one panel.
struct Scratch {
  int64_t sums = 0, products = 0;
  Scratch(const StrassenShape& s, const Target& t) {
    const int64_t rows = half_rows(s, t);
    sums = rows * std::min(s.half_depth, StrassenShape::kMaxHalf);
    products = rows * s.panels.width();
  }
  int64_t total() const { return 4 * sums + 2 * products; }
};

class StrassenKernel final : public backend::Kernel {
 public:
  StrassenKernel(const Problem& p, const Target& t, VectorIsa isa)
      : m_(p, isa), sizes_(sizes_of(p, m_, isa)), target_(t), isa_(isa), map_(p, m_.axes), loops_(strassen_loops(t)) {
    const DimRange rows = row_range(p, m_);
    const int64_t columns = sizes_.panels.columns;
    // Blocks of rows differ in size: every number of rows a tile. A whole panel beside the last one of the result.
    std::vector<jit::TileForm> forms = tile_forms(isa, 1, rows.max, columns, columns);
    for (int r = 1; r <= jit::max_tile_rows(isa); ++r) forms.push_back({r, jit::kMaxTileVectors, false});
    std::sort(forms.begin(), forms.end());
    forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
    kernels_ = jit::TileKernels::get(map_.spec(isa, jit::TileKind::kPacked), forms);
  }

  void run(const LaunchArgs& args) const noexcept override {
    const backend::TensorRef &a = args.inputs[0], &b = args.inputs[1], &c = args.outputs[0];
    Run r(packed_shape(static_cast<const float*>(b.data), sizes_.depth, sizes_.panels), target_);
    for (int i = 0; i < c.rank - 1; ++i) r.loop.rows *= c.dims[i];
    if (r.loop.rows == 0 || a.dims[a.rank - 1] != sizes_.depth || c.dims[c.rank - 1] != sizes_.panels.columns) return;
    r.a = static_cast<const float*>(a.data);
    r.a_stride = matrix_strides(a).row;
    r.b = static_cast<const float*>(b.data);
    r.loop.c = static_cast<float*>(c.data);
    r.loop.c_stride = matrix_strides(c).row;
    map_.bind(args, 0, r.loop);
    r.row_blocks = divide_up(r.loop.rows, 2 * half_rows(r.shape, target_));
    const int threads = args.pool->threads();
    if (threads > 1) r.cell_groups = std::min(r.shape.cells(), divide_up(4 * threads, r.row_blocks));
    args.pool->parallel_for(r.row_blocks * r.cell_groups, [&](int64_t task, int worker) {
      run_task(r, task, static_cast<float*>(args.workspace) + worker * r.scratch.total());
    });
  }

 private:
  struct Run {
    StrassenShape shape;
    Scratch scratch;
    TileLoop loop;  // the result and the operands of its epilogue
    const float *a = nullptr, *b = nullptr;
    int64_t a_stride = 0, row_blocks = 1, cell_groups = 1;
    Run(const StrassenShape& s, const Target& t) : shape(s), scratch(s, t) { loop.rows = 1; }
  };
  /// Where a block of rows and depth lies, and what was made of it.
  struct Block {
    int64_t row = 0, upper = 0, lower = 0;  // first row, rows of the upper and the lower half
    int64_t index = 0, half = 0;            // of the depth
    bool sums_hold = false;
    float *s = nullptr, *x = nullptr, *y = nullptr;
    const float *a11[kMaxHalfRows], *a12[kMaxHalfRows], *a21[kMaxHalfRows], *a22[kMaxHalfRows], *sum[4][kMaxHalfRows];
  };
  /// What one product is added to.
  struct Destination {
    float* c;
    int64_t stride, row, panel;  // row and panel of the result, where the epilogue's operands are looked up
    bool whole;                  // a panel of scratch memory: all its columns
    bool add, last;
  };

  void run_task(const Run& r, int64_t task, float* scratch) const noexcept {
    const int64_t block = task % r.row_blocks, group = task / r.row_blocks;
    const int64_t first = block * r.loop.rows / r.row_blocks, end = (block + 1) * r.loop.rows / r.row_blocks;
    const int64_t c0 = group * r.shape.cells() / r.cell_groups, c1 = (group + 1) * r.shape.cells() / r.cell_groups;
    Block b;
    b.row = first;
    b.upper = (end - first + 1) / 2;
    b.lower = end - first - b.upper;
    b.s = scratch;
    b.x = scratch + 4 * r.scratch.sums;
    b.y = b.x + r.scratch.products;
    for (b.index = 0; b.index < r.shape.blocks(); ++b.index) {
      b.half = r.shape.half(b.index);
      point_at_a(r, b);
      if (c0 < r.shape.pairs) b.sums_hold = sum_a(r, b);
      for (int64_t cell = c0; cell < c1; ++cell) {
        if (cell >= r.shape.pairs)
          alone(r, b, cell);
        else if (b.sums_hold)
          paired(r, b, cell);
        else
          unsummed(r, b, cell);
      }
    }
  }

  static void point_at_a(const Run& r, Block& b) noexcept {
    const float* a = r.a + b.row * r.a_stride + 2 * r.shape.begin(b.index);
    for (int64_t i = 0; i < b.upper; ++i) {
      b.a11[i] = a + i * r.a_stride;
      b.a12[i] = b.a11[i] + b.half;
      b.a21[i] = i < b.lower ? b.a11[i] + b.upper * r.a_stride : nullptr;
      b.a22[i] = i < b.lower ? b.a21[i] + b.half : nullptr;
      for (int64_t k = 0; k < 4; ++k) b.sum[k][i] = b.s + k * r.scratch.sums + i * b.half;
    }
  }

  bool sum_a(const Run& r, const Block& b) const noexcept {
    bool hold = true;
    for (int64_t i = 0; i < b.upper; ++i)
      hold &= loops_.sums(b.a11[i], b.a12[i], b.a21[i], b.a22[i], b.half, b.s + i * b.half, r.scratch.sums);
    return hold;
  }

  Destination result(const Run& r, const Block& b, int64_t panel, bool lower, bool add, bool last) const noexcept {
    const int64_t row = b.row + (lower ? b.upper : 0);
    float* c = r.loop.c + row * r.loop.c_stride + panel * r.shape.panels.width();
    return {c, r.loop.c_stride, row, panel, false, add, last && b.index + 1 == r.shape.blocks()};
  }

  void paired(const Run& r, const Block& b, int64_t cell) const noexcept {
    using S = StrassenShape;
    const ColumnPanels& panels = r.shape.panels;
    const int64_t left = r.shape.panel(cell), right = left + 1, width = panels.width();
    const float* slots = r.b + r.shape.offset(b.index, cell);
    const auto slot = [&](S::Slot s) { return slots + s * r.shape.slot_floats(b.index); };
    const bool add = b.index > 0;
    const auto scratch = [&](float* c, bool more) { return Destination{c, width, 0, 0, true, more, false}; };
    const auto combine = [&](const float* z, int64_t panel, bool lower) {
      const Destination t = result(r, b, panel, lower, add, false);
      loops_.combine(b.x, z, width, t.c, t.stride, lower ? b.lower : b.upper, panels.columns_of(panel), add);
    };
    multiply(r, b.a11, b.upper, b.half, slot(S::kB11), scratch(b.x, false));
    combine(nullptr, left, false);
    multiply(r, b.a12, b.upper, b.half, slot(S::kB21), result(r, b, left, false, true, true));
    multiply(r, b.sum[1], b.upper, b.half, slot(S::kT2), scratch(b.x, true));
    multiply(r, b.sum[0], b.upper, b.half, slot(S::kT1), scratch(b.y, false));
    combine(b.y, right, false);
    multiply(r, b.sum[3], b.upper, b.half, slot(S::kB22), result(r, b, right, false, true, true));
    multiply(r, b.sum[2], b.upper, b.half, slot(S::kT3), scratch(b.x, true));
    combine(nullptr, left, true);
    combine(b.y, right, true);
    multiply(r, b.a22, b.lower, b.half, slot(S::kMinusT4), result(r, b, left, true, true, true));
    const Destination rest = result(r, b, right, true, true, true);
    if (rest.last) multiply(r, b.a22, b.lower, 0, slot(S::kB22), rest);  // a depth of 0: the epilogue alone
  }

  // The same cell without sums of A: B12 is T1 + B11.
  void unsummed(const Run& r, const Block& b, int64_t cell) const noexcept {
    using S = StrassenShape;
    const int64_t left = r.shape.panel(cell);
    const float* slots = r.b + r.shape.offset(b.index, cell);
    for (const bool lower : {false, true}) {
      const float* const* first = lower ? b.a21 : b.a11;
      const float* const* second = lower ? b.a22 : b.a12;
      const int64_t rows = lower ? b.lower : b.upper;
      const auto add = [&](const float* const* a, S::Slot s, int64_t panel, bool more, bool last) {
        multiply(r, a, rows, b.half, slots + s * r.shape.slot_floats(b.index), result(r, b, panel, lower, more, last));
      };
      add(first, S::kB11, left, b.index > 0, false);
      add(second, S::kB21, left, true, true);
      add(first, S::kB11, left + 1, b.index > 0, false);
      add(first, S::kT1, left + 1, true, false);
      add(second, S::kB22, left + 1, true, true);
    }
  }

  void alone(const Run& r, const Block& b, int64_t cell) const noexcept {
    const float* packed = r.b + r.shape.offset(b.index, cell);
    const int64_t panel = r.shape.panel(cell);
    multiply(r, b.a11, b.upper, 2 * b.half, packed, result(r, b, panel, false, b.index > 0, true));
    multiply(r, b.a21, b.lower, 2 * b.half, packed, result(r, b, panel, true, b.index > 0, true));
  }

  void multiply(const Run& r, const float* const* a_rows, int64_t rows, int64_t depth, const float* packed,
                const Destination& t) const noexcept {
    const ColumnPanels& panels = r.shape.panels;
    const int64_t tail = t.whole ? 0 : panels.tail_lanes_of(t.panel), tiles = tile_count(rows, isa_);
    jit::TileForm form{1, t.whole ? jit::kMaxTileVectors : panels.vectors_of(t.panel), tail != 0};
    jit::TileArgs args;
    args.set_depth(0, depth);
    args.b = packed;
    args.c_stride = t.stride * 4;
    args.accumulate = t.add;
    args.last = t.last;
    args.tail_lanes = tail;
    for (int i = 0; i < r.loop.num_operands; ++i)
      args.operand_strides[static_cast<size_t>(i)] = r.loop.operands[static_cast<size_t>(i)].row_bytes;
    for (int64_t tile = 0; tile < tiles; ++tile) {
      const int64_t first = tile * rows / tiles, end = (tile + 1) * rows / tiles;
      form.rows = static_cast<int>(end - first);
      args.a_rows = a_rows + first;
      args.c = t.c + first * t.stride;
      for (int i = 0; t.last && i < r.loop.num_operands; ++i) {
        const TileLoop::Operand& o = r.loop.operands[static_cast<size_t>(i)];
        args.operands[static_cast<size_t>(i)] =
            o.data + (t.row + first) * o.row_bytes + t.panel * panels.width() * o.column_bytes;
      }
      kernels_->find(form)(&args);
    }
  }

  MatmulProblem m_;
  Sizes sizes_;
  Target target_;
  VectorIsa isa_;
  EpilogueMap map_;
  StrassenLoops loops_;
  std::shared_ptr<const jit::TileKernels> kernels_;
};

template <VectorIsa kIsa>
size_t packed_bytes(const Problem& p, const Target&, int input) {
  if (input != 1) return 0;
  const Sizes s = sizes_of(p, MatmulProblem(p, kIsa), kIsa);
  return static_cast<size_t>(StrassenShape(s.depth, s.panels, true).packed_floats()) * 4;
}

template <VectorIsa kIsa>
std::vector<backend::PackedWeight> pack(const Problem& p, const Target& t,
                                        std::span<const std::span<const std::byte>> data) {
  const MatmulProblem m(p, kIsa);
  const Sizes s = sizes_of(p, m, kIsa);
  backend::PackedWeight packed{1, std::vector<std::byte>(packed_bytes<kIsa>(p, t, 1))};
  pack_strassen(reinterpret_cast<const float*>(data[1].data()), m.transpose_b, s.depth, s.panels,
                {reinterpret_cast<float*>(packed.bytes.data()), packed.bytes.size() / 4});
  return {std::move(packed)};
}

template <VectorIsa kIsa>
backend::Tactic tactic() {
  backend::Tactic t;
  t.slices = true;
  t.supports = supports<kIsa>;
  t.workspace = [](const Problem& p, const Target& target) {
    const Sizes s = sizes_of(p, MatmulProblem(p, kIsa), kIsa);
    return static_cast<size_t>(Scratch(StrassenShape(s.depth, s.panels, true), target).total() * target.threads) * 4;
  };
  t.pack = pack<kIsa>;
  t.packed_bytes = packed_bytes<kIsa>;
  t.create = [](const Problem& p, const Target& target) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<StrassenKernel>(p, target, kIsa);
  };
  return t;
}

}  // namespace

backend::Tactic matmul_strassen_avx512() { return tactic<VectorIsa::kAvx512>(); }
backend::Tactic matmul_strassen_avx2() { return tactic<VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
