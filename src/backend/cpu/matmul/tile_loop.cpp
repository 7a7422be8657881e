#include "backend/cpu/matmul/tile_loop.h"

#include <algorithm>
#include <set>

namespace dvt::cpu {
namespace {

// Depth of one pass over a block of B: kDepth x 32 floats are 64 KiB, a small part of any L2.
constexpr int64_t kDepth = 512;
constexpr int64_t kLongestUncutDepth = 768;
// Work of one task below which splitting further costs more in hand-off than it gains, about 10 us of one core: of its
// arithmetic, or of reading B where few rows use it.
constexpr double kMinTaskFlops = 1e6, kMinTaskBytes = 2e5;
constexpr int kTasksPerThread = 4, kColumnTasksPerThread = 16;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

void TileLoop::run_tile(jit::TileArgs& args, const float* const* a_rows, int64_t tile, int64_t panel) const noexcept {
  const int64_t row = row_of(tile), column = panel * panels.width();
  const jit::TileForm form{static_cast<int>(row_of(tile + 1) - row), panels.vectors_of(panel),
                           panels.tail_lanes_of(panel) != 0};
  args.a_rows = a_rows;
  args.c = c + row * c_stride + column;
  args.tail_lanes = panels.tail_lanes_of(panel);
  for (int i = 0; i < num_operands; ++i) {
    const Operand& o = operands[static_cast<size_t>(i)];
    args.operands[static_cast<size_t>(i)] = o.data + row * o.row_bytes + column * o.column_bytes;
  }
  kernels->find(form)(&args);
}

// B is small: tiles outside, so that a pixel's channels are read in their order.
void TileLoop::run_by_column(const float* const* a_rows, jit::TileArgs& args, int64_t t0, int64_t t1, int64_t p0,
                             int64_t p1) const noexcept {
  args.segments = segments;
  for (int64_t t = t0; t < t1; ++t)
    for (int64_t p = p0; p < p1; ++p) {
      const int64_t column = p * panels.width();
      args.k_begin = (depth_begin + column) * 4;
      args.b = kind == jit::TileKind::kPlane ? b : b + column * segments;
      run_tile(args, a_rows + (row_of(t) - row_of(t0)) * segments, t, p);
    }
}

void TileLoop::run(const float* const* a_rows, int64_t t0, int64_t t1, int64_t p0, int64_t p1) const noexcept {
  const int64_t first_row = row_of(t0), total_depth = segments * depth;
  const int64_t first_column = b_first_panel * panels.width();
  jit::TileArgs args;
  args.c_stride = c_stride * 4;
  args.b_stride = b_stride;
  for (int i = 0; i < num_operands; ++i)
    args.operand_strides[static_cast<size_t>(i)] = operands[static_cast<size_t>(i)].row_bytes;
  const auto rows_before = [&](int64_t t) { return (row_of(t) - first_row) * segments; };
  if (kind == jit::TileKind::kDepthwise || kind == jit::TileKind::kPlane)
    return run_by_column(a_rows, args, t0, t1, p0, p1);
  for (int64_t s = 0; s < segments; s += blocking.segments) {
    args.segments = std::min(blocking.segments, segments - s);
    int64_t k = pass > 0 ? pass * blocking.depth : 0;
    const int64_t end = pass < 0 ? depth : std::min(depth, k + blocking.depth);
    do {  // a depth of zero still writes C
      args.set_depth(depth_begin + k, depth_begin + std::min(depth, k + blocking.depth));
      args.accumulate = s != 0 || k != 0;
      args.last = s + blocking.segments >= segments && k + blocking.depth >= depth;
      for (int64_t p = p0; p < p1; ++p) {
        const int64_t column = p * panels.width(), b_row = s * depth + k;
        args.b = b_stride != 0 ? b + b_row * (b_stride / 4) + column
                               : b + (column - first_column) * total_depth + b_row * panels.padded_columns_of(p);
        for (int64_t t = t0; t < t1; ++t)
          run_tile(args, a_rows + rows_before(t) + s * (row_of(t + 1) - row_of(t)), t, p);
      }
      k += blocking.depth;
    } while (k < end);
  }
}

void TileLoop::choose_blocking(const backend::Target& target, int threads, int64_t products, bool columns_first,
                               bool passes_apart) {
  const int64_t total_depth = segments * depth, panel_count = panels.count();
  blocking = {.segments = segments, .depth = depth};
  // One tile reads B once, front to back: cutting the depth would only add passes over C.
  if (tiles > 1 && total_depth > kLongestUncutDepth) {
    if (depth > kLongestUncutDepth) {
      blocking.segments = 1;
      blocking.depth = divide_up(divide_up(depth, divide_up(depth, kDepth)), 16) * 16;
    } else {
      const int64_t passes = divide_up(total_depth, kDepth);
      blocking.segments = std::max<int64_t>(1, divide_up(segments, passes));
    }
  }
  // The block of A that a task walks once per panel should stay in L2, beside a panel of B. The segments of a
  // convolution overlap: together they are about two rows of channels a pixel.
  const int64_t pass_depth = std::max<int64_t>(1, segments > 1 ? 2 * depth : blocking.depth);
  const int64_t tile_rows = std::max<int64_t>(1, divide_up(rows, std::max<int64_t>(1, tiles)));
  const int64_t max_tiles =
      std::clamp<int64_t>(target.l2_bytes * 3 / 4 / (pass_depth * 4 * tile_rows), 4, kMaxTilesPerPass);
  int64_t row_tasks = divide_up(tiles, max_tiles), column_tasks = 1;
  const double flops =
      2.0 * static_cast<double>(rows) * static_cast<double>(panels.columns) * static_cast<double>(total_depth);
  int64_t wanted = 1;
  if (threads > 1 && products > 0) {
    const double b_bytes = 4.0 * static_cast<double>(panels.columns) * static_cast<double>(total_depth);
    const double worthwhile = std::max(flops / kMinTaskFlops, b_bytes / kMinTaskBytes) * static_cast<double>(products);
    // Tasks that are columns cost nothing extra where A stays in cache and each reads its own part of a large B: many
    // small ones, then, that wait for nobody when a core is taken away.
    const int64_t a_floats = rows * (passes_apart ? pass_depth : segments > 1 ? pass_depth : total_depth);
    const bool columns_are_free = row_tasks == 1 && a_floats * 4 <= target.l2_bytes * 3 / 4 &&
                                  b_bytes > 0.5 * static_cast<double>(target.l2_bytes);
    columns_first |= columns_are_free;
    const int most = columns_are_free ? kColumnTasksPerThread : kTasksPerThread;
    wanted = divide_up(static_cast<int64_t>(std::clamp(worthwhile, 1.0, 1.0 * most * threads)), products);
  }
  while (row_tasks * column_tasks < wanted) {
    const int64_t task_rows = rows / row_tasks, task_columns = panels.columns / column_tasks;
    const bool can_rows = row_tasks < tiles, can_columns = column_tasks < panel_count;
    if (!can_rows && !can_columns) break;
    if (can_rows && (!can_columns || (!columns_first && task_rows >= task_columns)))
      row_tasks = std::min(tiles, row_tasks * 2);
    else
      column_tasks = std::min(panel_count, column_tasks * 2);
  }
  blocking.tiles_per_task = std::max<int64_t>(1, divide_up(tiles, row_tasks));
  blocking.panels_per_task = std::max<int64_t>(1, divide_up(panel_count, column_tasks));
  blocking.row_tasks = divide_up(tiles, blocking.tiles_per_task);
  blocking.column_tasks = divide_up(panel_count, blocking.panels_per_task);
}

std::vector<jit::TileForm> tile_forms(jit::VectorIsa isa, int64_t min_rows, int64_t max_rows, int64_t min_columns,
                                      int64_t max_columns) {
  std::set<int> row_counts;
  const int limit = jit::max_tile_rows(isa);
  if (min_rows == max_rows && max_rows > 0) {
    const int64_t tiles = tile_count(max_rows, isa);
    row_counts = {static_cast<int>(max_rows / tiles), static_cast<int>(divide_up(max_rows, tiles))};
  } else {
    for (int r = 1; r <= std::min<int64_t>(limit, max_rows); ++r) row_counts.insert(r);
  }
  std::set<jit::TileForm> forms;
  const auto add = [&](int vectors, bool masked) {
    for (int r : row_counts) forms.insert({r, vectors, masked});
  };
  const ColumnPanels panels{max_columns, jit::lanes(isa)};
  if (min_columns == max_columns) {
    for (int64_t p = std::max<int64_t>(0, panels.count() - 2); p < panels.count(); ++p)
      add(panels.vectors_of(p), panels.tail_lanes_of(p) != 0);
  } else {
    for (int v = 1; v <= jit::kMaxTileVectors; ++v)
      for (bool masked : {false, true}) add(v, masked);
  }
  return {forms.begin(), forms.end()};
}

}  // namespace dvt::cpu
