// f32 convolution of row-major images with a horizontal stride of 1: rows of a tile are filters, columns are
// neighbouring pixels of one result row. What a tap multiplies then lies contiguous in x and is read where it is; only
// images with padding are copied, with zeros around them. For few channels, where other forms rewrite more than they
// compute.
#include <algorithm>
#include <cstring>

#include "backend/cpu/common/parallel.h"
#include "backend/cpu/conv/conv_shape.h"
#include "backend/cpu/conv/to_channels_last.h"
#include "backend/cpu/jit/assembler.h"
#include "backend/cpu/matmul/epilogue.h"
#include "backend/tactic.h"
#include "base/thread_pool.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Layout;
using backend::Problem;

namespace {

constexpr int64_t kMaxFilterRows = 4096;  // pointers of a task: beyond this other forms are better
constexpr double kFlopsPerNs = 60;

ResultAxes result_axes(const Problem& p) {
  ResultAxes axes{.order = {}, .outer = 1, .rows = 1};
  for (int i = 0; i < p.outputs[0].rank(); ++i) axes.order.push_back(i);
  return axes;
}

int64_t round_up(int64_t n) { return (n + 15) / 16 * 16; }

// Rows of the window: what is contiguous in x and in the filter.
int64_t segments_of(const ConvShape& s) { return s.group_channels() * s.kernel[0] * s.kernel[1]; }

bool is_copied(const ConvShape& s, const ConvShape& padded) { return padded.in != s.in; }

struct Scratch {
  int64_t x = 0, filter_rows = 0, pixel_rows = 0;  // floats: of the copy; of a worker's pointers
  int64_t per_worker() const { return filter_rows + pixel_rows; }

  Scratch(const ConvShape& s, bool copied) {
    const ConvShape padded = with_padding(s);
    if (copied) x = round_up(s.images * s.channels * padded.in_pixels());
    filter_rows = round_up(s.group_filters() * segments_of(s) * 2);
    pixel_rows = round_up(segments_of(s) * 2);
  }
};

void copy_padded(const ConvShape& s, const ConvShape& padded, const float* x, float* out, ThreadPool& pool) noexcept {
  const auto& in = padded.in;
  const int64_t rows = in[0] * in[1];
  const double row_ns = 5 + 0.1 * static_cast<double>(in[2]);
  parallel_for(pool, s.images * s.channels * rows, row_ns, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t plane = i / rows, z = i % rows / in[1] - s.pad[0], y = i % in[1] - s.pad[1];
      float* to = out + i * in[2];
      if (z < 0 || z >= s.in[0] || y < 0 || y >= s.in[1]) {
        std::memset(to, 0, static_cast<size_t>(in[2]) * 4);
        continue;
      }
      const float* from =
          x + plane / s.channels * s.x.image + plane % s.channels * s.in_pixels() + (z * s.in[1] + y) * s.in[2];
      std::memset(to, 0, static_cast<size_t>(s.pad[2]) * 4);
      std::memcpy(to + s.pad[2], from, static_cast<size_t>(s.in[2]) * 4);
      std::memset(to + s.pad[2] + s.in[2], 0, static_cast<size_t>(in[2] - s.pad[2] - s.in[2]) * 4);
    }
  });
}

class ShiftedPlain final : public backend::Kernel {
 public:
  ShiftedPlain(const Problem& p, jit::VectorIsa isa) : geometry_(p), isa_(isa), map_(p, result_axes(p)) {
    const DimRange& width = p.outputs[0].dims.back();
    const int64_t filters = geometry_.fixed().group_filters();
    kernels_ = jit::TileKernels::get(map_.spec(isa, jit::TileKind::kShifted),
                                     tile_forms(isa, filters, filters, width.min, width.max));
  }

  void run(const LaunchArgs& args) const noexcept override {
    ConvShape s = geometry_.at(args);
    if (s.images * s.out_pixels() * s.filters == 0) return;
    const ConvShape padded = with_padding(s);
    const Scratch scratch(s, is_copied(s, padded));
    const float* x = static_cast<const float*>(args.inputs[0].data);
    if (is_copied(s, padded)) {
      float* copy = static_cast<float*>(args.workspace);
      copy_padded(s, padded, x, copy, *args.pool);
      x = copy;
      s.in = padded.in;
      s.pad = padded.pad;
      s.x.image = s.channels * s.in_pixels();
    }
    const int64_t rows = s.images * s.groups * s.out[0] * s.out[1];
    const int64_t depth = s.group_channels() * s.taps();
    const double row_ns = 2.0 * static_cast<double>(s.group_filters() * depth * s.out[2]) / kFlopsPerNs;
    parallel_parts(*args.pool, rows, static_cast<double>(rows) * row_ns, [&](int64_t part, int64_t parts) {
      float* own = static_cast<float*>(args.workspace) + scratch.x + part * scratch.per_worker();
      run_rows(args, s, x, rows * part / parts, rows * (part + 1) / parts, reinterpret_cast<const float**>(own),
               reinterpret_cast<const float**>(own + scratch.filter_rows));
    });
  }

 private:
  void run_rows(const LaunchArgs& launch, const ConvShape& s, const float* x, int64_t begin, int64_t end,
                const float** filter_rows, const float** pixel_rows) const noexcept {
    TileLoop loop;
    loop.rows = s.group_filters();
    loop.tiles = tile_count(loop.rows, isa_);
    loop.panels = {s.out[2], jit::lanes(isa_)};
    loop.segments = segments_of(s);
    loop.depth = s.kernel[2];
    const int64_t plane_rows = s.out[0] * s.out[1];
    for (int64_t i = begin; i < end;) {
      const int64_t product = i / plane_rows, image = product / s.groups, group = product % s.groups;
      const int64_t stop = std::min(end, (product + 1) * plane_rows), first_filter = group * s.group_filters();
      fill_filter_rows(s, loop,
                       static_cast<const float*>(launch.inputs[1].data) + first_filter * loop.segments * loop.depth,
                       filter_rows);
      map_.bind(launch, image, loop);
      for (int k = 0; k < loop.num_operands; ++k) {
        TileLoop::Operand& o = loop.operands[static_cast<size_t>(k)];
        o.data += first_filter * o.row_bytes;
      }
      const float* planes = x + image * s.x.image + group * s.group_channels() * s.in_pixels();
      loop.c = static_cast<float*>(launch.outputs[0].data) + image * s.y.image + first_filter * s.out_pixels();
      for (; i < stop; ++i) run_row(s, loop, planes, i % plane_rows, filter_rows, pixel_rows);
    }
  }

  // [tile][segment][filter of the tile], as the kernels take it.
  static void fill_filter_rows(const ConvShape& s, const TileLoop& loop, const float* w, const float** table) noexcept {
    const int64_t filter_floats = loop.segments * loop.depth;
    for (int64_t t = 0; t < loop.tiles; ++t)
      for (int64_t k = 0; k < loop.segments; ++k)
        for (int64_t f = loop.row_of(t); f < loop.row_of(t + 1); ++f)
          *table++ = w + f * filter_floats + k * s.kernel[2];
  }

  // Row number `row` of the result's planes. A row is little work: the kernels are called without more ado.
  void run_row(const ConvShape& s, const TileLoop& loop, const float* planes, int64_t row,
               const float* const* filter_rows, const float** pixel_rows) const noexcept {
    const int64_t oz = row / s.out[1] * s.stride[0], oy = row % s.out[1] * s.stride[1];
    const float** to = pixel_rows;
    for (int64_t c = 0; c < s.group_channels(); ++c)
      for (int64_t z = 0; z < s.kernel[0]; ++z)
        for (int64_t v = 0; v < s.kernel[1]; ++v)
          *to++ = planes + ((c * s.in[0] + oz + z * s.dilation[0]) * s.in[1] + oy + v * s.dilation[1]) * s.in[2];
    jit::TileArgs args;
    args.b_rows = pixel_rows;
    args.segments = loop.segments;
    args.set_depth(0, loop.depth);
    args.c_stride = s.out_pixels() * 4;
    for (int k = 0; k < loop.num_operands; ++k)
      args.operand_strides[static_cast<size_t>(k)] = loop.operands[static_cast<size_t>(k)].row_bytes;
    for (int64_t p = 0; p < loop.panels.count(); ++p) {
      const int64_t column = row * s.out[2] + p * loop.panels.width();
      args.tail_lanes = loop.panels.tail_lanes_of(p);
      for (int64_t t = 0; t < loop.tiles; ++t) {
        const int64_t filter = loop.row_of(t);
        args.a_rows = filter_rows + filter * loop.segments;
        args.c = loop.c + filter * s.out_pixels() + column;
        for (int k = 0; k < loop.num_operands; ++k) {
          const TileLoop::Operand& o = loop.operands[static_cast<size_t>(k)];
          args.operands[static_cast<size_t>(k)] = o.data + filter * o.row_bytes + column * o.column_bytes;
        }
        kernels_->find({.rows = static_cast<int>(loop.row_of(t + 1) - filter),
                        .vectors = loop.panels.vectors_of(p),
                        .masked = args.tail_lanes != 0})(&args);
      }
      for (int64_t k = 0; k < loop.segments; ++k) pixel_rows[k] += loop.panels.width();
    }
  }

  ConvGeometry geometry_;
  jit::VectorIsa isa_;
  EpilogueMap map_;
  std::shared_ptr<const jit::TileKernels> kernels_;
};

std::string refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  if (std::string reason = conv_refusal(p, t, jit::required_isa(isa)); !reason.empty()) return reason;
  if (p.inputs[0].layout != Layout::plain || p.outputs[0].layout != Layout::plain) return "x and y are not both plain";
  const ConvShape s = ConvGeometry(p).fixed();
  if (s.stride[2] != 1 || s.dilation[2] != 1) return "the window's taps are not neighbours of neighbouring pixels'";
  if (s.group_filters() * segments_of(s) > kMaxFilterRows) return "there are many filters and channels";
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
    // Whether a run has padding to copy depends on its sizes; that it never has, on the attributes alone.
    const auto& op = *p.op.as<ops::Conv>();
    const auto none = [](const std::vector<int64_t>& pads) {
      return std::all_of(pads.begin(), pads.end(), [](int64_t n) { return n == 0; });
    };
    const bool padded = op.padding == ops::Padding::same_upper || op.padding == ops::Padding::same_lower ||
                        !none(op.pads_begin) || !none(op.pads_end);
    const Scratch scratch(ConvGeometry(p).at_max(p), padded);
    return static_cast<size_t>(scratch.x + scratch.per_worker() * target.threads) * 4;
  };
  t.create = [](const Problem& p, const backend::Target&) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<ShiftedPlain>(p, kIsa);
  };
  return t;
}

}  // namespace

backend::Tactic conv_shifted_plain_avx512() { return tactic<jit::VectorIsa::kAvx512>(); }
backend::Tactic conv_shifted_plain_avx2() { return tactic<jit::VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
