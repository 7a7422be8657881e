#include "backend/cpu/conv/tile_conv.h"

#include <algorithm>

#include "backend/cpu/common/parallel.h"
#include "backend/cpu/conv/row_table.h"
#include "backend/cpu/conv/to_channels_last.h"
#include "backend/cpu/matmul/pack.h"
#include "base/aligned_buffer.h"
#include "base/concat.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Layout;
using backend::Problem;

namespace {

constexpr int64_t kMaxPassRows = TileLoop::kMaxTilesPerPass * 12;

int64_t round_up(int64_t n) { return (n + 15) / 16 * 16; }

// One filter a channel: summed column by column, all groups in one product.
bool is_depthwise(const ConvShape& s) { return s.groups > 1 && s.group_channels() == 1 && s.group_filters() == 1; }

// Filters of one product.
int64_t product_filters(const ConvShape& s) { return is_depthwise(s) ? s.filters : s.group_filters(); }

// Scratch: the rewritten x (shared), then per worker the pointer table and copies of merged rows. In floats.
struct Scratch {
  int64_t x = 0, table = 0, copies = 0;
  int64_t per_worker() const { return table + copies; }
};

Scratch scratch_for(const ConvShape& padded, bool merged, bool rewrite) {
  Scratch s;
  const int64_t rows = std::min(padded.images * padded.out_pixels(), kMaxPassRows);
  if (rewrite) s.x = round_up(padded.images * padded.in_pixels() * padded.channels);
  s.table = round_up(rows * RowTable::segments(padded, merged) * 2);
  if (merged && !rewrite)
    s.copies = round_up(rows * RowTable::segments(padded, merged) * RowTable::depth(padded, merged));
  return s;
}

// Merged taps are read as one run of x.
bool merges(const Problem& p, const ConvShape& s) { return RowTable::merges(s) && !p.inputs[0].is_slice(); }

class TileConv final : public backend::Kernel {
 public:
  TileConv(const Problem& p, const backend::Target& t, jit::VectorIsa isa)
      : geometry_(p),
        target_(t),
        isa_(isa),
        rewrite_(p.inputs[0].layout == Layout::plain),
        merged_(merges(p, geometry_.fixed())),
        depthwise_(is_depthwise(geometry_.fixed())),
        fold_(folds_images(p, isa)),
        map_(p, pixel_axes(p, fold_)) {
    const ConvShape& s = geometry_.fixed();
    const auto& y = p.outputs[0].dims;
    DimRange rows = fold_ ? y[0] : DimRange{1, 1, 1};
    for (size_t i = 2; i < y.size(); ++i) rows = {rows.min * y[i].min, rows.opt * y[i].opt, rows.max * y[i].max};
    kernels_ = jit::TileKernels::get(map_.spec(isa, depthwise_ ? jit::TileKind::kDepthwise : jit::TileKind::kPacked),
                                     tile_forms(isa, rows.min, rows.max, product_filters(s), product_filters(s)));
    zeros_ = AlignedBuffer(static_cast<size_t>(RowTable::zeros(s)) * 4);
    std::fill_n(zeros_.as<float>(), RowTable::zeros(s), 0.0f);
  }

  void run(const LaunchArgs& args) const noexcept override {
    ConvShape shape = geometry_.at(args);
    if (shape.images * shape.out_pixels() == 0) return;
    const float* x = static_cast<const float*>(args.inputs[0].data);
    if (rewrite_) {
      const ConvShape padded = with_padding(shape);
      to_channels_last(shape, padded, x, static_cast<float*>(args.workspace), *args.pool);
      x = static_cast<const float*>(args.workspace);
      shape = padded;
    }
    Run r{.shape = shape, .x = x};
    r.groups = depthwise_ ? 1 : shape.groups;
    r.products = (fold_ ? 1 : shape.images) * r.groups;
    TileLoop& loop = r.loop;
    loop.kernels = kernels_.get();
    loop.rows = (fold_ ? shape.images : 1) * shape.out_pixels();
    loop.tiles = tile_count(loop.rows, isa_);
    loop.panels = {product_filters(shape), jit::lanes(isa_)};
    loop.depth = RowTable::depth(shape, merged_);
    loop.kind = depthwise_ ? jit::TileKind::kDepthwise : jit::TileKind::kPacked;
    loop.segments = RowTable::segments(shape, merged_);
    loop.c_stride = shape.y.position;
    loop.choose_blocking(target_, args.pool->threads(), r.products, false);
    r.scratch = scratch_for(shape, merged_, rewrite_);
    args.pool->parallel_for(r.products * loop.blocking.tasks(),
                            [&](int64_t index, int worker) { run_task(args, r, index, worker); });
  }

 private:
  struct Run {
    ConvShape shape;
    const float* x;
    TileLoop loop;
    int64_t groups = 1, products = 1;
    Scratch scratch;
  };

  void run_task(const LaunchArgs& args, const Run& r, int64_t index, int worker) const noexcept {
    TileLoop loop = r.loop;
    const ConvShape& s = r.shape;
    const Blocking& blocking = loop.blocking;
    const int64_t product = index / blocking.tasks(), part = index % blocking.tasks();
    const int64_t image = product / r.groups, group = product % r.groups;
    const int64_t t0 = part / blocking.column_tasks * blocking.tiles_per_task;
    const int64_t t1 = std::min(loop.tiles, t0 + blocking.tiles_per_task);
    const int64_t p0 = part % blocking.column_tasks * blocking.panels_per_task;
    const int64_t p1 = std::min(loop.panels.count(), p0 + blocking.panels_per_task);
    const int64_t first_filter = group * s.group_filters();
    loop.depth_begin = group * s.group_channels();
    loop.b =
        static_cast<const float*>(args.inputs[1].data) + group * loop.panels.packed_floats(loop.segments * loop.depth);
    loop.c = static_cast<float*>(args.outputs[0].data) + image * s.y.image + first_filter;
    map_.bind(args, image, loop);
    for (int i = 0; i < loop.num_operands; ++i) {
      TileLoop::Operand& o = loop.operands[static_cast<size_t>(i)];
      o.data += first_filter * o.column_bytes;
    }
    float* scratch = static_cast<float*>(args.workspace) + r.scratch.x + worker * r.scratch.per_worker();
    const float** table = reinterpret_cast<const float**>(scratch);
    int64_t offsets[1024];
    const RowTable rows(s, merged_, r.x, zeros_.as<float>(), offsets);
    for (int64_t t = t0; t < t1; t += TileLoop::kMaxTilesPerPass) {
      const int64_t end = std::min(t1, t + TileLoop::kMaxTilesPerPass);
      rows.fill(loop, t, end, image, table, scratch + r.scratch.table);
      loop.run(table, t, end, p0, p1);
    }
  }

  ConvGeometry geometry_;
  backend::Target target_;
  jit::VectorIsa isa_;
  bool rewrite_, merged_, depthwise_, fold_;
  EpilogueMap map_;
  std::shared_ptr<const jit::TileKernels> kernels_;
  AlignedBuffer zeros_;
};

}  // namespace

ResultAxes pixel_axes(const Problem& p, bool fold_images) {
  const int rank = p.outputs[0].rank();
  ResultAxes axes;
  axes.order.push_back(0);
  for (int i = 2; i < rank; ++i) axes.order.push_back(i);
  axes.order.push_back(1);
  axes.outer = fold_images ? 0 : 1;
  axes.rows = rank - 1 - axes.outer;
  return axes;
}

bool folds_images(const Problem& p, jit::VectorIsa isa) {
  return EpilogueMap::refusal(p, pixel_axes(p, true), isa).empty();
}

std::string tile_conv_refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  if (std::string reason = conv_refusal(p, t, jit::required_isa(isa)); !reason.empty()) return reason;
  if (p.outputs[0].layout != Layout::channels_last) return "the result is not channels-last";
  return EpilogueMap::refusal(p, pixel_axes(p, folds_images(p, isa)), isa);
}

size_t tile_conv_packed_bytes(const Problem& p, jit::VectorIsa isa) {
  const ConvShape s = ConvGeometry(p).fixed();
  const ColumnPanels panels{product_filters(s), jit::lanes(isa)};
  const int64_t floats =
      is_depthwise(s) ? panels.packed_floats(s.taps()) : s.groups * panels.packed_floats(s.taps() * s.group_channels());
  return static_cast<size_t>(floats) * 4;
}

/// [filter][channel][tap] to panels of [tap][channel][filter], some channels of a panel at a time.
static void pack_taps(const float* w, int64_t taps, int64_t channels, const ColumnPanels& panels, float* packed,
                      ThreadPool& pool) {
  constexpr int64_t kBlockFloats = 8192;
  const int64_t block = std::clamp<int64_t>(kBlockFloats / (taps * panels.width()), 1, channels);
  const double panel_ns = 0.5 * static_cast<double>(taps * channels * panels.width());
  parallel_for(pool, panels.count(), panel_ns, [&](int64_t p0, int64_t p1) {
    std::vector<float> rows(static_cast<size_t>(block * taps * panels.width()));
    for (int64_t p = p0; p < p1; ++p) {
      const int64_t first = p * panels.width(), padded = panels.padded_columns_of(p);
      float* out = packed + first * taps * channels;
      for (int64_t c0 = 0; c0 < channels; c0 += block) {
        const int64_t count = std::min(block, channels - c0);
        transpose(w + (first * channels + c0) * taps, channels * taps, panels.columns_of(p), count * taps, rows.data(),
                  padded);
        for (int64_t t = 0; t < taps; ++t)
          for (int64_t c = 0; c < count; ++c)
            std::copy_n(rows.data() + (c * taps + t) * padded, padded, out + (t * channels + c0 + c) * padded);
      }
    }
  });
}

void tile_conv_pack(const Problem& p, jit::VectorIsa isa, const backend::PackArgs& args) {
  // From [filter][channel][tap] to, per group, panels of [tap][channel][filter]; merged taps keep this order.
  const ConvShape s = ConvGeometry(p).fixed();
  const ColumnPanels panels{product_filters(s), jit::lanes(isa)};
  const int64_t taps = s.taps(), channels = is_depthwise(s) ? 1 : s.group_channels(), depth = taps * channels;
  const float* w = reinterpret_cast<const float*>(args.data.data());
  float* packed = reinterpret_cast<float*>(args.packed.data());
  for (int64_t g = 0; g < (is_depthwise(s) ? 1 : s.groups); ++g) {
    const float* group = w + g * panels.columns * depth;
    float* out = packed + g * panels.packed_floats(depth);
    if (taps == 1 || channels == 1)
      pack_matrix(group, true, depth, panels, out, args.pool);
    else
      pack_taps(group, taps, channels, panels, out, args.pool);
  }
}

size_t tile_conv_workspace(const Problem& p, const backend::Target& t, jit::VectorIsa) {
  const ConvGeometry geometry(p);
  const bool rewrite = p.inputs[0].layout == Layout::plain;
  ConvShape s = geometry.at_max(p);
  if (rewrite) s = with_padding(s);
  const Scratch scratch = scratch_for(s, merges(p, s), rewrite);
  return static_cast<size_t>(scratch.x + scratch.per_worker() * t.threads) * 4;
}

std::unique_ptr<backend::Kernel> make_tile_conv(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  return std::make_unique<TileConv>(p, t, isa);
}

}  // namespace dvt::cpu
