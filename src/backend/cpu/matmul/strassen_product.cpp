#include "backend/cpu/matmul/strassen_product.h"

#include "base/concat.h"

namespace dvt::cpu {
namespace {

constexpr int64_t kFewestRows = 32, kLeastDepth = 64;
constexpr int64_t kMaxHalfRows = 96;  ///< Most rows of half a cell.
/// So many that threads of which one is slower end together.
constexpr int64_t kTasksPerThread = 8;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Rows of half a cell: its four sums and three of the parts of A stay in L2 while panels of B go by.
int64_t half_rows(const StrassenShape& s, const backend::Target& t) {
  const int64_t row_bytes = 7 * 4 * std::min(s.half_depth, StrassenShape::kMaxHalf);
  return std::clamp<int64_t>(t.l2_bytes * 7 / 10 / row_bytes, 12, kMaxHalfRows);
}

/// Floats of scratch of one worker: a line that says which sums there are, S1 .. S4, then the sums of products for one
/// panel.
struct Scratch {
  static constexpr int64_t kLine = 16;
  int64_t sums = 0, products = 0;
  Scratch(const StrassenShape& s, const backend::Target& t) {
    const int64_t rows = half_rows(s, t);
    sums = rows * std::min(s.half_depth, StrassenShape::kMaxHalf);
    products = rows * s.panels.width();
  }
  int64_t total() const { return kLine + (4 * sums + 2 * products + kLine - 1) / kLine * kLine; }
};

/// What the line says: of which rows and which part of the depth the sums are, and whether they hold.
struct SumsOf {
  int64_t rows = -1, part = -1, hold = 0;
};

}  // namespace

struct StrassenProduct::Run {
  StrassenShape shape;
  Scratch scratch;
  const Operands& o;
  int64_t row_blocks = 1;
};

/// Where a block of rows and depth lies, and what was made of it.
struct StrassenProduct::Block {
  int64_t row = 0, upper = 0, lower = 0;  // first row, rows of the upper and the lower half
  int64_t index = 0, half = 0;            // of the depth
  bool sums_hold = false;
  float *s = nullptr, *x = nullptr, *y = nullptr;
  const float *a11[kMaxHalfRows], *a12[kMaxHalfRows], *a21[kMaxHalfRows], *a22[kMaxHalfRows], *sum[4][kMaxHalfRows];
};

/// What one product is added to.
struct StrassenProduct::Destination {
  float* c;
  int64_t stride, row, panel;  // row and panel of the result, where the epilogue's operands are looked up
  bool whole;                  // a panel of scratch memory: all its columns
  bool add, last;
};

std::string StrassenProduct::refusal(int64_t fewest_rows, int64_t depth, const ColumnPanels& columns) {
  if (depth % 2 != 0 || depth < kLeastDepth) return concat("the depth, ", depth, ", is odd or less than ", kLeastDepth);
  if (StrassenShape(depth, columns, true).pairs == 0) return concat(columns.columns, " columns are too few");
  if (fewest_rows < kFewestRows) return concat("there may be fewer than ", kFewestRows, " rows");
  return {};
}

size_t StrassenProduct::packed_bytes(int64_t depth, const ColumnPanels& columns) {
  return static_cast<size_t>(StrassenShape(depth, columns, true).packed_floats()) * 4;
}

size_t StrassenProduct::workspace(int64_t depth, const ColumnPanels& columns, const backend::Target& t) {
  return static_cast<size_t>(Scratch(StrassenShape(depth, columns, true), t).total() * t.threads) * 4;
}

StrassenProduct::StrassenProduct(int64_t depth, const ColumnPanels& columns, int64_t most_rows,
                                 const backend::Target& t, const jit::TileSpec& spec)
    : depth_(depth), panels_(columns), target_(t), isa_(spec.isa), loops_(strassen_loops(t)) {
  // Blocks of rows differ in size: every number of rows a tile. A whole panel beside the last one of the result.
  std::vector<jit::TileForm> forms = tile_forms(isa_, 1, most_rows, columns.columns, columns.columns);
  for (int r = 1; r <= jit::max_tile_rows(isa_); ++r) forms.push_back({r, jit::kMaxTileVectors, false});
  std::sort(forms.begin(), forms.end());
  forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
  kernels_ = jit::TileKernels::get(spec, forms);
}

void StrassenProduct::run(const Operands& o, float* workspace, ThreadPool& pool) const noexcept {
  const StrassenShape shape = packed_shape(o.b, depth_, panels_);
  Run r{shape, Scratch(shape, target_), o};
  r.row_blocks = divide_up(o.result.rows, 2 * half_rows(shape, target_));
  const auto scratch = [&](int worker) { return workspace + worker * r.scratch.total(); };
  for (int w = 0; w < pool.threads(); ++w) new (scratch(w)) SumsOf;
  const int64_t cells = shape.cells();
  if (pool.threads() == 1 || r.row_blocks >= kTasksPerThread * pool.threads())
    return pool.parallel_for(r.row_blocks, [&](int64_t rows, int worker) {
      for (int64_t part = 0; part < shape.blocks(); ++part) run_cells(r, rows, part, 0, cells, scratch(worker));
    });
  // Few rows: a task is a cell. The pool gives a worker the same ones in the next part of the depth: it sums its rows
  // of A once, and adds to what it has in cache.
  for (int64_t part = 0; part < shape.blocks(); ++part)
    pool.parallel_for(r.row_blocks * cells, [&](int64_t task, int worker) {
      const int64_t cell = task % cells;
      run_cells(r, task / cells, part, cell, cell + 1, scratch(worker));
    });
}

/// Cells [c0, c1) of block `rows` of the rows, for block `part` of the depth.
void StrassenProduct::run_cells(const Run& r, int64_t rows, int64_t part, int64_t c0, int64_t c1,
                                float* scratch) const noexcept {
  const int64_t first = rows * r.o.result.rows / r.row_blocks, end = (rows + 1) * r.o.result.rows / r.row_blocks;
  Block b;
  b.row = first;
  b.upper = (end - first + 1) / 2;
  b.lower = end - first - b.upper;
  b.s = scratch + Scratch::kLine;
  b.x = b.s + 4 * r.scratch.sums;
  b.y = b.x + r.scratch.products;
  b.index = part;
  b.half = r.shape.half(part);
  point_at_a(r, b);
  if (c0 < r.shape.pairs) {
    SumsOf& have = *reinterpret_cast<SumsOf*>(scratch);
    if (have.rows != rows || have.part != part) have = {rows, part, sum_a(r, b)};
    b.sums_hold = have.hold != 0;
  }
  for (int64_t cell = c0; cell < c1; ++cell) {
    if (cell >= r.shape.pairs)
      alone(r, b, cell);
    else if (b.sums_hold)
      paired(r, b, cell);
    else
      unsummed(r, b, cell);
  }
}

void StrassenProduct::point_at_a(const Run& r, Block& b) noexcept {
  const float* a = r.o.a + b.row * r.o.a_stride + 2 * r.shape.begin(b.index);
  for (int64_t i = 0; i < b.upper; ++i) {
    b.a11[i] = a + i * r.o.a_stride;
    b.a12[i] = b.a11[i] + b.half;
    b.a21[i] = i < b.lower ? b.a11[i] + b.upper * r.o.a_stride : nullptr;
    b.a22[i] = i < b.lower ? b.a21[i] + b.half : nullptr;
    for (int64_t k = 0; k < 4; ++k) b.sum[k][i] = b.s + k * r.scratch.sums + i * b.half;
  }
}

bool StrassenProduct::sum_a(const Run& r, const Block& b) const noexcept {
  bool hold = true;
  for (int64_t i = 0; i < b.upper; ++i)
    hold &= loops_.sums(b.a11[i], b.a12[i], b.a21[i], b.a22[i], b.half, b.s + i * b.half, r.scratch.sums);
  return hold;
}

StrassenProduct::Destination StrassenProduct::result(const Run& r, const Block& b, int64_t panel, bool lower, bool add,
                                                     bool last) const noexcept {
  const int64_t row = b.row + (lower ? b.upper : 0);
  float* c = r.o.result.c + row * r.o.result.c_stride + panel * r.shape.panels.width();
  return {c, r.o.result.c_stride, row, panel, false, add, last && b.index + 1 == r.shape.blocks()};
}

void StrassenProduct::paired(const Run& r, const Block& b, int64_t cell) const noexcept {
  using S = StrassenShape;
  const ColumnPanels& panels = r.shape.panels;
  const int64_t left = r.shape.panel(cell), right = left + 1, width = panels.width();
  const float* slots = r.o.b + r.shape.offset(b.index, cell);
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

void StrassenProduct::unsummed(const Run& r, const Block& b, int64_t cell) const noexcept {
  using S = StrassenShape;
  const int64_t left = r.shape.panel(cell);
  const float* slots = r.o.b + r.shape.offset(b.index, cell);
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

void StrassenProduct::alone(const Run& r, const Block& b, int64_t cell) const noexcept {
  const float* packed = r.o.b + r.shape.offset(b.index, cell);
  const int64_t panel = r.shape.panel(cell);
  multiply(r, b.a11, b.upper, 2 * b.half, packed, result(r, b, panel, false, b.index > 0, true));
  multiply(r, b.a21, b.lower, 2 * b.half, packed, result(r, b, panel, true, b.index > 0, true));
}

void StrassenProduct::multiply(const Run& r, const float* const* a_rows, int64_t rows, int64_t depth,
                               const float* packed, const Destination& t) const noexcept {
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
  for (int i = 0; i < r.o.result.num_operands; ++i)
    args.operand_strides[static_cast<size_t>(i)] = r.o.result.operands[static_cast<size_t>(i)].row_bytes;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t first = tile * rows / tiles, end = (tile + 1) * rows / tiles;
    form.rows = static_cast<int>(end - first);
    args.a_rows = a_rows + first;
    args.c = t.c + first * t.stride;
    for (int i = 0; t.last && i < r.o.result.num_operands; ++i) {
      const TileLoop::Operand& o = r.o.result.operands[static_cast<size_t>(i)];
      args.operands[static_cast<size_t>(i)] =
          o.data + (t.row + first) * o.row_bytes + t.panel * panels.width() * o.column_bytes;
    }
    kernels_->find(form)(&args);
  }
}

}  // namespace dvt::cpu
