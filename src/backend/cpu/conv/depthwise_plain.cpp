// f32 depthwise convolution on row-major tensors: rows of a tile are output rows of one channel, columns are pixels of
// the row, segments are taps. Where there is padding or a horizontal stride, each channel is first copied with zeros
// around it and its columns sorted by their remainder of the stride, so that a tap's pixels are neighbours again.
#include <algorithm>
#include <cstring>

#include "backend/cpu/conv/conv_shape.h"
#include "backend/cpu/conv/to_channels_last.h"
#include "backend/cpu/jit/assembler.h"
#include "backend/cpu/matmul/epilogue.h"
#include "backend/tactic.h"
#include "base/concat.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Layout;
using backend::Problem;

namespace {

ResultAxes result_axes(const Problem& p) {
  const int rank = p.outputs[0].rank();
  ResultAxes axes{.order = {}, .outer = 2, .rows = rank - 3};
  for (int i = 0; i < rank; ++i) axes.order.push_back(i);
  return axes;
}

// How one channel lies in memory: rows of `stride` groups of `width` columns.
struct Plane {
  ConvShape shape;  // with its padding
  bool copied = false;
  int64_t phases = 1, width = 0;

  int64_t row_floats() const { return phases * width; }
  int64_t floats() const { return shape.in[0] * shape.in[1] * row_floats(); }
  int64_t rows() const { return shape.out[0] * shape.out[1]; }
};

int64_t round_up(int64_t n) { return (n + 15) / 16 * 16; }

Plane plane_of(const ConvShape& s) {
  Plane plane;
  plane.shape = with_padding(s);
  plane.copied = plane.shape.in != s.in || s.stride[2] != 1;
  plane.phases = s.stride[2];
  plane.width = (plane.shape.in[2] + plane.phases - 1) / plane.phases;
  return plane;
}

void copy_plane(const ConvShape& s, const Plane& plane, const float* x, float* out) noexcept {
  const auto& padded = plane.shape.in;
  for (int64_t z = 0; z < padded[0]; ++z)
    for (int64_t y = 0; y < padded[1]; ++y, out += plane.row_floats()) {
      const int64_t iz = z - s.pad[0], iy = y - s.pad[1];
      if (iz < 0 || iz >= s.in[0] || iy < 0 || iy >= s.in[1]) {
        std::memset(out, 0, static_cast<size_t>(plane.row_floats()) * 4);
        continue;
      }
      const float* row = x + (iz * s.in[1] + iy) * s.in[2];
      for (int64_t f = 0; f < plane.phases; ++f) {
        float* to = out + f * plane.width;
        const int64_t first = f - s.pad[2];  // input column of to[0]
        const int64_t begin = first >= 0 ? 0 : std::min(plane.width, (-first + plane.phases - 1) / plane.phases);
        const int64_t end = first >= s.in[2]
                                ? begin
                                : std::clamp((s.in[2] - first + plane.phases - 1) / plane.phases, begin, plane.width);
        for (int64_t i = 0; i < begin; ++i) to[i] = 0;
        if (plane.phases == 1)
          std::memcpy(to + begin, row + first + begin, static_cast<size_t>(end - begin) * 4);
        else
          for (int64_t i = begin; i < end; ++i) to[i] = row[first + i * plane.phases];
        for (int64_t i = end; i < plane.width; ++i) to[i] = 0;
      }
    }
}

// [tile][tap][output row] for all tiles, as TileLoop takes it.
void fill_table(const Plane& plane, const TileLoop& loop, const float* base, const float** table) noexcept {
  const ConvShape& s = plane.shape;
  for (int64_t t = 0; t < loop.tiles; ++t)
    for (int64_t z = 0; z < s.kernel[0]; ++z)
      for (int64_t y = 0; y < s.kernel[1]; ++y)
        for (int64_t c = 0; c < s.kernel[2]; ++c) {
          const int64_t x = c * s.dilation[2], at = x % plane.phases * plane.width + x / plane.phases;
          for (int64_t r = loop.row_of(t); r < loop.row_of(t + 1); ++r) {
            const int64_t iz = r / s.out[1] * s.stride[0] + z * s.dilation[0];
            const int64_t iy = r % s.out[1] * s.stride[1] + y * s.dilation[1];
            *table++ = base + (iz * s.in[1] + iy) * plane.row_floats() + at;
          }
        }
}

class DepthwisePlain final : public backend::Kernel {
 public:
  DepthwisePlain(const Problem& p, jit::VectorIsa isa) : geometry_(p), isa_(isa), map_(p, result_axes(p)) {
    const auto& y = p.outputs[0].dims;
    DimRange rows{1, 1, 1};
    for (size_t i = 2; i + 1 < y.size(); ++i) rows = {rows.min * y[i].min, rows.opt * y[i].opt, rows.max * y[i].max};
    kernels_ = jit::TileKernels::get(map_.spec(isa, jit::TileKind::kPlane),
                                     tile_forms(isa, rows.min, rows.max, y.back().min, y.back().max));
  }

  void run(const LaunchArgs& args) const noexcept override {
    const ConvShape s = geometry_.at(args);
    const Plane plane = plane_of(s);
    const int64_t planes = s.images * s.channels;
    if (planes * s.out_pixels() == 0) return;
    TileLoop loop;
    loop.kernels = kernels_.get();
    loop.kind = jit::TileKind::kPlane;
    loop.rows = plane.rows();
    loop.tiles = tile_count(loop.rows, isa_);
    loop.panels = {s.out[2], jit::lanes(isa_)};
    loop.segments = s.taps();
    loop.depth = 1;
    loop.c_stride = s.out[2];
    // A task takes enough channels to be worth handing over and to share one pointer table.
    constexpr int64_t kMinTaskProducts = 200000, kTasksPerThread = 4;
    const int threads = args.pool->threads();
    const int64_t worthwhile = std::max<int64_t>(1, planes * s.out_pixels() * s.taps() / kMinTaskProducts);
    const int64_t tasks = threads == 1 ? 1 : std::min({planes, worthwhile, kTasksPerThread * threads});
    args.pool->parallel_for(tasks, [&](int64_t index, int worker) {
      run_planes(args, s, plane, loop, planes * index / tasks, planes * (index + 1) / tasks, worker);
    });
  }

  static int64_t scratch_floats(const Plane& plane) {
    return round_up(plane.rows() * plane.shape.taps() * 2) + (plane.copied ? round_up(plane.floats()) : 0);
  }

 private:
  void run_planes(const LaunchArgs& args, const ConvShape& s, const Plane& plane, TileLoop loop, int64_t begin,
                  int64_t end, int worker) const noexcept {
    float* scratch = static_cast<float*>(args.workspace) + worker * scratch_floats(plane);
    const float** table = reinterpret_cast<const float**>(scratch);
    float* copy = scratch + round_up(plane.rows() * s.taps() * 2);
    const float* x = static_cast<const float*>(args.inputs[0].data);
    fill_table(plane, loop, plane.copied ? copy : x, table);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / s.channels, channel = i % s.channels, at = image * s.x.image + channel * s.in_pixels();
      if (plane.copied)
        copy_plane(s, plane, x + at, copy);
      else
        loop.depth_begin = at;
      loop.b = static_cast<const float*>(args.inputs[1].data) + channel * s.taps();
      loop.c = static_cast<float*>(args.outputs[0].data) + image * s.y.image + channel * s.out_pixels();
      map_.bind(args, i, loop);
      loop.run(table, 0, loop.tiles, 0, loop.panels.count());
    }
  }

  ConvGeometry geometry_;
  jit::VectorIsa isa_;
  EpilogueMap map_;
  std::shared_ptr<const jit::TileKernels> kernels_;
};

std::string refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  if (std::string reason = conv_refusal(p, t, jit::required_isa(isa)); !reason.empty()) return reason;
  const ConvShape s = ConvGeometry(p).fixed();
  if (s.group_channels() != 1 || s.group_filters() != 1) return "groups, channels and filters are not equally many";
  if (p.inputs[0].layout != Layout::plain || p.outputs[0].layout != Layout::plain) return "x and y are not both plain";
  return EpilogueMap::refusal(p, result_axes(p), isa);
}

template <jit::VectorIsa kIsa>
backend::Tactic tactic() {
  backend::Tactic t;
  t.version = 1;
  t.slices = true;
  t.supports = [](const Problem& p, const backend::Target& target) {
    std::string reason = refusal(p, target, kIsa);
    return reason.empty() ? backend::Support::yes() : backend::Support::no(std::move(reason));
  };
  t.workspace = [](const Problem& p, const backend::Target& target) {
    const Plane plane = plane_of(ConvGeometry(p).at_max(p));
    return static_cast<size_t>(DepthwisePlain::scratch_floats(plane) * target.threads) * 4;
  };
  t.create = [](const Problem& p, const backend::Target&) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<DepthwisePlain>(p, kIsa);
  };
  return t;
}

}  // namespace

backend::Tactic conv_depthwise_plain_avx512() { return tactic<jit::VectorIsa::kAvx512>(); }
backend::Tactic conv_depthwise_plain_avx2() { return tactic<jit::VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
