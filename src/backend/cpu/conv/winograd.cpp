// f32 3x3 convolution at stride 1 on channels-last tensors by Winograd's F(2x2, 3x3) or F(4x4, 3x3): 2.25 or 4 times
// fewer products than the direct form. A task takes a block of result tiles and some filters: it transforms the input
// into 16 or 36 matrices (tiles x channels), multiplies each with its transformed filter, and transforms the products
// back through the epilogue.
//
// F(2x2) only adds, subtracts and halves: its rounding errors are near the direct form's. Those of F(4x4) are about
// twice as large on average, far below the bound of a sum of that many products.
#include <algorithm>

#include "backend/cpu/conv/row_table.h"
#include "backend/cpu/conv/winograd_pack.h"
#include "backend/cpu/jit/winograd_kernels.h"
#include "backend/cpu/matmul/epilogue.h"
#include "backend/tactic.h"
#include "base/aligned_buffer.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Layout;
using backend::Problem;

namespace {

using jit::WinogradForm;
constexpr int64_t kMinChannels = 16;  // below, the transforms outweigh the saved products
constexpr int64_t kMaxBlockTiles = 384;

ResultAxes result_axes() { return {.order = {0, 2, 3, 1}, .outer = 0, .rows = 3}; }

int64_t round_up(int64_t n) { return (n + 15) / 16 * 16; }

// The grid of result tiles as a convolution with a window of an input tile: what RowTable makes pointers for.
ConvShape tile_grid(const ConvShape& s, WinogradForm form) {
  const int64_t m = form.output;
  ConvShape g = s;
  g.kernel = {1, form.tile(), form.tile()};
  g.stride = {1, m, m};
  g.out = {1, (s.out[1] + m - 1) / m, (s.out[2] + m - 1) / m};
  return g;
}

// Scratch of one worker, in floats: pointers and pixel indices of a block, V and M.
struct Scratch {
  int64_t tiles = 0, pixels = 0, indices = 0, v = 0, m = 0;
  int64_t total() const { return pixels + indices + v + m; }
};

Scratch scratch_for(const ConvShape& grid, WinogradForm form, int lanes, const backend::Target& t) {
  Scratch s;
  const int64_t filters = (grid.filters + lanes - 1) / lanes * lanes;
  // V and M together may take twice L2: each of their slices is used alone.
  const int64_t fitting = 2 * t.l2_bytes / (form.points() * 4 * (grid.channels + filters));
  s.tiles =
      std::min(std::clamp<int64_t>(fitting, 24, kMaxBlockTiles), std::max<int64_t>(1, grid.images * grid.out_pixels()));
  s.pixels = round_up(s.tiles * form.points() * 2);
  s.indices = round_up(s.tiles * form.pixels() * 2);
  s.v = round_up(form.points() * s.tiles * grid.channels);
  s.m = round_up(form.points() * s.tiles * filters);
  return s;
}

class WinogradConv final : public backend::Kernel {
 public:
  WinogradConv(const Problem& p, const backend::Target& t, jit::VectorIsa isa, WinogradForm form)
      : form_(form), geometry_(p), target_(t), isa_(isa), map_(p, result_axes()) {
    const ConvShape& s = geometry_.fixed();
    jit::TileSpec plain;
    plain.isa = isa;
    products_ = jit::TileKernels::get(plain, tile_forms(isa, 1, kMaxBlockTiles, s.filters, s.filters));
    transforms_ = jit::WinogradKernels::get(map_.spec(isa, jit::TileKind::kPacked), form, s.channels);
    zeros_ = AlignedBuffer(static_cast<size_t>(s.channels) * 4);
    std::fill_n(zeros_.as<float>(), s.channels, 0.0f);
  }

  void run(const LaunchArgs& args) const noexcept override {
    Run r{.shape = geometry_.at(args)};
    r.grid = tile_grid(r.shape, form_);
    r.tiles = r.grid.images * r.grid.out_pixels();
    if (r.tiles == 0) return;
    r.scratch = scratch_for(r.grid, form_, jit::lanes(isa_), target_);
    r.panels = {r.shape.filters, jit::lanes(isa_)};
    r.row_tasks = (r.tiles + r.scratch.tiles - 1) / r.scratch.tiles;
    // Filters are split over tasks when there are too few blocks for the threads; each then transforms its own input.
    const int threads = args.pool->threads();
    if (threads > 1) r.column_tasks = std::clamp<int64_t>(2 * threads / r.row_tasks, 1, r.panels.count());
    args.pool->parallel_for(r.row_tasks * r.column_tasks, [&](int64_t index, int worker) {
      const int64_t row = index / r.column_tasks, column = index % r.column_tasks;
      run_block(args, r, r.tiles * row / r.row_tasks, r.tiles * (row + 1) / r.row_tasks,
                r.panels.count() * column / r.column_tasks, r.panels.count() * (column + 1) / r.column_tasks, worker);
    });
  }

 private:
  struct Run {
    ConvShape shape, grid;
    int64_t tiles = 0, row_tasks = 1, column_tasks = 1;
    Scratch scratch;
    ColumnPanels panels;
  };

  void run_block(const LaunchArgs& args, const Run& r, int64_t begin, int64_t end, int64_t p0, int64_t p1,
                 int worker) const noexcept {
    const int64_t count = end - begin, channels = r.shape.channels;
    float* scratch = static_cast<float*>(args.workspace) + worker * r.scratch.total();
    const float** pixels = reinterpret_cast<const float**>(scratch);
    int64_t* indices = reinterpret_cast<int64_t*>(scratch + r.scratch.pixels);
    float* v = scratch + r.scratch.pixels + r.scratch.indices;
    float* m = v + r.scratch.v;
    int64_t offsets[jit::kMaxWinogradPoints];
    TileLoop each;  // one row a tile: its pointers in a row
    each.rows = each.tiles = r.tiles;
    RowTable(r.grid, false, static_cast<const float*>(args.inputs[0].data), zeros_.as<float>(), offsets)
        .fill(each, begin, end, 0, pixels, nullptr);
    transforms_->input({pixels, count, v, count * channels * 4, channels * 4});
    const int64_t first = p0 * r.panels.width(), last = p1 < r.panels.count() ? p1 * r.panels.width() : r.shape.filters;
    const int64_t lanes = jit::lanes(isa_), columns = (last - first + lanes - 1) / lanes * lanes;
    multiply(args, r, v, m, count, columns, p0, p1);
    fill_indices(r, begin, end, indices);
    write_back(args, r, m, count, columns, first, last, indices);
  }

  void multiply(const LaunchArgs& args, const Run& r, const float* v, float* m, int64_t count, int64_t columns,
                int64_t p0, int64_t p1) const noexcept {
    const float* rows[kMaxBlockTiles];
    TileLoop loop;
    loop.kernels = products_.get();
    loop.rows = count;
    loop.tiles = tile_count(count, isa_);
    loop.panels = r.panels;
    loop.depth = r.shape.channels;
    loop.c_stride = columns;
    loop.choose_blocking(target_, 1, 1, false);
    for (int64_t point = 0; point < form_.points(); ++point) {
      for (int64_t i = 0; i < count; ++i) rows[i] = v + (point * count + i) * loop.depth;
      loop.b = static_cast<const float*>(args.inputs[1].data) + point * r.panels.packed_floats(loop.depth);
      loop.c = m + point * count * columns - p0 * r.panels.width();  // run() counts columns from panel 0
      loop.run(rows, 0, loop.tiles, p0, p1);
    }
  }

  void fill_indices(const Run& r, int64_t begin, int64_t end, int64_t* indices) const noexcept {
    const int64_t height = r.shape.out[1], width = r.shape.out[2], across = r.grid.out[2], down = r.grid.out[1];
    for (int64_t t = begin; t < end; ++t) {
      const int64_t m = form_.output, x = t % across * m, y = t / across % down * m, image = t / across / down;
      for (int64_t i = 0; i < form_.pixels(); ++i) {
        const int64_t py = y + i / m, px = x + i % m;
        *indices++ = py < height && px < width ? (image * height + py) * width + px : -1;
      }
    }
  }

  void write_back(const LaunchArgs& args, const Run& r, const float* m, int64_t count, int64_t columns, int64_t first,
                  int64_t last, const int64_t* indices) const noexcept {
    TileLoop operands;
    map_.bind(args, 0, operands);
    jit::WinogradOutputArgs out;
    out.m = m;
    out.point_bytes = count * columns * 4;
    out.tile_bytes = columns * 4;
    out.tiles = count;
    out.pixels = indices;
    out.y = static_cast<float*>(args.outputs[0].data) + first;
    out.y_stride = r.shape.y.position * 4;
    out.tail_lanes = (last - first) % jit::lanes(isa_);
    out.filters = last - first - out.tail_lanes;
    for (size_t i = 0; i < static_cast<size_t>(operands.num_operands); ++i) {
      out.operands[i] = operands.operands[i].data + first * operands.operands[i].column_bytes;
      out.operand_strides[i] = operands.operands[i].row_bytes;
    }
    transforms_->output(out);
  }

  WinogradForm form_;
  ConvGeometry geometry_;
  backend::Target target_;
  jit::VectorIsa isa_;
  EpilogueMap map_;
  std::shared_ptr<const jit::TileKernels> products_;
  std::shared_ptr<const jit::WinogradKernels> transforms_;
  AlignedBuffer zeros_;
};

std::string refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  if (std::string reason = conv_refusal(p, t, jit::required_isa(isa)); !reason.empty()) return reason;
  if (p.inputs[0].layout != Layout::channels_last || p.outputs[0].layout != Layout::channels_last)
    return "x and y are not both channels-last";
  if (p.outputs[0].rank() != 4) return "not two spatial dimensions";
  const ConvShape s = ConvGeometry(p).fixed();
  if (s.kernel != std::array<int64_t, 3>{1, 3, 3}) return "the window is not 3x3";
  if (s.stride[1] != 1 || s.stride[2] != 1 || s.dilation[1] != 1 || s.dilation[2] != 1)
    return "strides or dilations are not 1";
  if (s.groups != 1) return "has groups";
  if (s.channels < kMinChannels || s.filters < kMinChannels) return "fewer than 16 channels or filters";
  return EpilogueMap::refusal(p, result_axes(), isa);
}

size_t packed_bytes(const Problem& p, jit::VectorIsa isa, WinogradForm form) {
  const ConvShape s = ConvGeometry(p).fixed();
  return static_cast<size_t>(form.points() * ColumnPanels{s.filters, jit::lanes(isa)}.packed_floats(s.channels)) * 4;
}

void pack(const Problem& p, jit::VectorIsa isa, WinogradForm form, const backend::PackArgs& args) {
  const ConvShape s = ConvGeometry(p).fixed();
  pack_winograd(reinterpret_cast<const float*>(args.data.data()), s.channels, {s.filters, jit::lanes(isa)}, form,
                reinterpret_cast<float*>(args.packed.data()), args.pool);
}

template <jit::VectorIsa kIsa, int kOutput>
backend::Tactic tactic() {
  static constexpr WinogradForm kForm{kOutput};
  backend::Tactic t;
  t.version = 1;
  t.slices = true;
  t.work = static_cast<double>(kForm.points()) / static_cast<double>(9 * kForm.pixels());
  t.isa = jit::abilities(kIsa);
  t.supports = [](const Problem& p, const backend::Target& target) {
    std::string reason = refusal(p, target, kIsa);
    return reason.empty() ? backend::Support::yes() : backend::Support::no(std::move(reason));
  };
  t.workspace = [](const Problem& p, const backend::Target& target) {
    const Scratch s = scratch_for(tile_grid(ConvGeometry(p).at_max(p), kForm), kForm, jit::lanes(kIsa), target);
    return static_cast<size_t>(s.total() * target.threads) * 4;
  };
  t.pack = [](const Problem& p, const backend::Target&, const backend::PackArgs& args) { pack(p, kIsa, kForm, args); };
  t.packed_bytes = [](const Problem& p, const backend::Target&, int input) {
    return input == 1 ? packed_bytes(p, kIsa, kForm) : 0;
  };
  t.create = [](const Problem& p, const backend::Target& target) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<WinogradConv>(p, target, kIsa, kForm);
  };
  return t;
}

}  // namespace

backend::Tactic conv_winograd4_avx512() { return tactic<jit::VectorIsa::kAvx512, 4>(); }
backend::Tactic conv_winograd2_avx512() { return tactic<jit::VectorIsa::kAvx512, 2>(); }
backend::Tactic conv_winograd4_avx2() { return tactic<jit::VectorIsa::kAvx2, 4>(); }
backend::Tactic conv_winograd2_avx2() { return tactic<jit::VectorIsa::kAvx2, 2>(); }

}  // namespace dvt::cpu
