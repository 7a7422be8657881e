// f32 inverted residual block as one: a 1x1 convolution, the depthwise one that reads it and the 1x1 one behind that.
// A task walks down the rows of an image. The rows of the first result that the window still needs stay in scratch
// memory of the second cache; new ones are added for some result rows at a time.
#include <algorithm>
#include <array>
#include <cstring>

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

// Of rows of the first result beyond a window's: a part of any second cache.
constexpr int64_t kBufferBytes = 192 << 10;
constexpr int64_t kMinBandPixels = 48;  // of result rows that are made together: whole tiles
constexpr int64_t kMaxWindowRows = 1 << 10, kMaxRowFloats = int64_t{1} << 30;  // beyond reason
constexpr double kMinTaskFlops = 1e6;
constexpr int64_t kMinTaskRows = 8;  // a task makes the rows that its window shares with the next one's again

int64_t round_up(int64_t n) { return (n + 15) / 16 * 16; }
int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t window_rows(const ConvShape& depthwise) { return depthwise.dilation[1] * (depthwise.kernel[1] - 1) + 1; }

// Scratch of a worker, in floats. Larger images never have less.
struct RowScratch {
  int64_t rows = 0, expanded = 0, table = 0, pair = 0;  // rows: of the first result that fit
  int64_t per_worker() const { return expanded + table + pair; }

  RowScratch(const ConvShape& depthwise, int64_t pair_floats, jit::VectorIsa isa) : pair(pair_floats) {
    const int64_t width = std::max<int64_t>(depthwise.in[2], 1);
    const int64_t pixels =
        window_rows(depthwise) * width + std::max(depthwise.stride[1] * width, kBufferBytes / 4 / depthwise.channels);
    rows = pixels / width;
    expanded = round_up(pixels * depthwise.channels);
    table = round_up(TileLoop::kMaxTilesPerPass * jit::max_tile_rows(isa) * 2);
  }
};

DimRange up_to(int64_t pixels) { return {1, pixels, pixels}; }

class RowChain final : public backend::Kernel {
 public:
  RowChain(const Problem& p, jit::VectorIsa isa) : RowChain(p, chain_part_problems(p), isa) {}

  void run(const LaunchArgs& args) const noexcept override {
    const TensorRef &x = args.inputs[0], &y = args.outputs[0];
    std::array<int64_t, 4> wide{x.dims[0], pair_.depthwise().fixed().channels, x.dims[2], x.dims[3]};
    std::array<int64_t, 4> narrow{y.dims[0], wide[1], y.dims[2], y.dims[3]};
    const TensorRef expanded{nullptr, wide.data(), 4, 0, -1}, between{nullptr, narrow.data(), 4, 0, -1};
    DepthwiseProduct::Launch pair{
        .chain = &args, .depthwise = pair_.depthwise().at(expanded, between), .y = pair_.product().at(between, y).y};
    pair.between = &between;
    const ConvShape& s = pair.depthwise;
    if (s.images * s.out_pixels() == 0) return;
    const Run r{args, pair, expanded, expansion_.geometry.at(x, expanded).x,
                RowScratch(s, pair_scratch_, expansion_.isa)};
    const int64_t parts = parts_of(s, args.pool->threads());
    args.pool->parallel_for(s.images * parts, [&](int64_t index, int worker) {
      const int64_t image = index / parts, part = index % parts;
      float* scratch = static_cast<float*>(args.workspace) + worker * r.scratch.per_worker();
      run_rows(r, image, s.out[1] * part / parts, s.out[1] * (part + 1) / parts, scratch);
    });
  }

 private:
  struct Run {
    const LaunchArgs& args;
    const DepthwiseProduct::Launch& pair;
    const TensorRef& expanded;
    ImageStrides x;
    RowScratch scratch;
  };

  RowChain(const Problem& p, const std::vector<ChainPartProblem>& parts, jit::VectorIsa isa)
      : expansion_(parts[0], false, up_to(p.inputs[0].dims[2].max * p.inputs[0].dims[3].max), isa,
                   jit::TileKind::kPacked),
        pair_(parts[1], parts[2], false, up_to(p.outputs[0].dims[2].max * p.outputs[0].dims[3].max), isa),
        pair_scratch_(DepthwiseProduct::scratch_floats(parts[1], isa)) {}

  int64_t parts_of(const ConvShape& s, int threads) const noexcept {
    if (threads == 1) return 1;
    const int64_t depth = expansion_.geometry.fixed().channels + s.taps() + pair_.product().fixed().filters;
    const double flops = 2.0 * static_cast<double>(s.images * s.out_pixels() * s.channels * depth);
    const auto tasks = static_cast<int64_t>(std::clamp(flops / kMinTaskFlops, 1.0, 2.0 * threads));
    return std::clamp<int64_t>(s.out[1] / kMinTaskRows, 1, divide_up(tasks, s.images));
  }

  // Result rows [begin, end) of an image.
  void run_rows(const Run& r, int64_t image, int64_t begin, int64_t end, float* scratch) const noexcept {
    const ConvShape& s = r.pair.depthwise;
    const int64_t window = window_rows(s), row_floats = s.in[2] * s.channels, fits = r.scratch.rows;
    float* buffer = scratch + r.scratch.table + r.scratch.pair;
    const int64_t band = std::clamp<int64_t>(divide_up(kMinBandPixels, s.out[2]), 1, (fits - window) / s.stride[1] + 1);
    int64_t first = 0, last = 0;  // rows of the first result that lie in the buffer
    for (int64_t y = begin; y < end; y += band) {
      const int64_t next = std::min(end, y + band);
      const int64_t from = std::clamp<int64_t>(y * s.stride[1] - s.pad[1], 0, s.in[1]);
      const int64_t to = std::clamp<int64_t>((next - 1) * s.stride[1] - s.pad[1] + window, from, s.in[1]);
      if (from >= last) {
        first = last = from;
      } else if (to - first > fits) {
        std::memmove(buffer, buffer + (from - first) * row_floats, static_cast<size_t>((last - from) * row_floats) * 4);
        first = from;
      }
      if (to > last) {
        expand(r, image, last, to, buffer + (last - first) * row_floats, scratch);
        last = to;
      }
      run_pair(r, image, y, next, buffer - first * row_floats, scratch + r.scratch.table);
    }
  }

  // Rows [begin, end) of the first result.
  void expand(const Run& r, int64_t image, int64_t begin, int64_t end, float* to, float* scratch) const noexcept {
    const int64_t width = r.pair.depthwise.in[2], first = begin * width;
    const float** table = reinterpret_cast<const float**>(scratch);
    const float* x = static_cast<const float*>(r.args.inputs[0].data) + image * r.x.image + first * r.x.position;
    TileLoop loop = expansion_.loop(r.args, &r.expanded, image, first, (end - begin) * width);
    loop.c = to;
    loop.c_stride = r.pair.depthwise.channels;
    for (int64_t t = 0; t < loop.tiles; t += TileLoop::kMaxTilesPerPass) {
      const int64_t stop = std::min(loop.tiles, t + TileLoop::kMaxTilesPerPass), at = loop.row_of(t);
      for (int64_t i = at; i < loop.row_of(stop); ++i) table[i - at] = x + i * r.x.position;
      loop.run(table, t, stop, 0, loop.panels.count());
    }
  }

  // Result rows [begin, end) from the first result, whose row 0 would be at `x`.
  void run_pair(const Run& r, int64_t image, int64_t begin, int64_t end, const float* x,
                float* scratch) const noexcept {
    DepthwiseProduct::Launch pair = r.pair;
    ConvShape& s = pair.depthwise;
    s.out[1] = end - begin;
    s.pad[1] -= begin * s.stride[1];
    pair.x = x;
    pair.first_row = begin * s.out[2];
    if (pair_.by_rows())
      pair_.run_rows(pair, image, 0, s.out[1], scratch);
    else
      pair_.run_tiles(pair, s.out_pixels(), 0, image, 0, tile_count(s.out_pixels(), expansion_.isa), scratch);
  }

  ChainPart expansion_;
  DepthwiseProduct pair_;
  int64_t pair_scratch_;
};

std::string refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  const auto* op = p.op.as<ops::ConvChain>();
  if (!op) return concat("operator is ", p.op.name());
  if (!op->has_expansion) return "there is no expansion";
  if (p.outputs[0].rank() != 4) return "images do not have two dimensions";
  const std::vector<ChainPartProblem> parts = chain_part_problems(p);
  if (std::string reason = chain_refusal(p, t, isa, parts, false); !reason.empty()) return reason;
  const ConvShape depthwise = ConvGeometry(parts[1].problem).at_max(parts[1].problem);
  if (window_rows(depthwise) > kMaxWindowRows || depthwise.stride[1] > kMaxWindowRows) return "the window is large";
  if (depthwise.in[2] > kMaxRowFloats / depthwise.channels) return "a row is long";
  return {};
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
    const ChainPartProblem depthwise = chain_part_problems(p)[1];
    const RowScratch scratch(ConvGeometry(depthwise.problem).at_max(depthwise.problem),
                             DepthwiseProduct::scratch_floats(depthwise, kIsa), kIsa);
    return static_cast<size_t>(scratch.per_worker() * target.threads) * 4;
  };
  t.pack = [](const Problem& p, const backend::Target&, const backend::PackArgs& args) { chain_pack(p, kIsa, args); };
  t.packed_bytes = [](const Problem& p, const backend::Target&, int input) {
    return chain_packed_bytes(p, kIsa, input);
  };
  t.create = [](const Problem& p, const backend::Target&) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<RowChain>(p, kIsa);
  };
  return t;
}

}  // namespace

backend::Tactic conv_chain_rows_avx512() { return tactic<jit::VectorIsa::kAvx512>(); }
backend::Tactic conv_chain_rows_avx2() { return tactic<jit::VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
