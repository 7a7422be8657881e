// f32 depthwise convolution and the 1x1 convolution that reads it, as one; tasks are ranges of pixels.
#include <algorithm>
#include <array>

#include "backend/cpu/conv/chain_tactic.h"
#include "backend/cpu/conv/depthwise_product.h"
#include "base/concat.h"
#include "base/thread_pool.h"
#include "ops/nn/conv_chain.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Problem;
using backend::TensorRef;

namespace {

constexpr double kMinTaskFlops = 5e5;
constexpr int kTasksPerThread = 4;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

DimRange pixels(const Problem& p, bool fold_images) {
  std::vector<DimRange> dims = p.outputs[0].dims;
  dims.erase(dims.begin() + 1);
  if (!fold_images) dims.erase(dims.begin());
  return product_range(dims);
}

// Rows of an image are counted from its first pixel.
bool folds(const std::vector<ChainPartProblem>& parts, jit::VectorIsa isa) {
  return !DepthwiseProduct::by_rows(parts[0]) && folds_images(parts, isa);
}

class PixelChain final : public backend::Kernel {
 public:
  PixelChain(const Problem& p, jit::VectorIsa isa) : PixelChain(p, chain_part_problems(p), isa) {}

  void run(const LaunchArgs& args) const noexcept override {
    const TensorRef& y = args.outputs[0];
    std::array<int64_t, kMaxRank> dims{};
    std::copy_n(y.dims, y.rank, dims.begin());
    dims[1] = pair_.depthwise().fixed().channels;
    const TensorRef between{nullptr, dims.data(), y.rank, 0, -1};
    DepthwiseProduct::Launch r{.chain = &args, .depthwise = pair_.depthwise().at(args.inputs[0], between), .y = {}};
    const ConvShape& s = r.depthwise;
    if (s.images * s.out_pixels() == 0) return;
    r.between = &between;
    r.y = pair_.product().at(between, y).y;
    r.x = static_cast<const float*>(args.inputs[0].data);
    if (pair_.by_rows())
      run_rows(args, r);
    else
      run_tiles(args, r);
  }

 private:
  PixelChain(const Problem& p, const std::vector<ChainPartProblem>& parts, jit::VectorIsa isa)
      : isa_(isa),
        fold_(folds(parts, isa)),
        pair_(parts[0], parts[1], fold_, pixels(p, fold_), isa),
        scratch_(DepthwiseProduct::scratch_floats(parts[0], isa)) {}

  int64_t tasks(const ConvShape& s, int threads) const noexcept {
    if (threads == 1) return 1;
    const int64_t depth = s.taps() + pair_.product().fixed().filters;
    const double flops = 2.0 * static_cast<double>(s.images * s.out_pixels() * s.channels * depth);
    return static_cast<int64_t>(std::clamp(flops / kMinTaskFlops, 1.0, 1.0 * kTasksPerThread * threads));
  }

  float* scratch_of(const LaunchArgs& args, int worker) const noexcept {
    return static_cast<float*>(args.workspace) + worker * scratch_;
  }

  void run_tiles(const LaunchArgs& args, const DepthwiseProduct::Launch& r) const noexcept {
    const ConvShape& s = r.depthwise;
    const int64_t products = fold_ ? 1 : s.images, rows = (fold_ ? s.images : 1) * s.out_pixels();
    const int64_t tiles = tile_count(rows, isa_);
    const int64_t per_task = divide_up(tiles, std::min(tiles, divide_up(tasks(s, args.pool->threads()), products)));
    const int64_t count = divide_up(tiles, per_task);
    args.pool->parallel_for(products * count, [&](int64_t index, int worker) {
      const int64_t image = index / count, t0 = index % count * per_task;
      pair_.run_tiles(r, rows, image, image, t0, std::min(tiles, t0 + per_task), scratch_of(args, worker));
    });
  }

  void run_rows(const LaunchArgs& args, const DepthwiseProduct::Launch& r) const noexcept {
    const ConvShape& s = r.depthwise;
    const int64_t parts = std::min(s.out[1], divide_up(tasks(s, args.pool->threads()), s.images));
    args.pool->parallel_for(s.images * parts, [&](int64_t index, int worker) {
      const int64_t image = index / parts, part = index % parts;
      DepthwiseProduct::Launch own = r;
      own.x += image * s.x.image;
      pair_.run_rows(own, image, s.out[1] * part / parts, s.out[1] * (part + 1) / parts, scratch_of(args, worker));
    });
  }

  jit::VectorIsa isa_;
  bool fold_;
  DepthwiseProduct pair_;
  int64_t scratch_;
};

template <jit::VectorIsa kIsa>
backend::Tactic tactic() {
  backend::Tactic t;
  t.version = 1;
  t.slices = true;
  t.supports = [](const Problem& p, const backend::Target& target) {
    const auto* op = p.op.as<ops::ConvChain>();
    if (!op) return backend::Support::no(concat("operator is ", p.op.name()));
    if (op->has_expansion) return backend::Support::no("there is an expansion");
    const std::vector<ChainPartProblem> parts = chain_part_problems(p);
    std::string reason = chain_refusal(p, target, kIsa, parts, false);
    if (reason.empty() && folds(parts, kIsa)) reason = chain_refusal(p, target, kIsa, parts, true);
    return reason.empty() ? backend::Support::yes() : backend::Support::no(std::move(reason));
  };
  t.workspace = [](const Problem& p, const backend::Target& target) {
    const int64_t scratch = DepthwiseProduct::scratch_floats(chain_part_problems(p)[0], kIsa);
    return static_cast<size_t>(scratch * target.threads) * 4;
  };
  t.pack = [](const Problem& p, const backend::Target&, const backend::PackArgs& args) { chain_pack(p, kIsa, args); };
  t.packed_bytes = [](const Problem& p, const backend::Target&, int input) {
    return chain_packed_bytes(p, kIsa, input);
  };
  t.create = [](const Problem& p, const backend::Target&) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<PixelChain>(p, kIsa);
  };
  return t;
}

}  // namespace

backend::Tactic conv_chain_pixels_avx512() { return tactic<jit::VectorIsa::kAvx512>(); }
backend::Tactic conv_chain_pixels_avx2() { return tactic<jit::VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
