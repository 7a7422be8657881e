// f32 depthwise convolution of channels-last images of a fixed width, row by row.
#include <algorithm>

#include "backend/cpu/common/parallel.h"
#include "backend/cpu/conv/tile_conv.h"
#include "backend/cpu/conv/window_rows.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Layout;
using backend::Problem;

namespace {

constexpr double kFlopsPerNs = 40;

class DepthwiseRows final : public backend::Kernel {
 public:
  DepthwiseRows(const Problem& p, jit::VectorIsa isa)
      : geometry_(p), map_(p, pixel_axes(p, false)), rows_(p, map_, isa), lanes_(jit::lanes(isa)) {}

  void run(const LaunchArgs& args) const noexcept override {
    const ConvShape s = geometry_.at(args);
    const double row_ns = 2.0 * static_cast<double>(s.out[2] * s.channels * s.taps()) / kFlopsPerNs;
    parallel_for(*args.pool, s.images * s.out[1], row_ns, [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t image = begin / s.out[1], stop = std::min(end, (image + 1) * s.out[1]);
        run_image(args, s, image, begin - image * s.out[1], stop - image * s.out[1]);
        begin = stop;
      }
    });
  }

 private:
  void run_image(const LaunchArgs& args, const ConvShape& s, int64_t image, int64_t begin, int64_t end) const noexcept {
    TileLoop loop;
    loop.panels = {s.filters, lanes_};
    loop.b = static_cast<const float*>(args.inputs[1].data);
    map_.bind(args, image, loop);
    const float* x = static_cast<const float*>(args.inputs[0].data) + image * s.x.image;
    float* y = static_cast<float*>(args.outputs[0].data) + image * s.y.image;
    for (int64_t i = begin; i < end; ++i) rows_.run(s, loop, x, i, y + i * s.out[2] * s.y.position, s.y.position);
  }

  ConvGeometry geometry_;
  EpilogueMap map_;
  WindowRows rows_;
  int lanes_;
};

std::string refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  if (std::string reason = conv_refusal(p, t, jit::required_isa(isa)); !reason.empty()) return reason;
  if (p.inputs[0].layout != Layout::channels_last || p.outputs[0].layout != Layout::channels_last)
    return "x and y are not both channels-last";
  if (std::string reason = WindowRows::refusal(p); !reason.empty()) return reason;
  return EpilogueMap::refusal(p, pixel_axes(p, false), isa);
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
  t.pack = [](const Problem& p, const backend::Target&, const backend::PackArgs& args) {
    tile_conv_pack(p, kIsa, args);
  };
  t.packed_bytes = [](const Problem& p, const backend::Target&, int input) {
    return input == 1 ? tile_conv_packed_bytes(p, kIsa) : 0;
  };
  t.create = [](const Problem& p, const backend::Target&) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<DepthwiseRows>(p, kIsa);
  };
  return t;
}

}  // namespace

backend::Tactic conv_depthwise_rows_avx512() { return tactic<jit::VectorIsa::kAvx512>(); }
backend::Tactic conv_depthwise_rows_avx2() { return tactic<jit::VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
