#include "backend/cpu/conv/plain_conv.h"

#include <algorithm>

#include "backend/cpu/conv/im2col.h"
#include "backend/cpu/matmul/epilogue.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Layout;
using backend::Problem;

namespace {

constexpr int64_t kMaxPassRows = TileLoop::kMaxTilesPerPass * 12;

ResultAxes result_axes(const Problem& p) {
  ResultAxes axes{.order = {}, .outer = 1, .rows = 1};
  for (int i = 0; i < p.outputs[0].rank(); ++i) axes.order.push_back(i);
  return axes;
}

int64_t depth_of(const ConvShape& s) { return s.group_channels() * s.taps(); }

// Panels packed at once: what half of L2 holds, at least one, no more than there are.
int64_t panels_at_once(const ConvShape& s, const ColumnPanels& panels, const backend::Target& t) {
  return std::clamp<int64_t>(t.l2_bytes / 2 / std::max<int64_t>(1, depth_of(s) * panels.width() * 4), 1,
                             std::max<int64_t>(1, panels.count()));
}

int64_t scratch_floats(const ConvShape& s, const ColumnPanels& panels, const backend::Target& t) {
  return panels_at_once(s, panels, t) * panels.width() * depth_of(s);
}

class PlainConv final : public backend::Kernel {
 public:
  PlainConv(const Problem& p, const backend::Target& t, jit::VectorIsa isa)
      : geometry_(p), target_(t), isa_(isa), map_(p, result_axes(p)) {
    const ConvShape& s = geometry_.fixed();
    DimRange pixels{1, 1, 1};
    for (size_t i = 2; i < p.outputs[0].dims.size(); ++i) {
      const DimRange& d = p.outputs[0].dims[i];
      pixels = {pixels.min * d.min, pixels.opt * d.opt, pixels.max * d.max};
    }
    kernels_ = jit::TileKernels::get(map_.spec(isa, jit::TileKind::kPacked),
                                     tile_forms(isa, s.group_filters(), s.group_filters(), pixels.min, pixels.max));
  }

  void run(const LaunchArgs& args) const noexcept override {
    Run r{.shape = geometry_.at(args)};
    const ConvShape& s = r.shape;
    if (s.images * s.out_pixels() * s.filters == 0) return;
    TileLoop& loop = r.loop;
    loop.kernels = kernels_.get();
    loop.rows = s.group_filters();
    loop.tiles = tile_count(loop.rows, isa_);
    loop.panels = {s.out_pixels(), jit::lanes(isa_)};
    loop.depth = depth_of(s);
    loop.c_stride = s.out_pixels();
    loop.choose_blocking(target_, args.pool->threads(), s.images * s.groups, true);
    r.scratch = scratch_floats(s, loop.panels, target_);
    args.pool->parallel_for(s.images * s.groups * loop.blocking.tasks(),
                            [&](int64_t index, int worker) { run_task(args, r, index, worker); });
  }

 private:
  struct Run {
    ConvShape shape;
    TileLoop loop;
    int64_t scratch = 0;
  };

  void run_task(const LaunchArgs& args, const Run& r, int64_t index, int worker) const noexcept {
    TileLoop loop = r.loop;
    const ConvShape& s = r.shape;
    const Blocking& blocking = loop.blocking;
    const int64_t product = index / blocking.tasks(), part = index % blocking.tasks();
    const int64_t image = product / s.groups, group = product % s.groups, first_filter = group * s.group_filters();
    const int64_t t0 = part / blocking.column_tasks * blocking.tiles_per_task;
    const int64_t t1 = std::min(loop.tiles, t0 + blocking.tiles_per_task);
    const int64_t p0 = part % blocking.column_tasks * blocking.panels_per_task;
    const int64_t p1 = std::min(loop.panels.count(), p0 + blocking.panels_per_task);
    const float* x =
        static_cast<const float*>(args.inputs[0].data) + image * s.x.image + group * s.group_channels() * s.in_pixels();
    const float* w = static_cast<const float*>(args.inputs[1].data) + first_filter * loop.depth;
    loop.c = static_cast<float*>(args.outputs[0].data) + image * s.y.image + first_filter * s.out_pixels();
    map_.bind(args, image, loop);
    for (int i = 0; i < loop.num_operands; ++i) {
      TileLoop::Operand& o = loop.operands[static_cast<size_t>(i)];
      o.data += first_filter * o.row_bytes;
    }
    float* packed = static_cast<float*>(args.workspace) + worker * r.scratch;
    const int64_t step = std::min(p1 - p0, panels_at_once(s, loop.panels, target_));
    for (int64_t p = p0; p < p1; p += step) {
      const int64_t end = std::min(p1, p + step);
      im2col_panels(s, x, loop.panels, p, end, packed);
      loop.b = packed;
      loop.b_first_panel = p;
      run_rows(loop, w, t0, t1, p, end);
    }
  }

  static void run_rows(const TileLoop& loop, const float* w, int64_t t0, int64_t t1, int64_t p0, int64_t p1) noexcept {
    const float* rows[kMaxPassRows];
    for (int64_t t = t0; t < t1; t += TileLoop::kMaxTilesPerPass) {
      const int64_t end = std::min(t1, t + TileLoop::kMaxTilesPerPass), first = loop.row_of(t);
      for (int64_t i = first; i < loop.row_of(end); ++i) rows[i - first] = w + i * loop.depth;
      loop.run(rows, t, end, p0, p1);
    }
  }

  ConvGeometry geometry_;
  backend::Target target_;
  jit::VectorIsa isa_;
  EpilogueMap map_;
  std::shared_ptr<const jit::TileKernels> kernels_;
};

}  // namespace

std::string plain_conv_refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  if (std::string reason = conv_refusal(p, t, jit::required_isa(isa)); !reason.empty()) return reason;
  if (p.inputs[0].layout != Layout::plain || p.outputs[0].layout != Layout::plain) return "x and y are not both plain";
  return EpilogueMap::refusal(p, result_axes(p), isa);
}

size_t plain_conv_workspace(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  const ConvShape s = ConvGeometry(p).at_max(p);
  const ColumnPanels panels{s.out_pixels(), jit::lanes(isa)};
  return static_cast<size_t>(scratch_floats(s, panels, t) * t.threads) * 4;
}

std::unique_ptr<backend::Kernel> make_plain_conv(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  return std::make_unique<PlainConv>(p, t, isa);
}

}  // namespace dvt::cpu
