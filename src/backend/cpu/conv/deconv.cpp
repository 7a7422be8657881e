// f32 transposed convolution into a channels-last result by tile kernels. Result pixels whose coordinates have the same
// remainders of the strides (a phase) see the same taps, each at a fixed distance in x: a phase is an ordinary
// convolution at stride 1 with a part of the filter. Rows of a tile are the pixels of one phase on one result row.
#include <algorithm>

#include "backend/cpu/common/parallel.h"
#include "backend/cpu/conv/conv_shape.h"
#include "backend/cpu/conv/to_channels_last.h"
#include "backend/cpu/jit/assembler.h"
#include "backend/cpu/matmul/epilogue.h"
#include "backend/tactic.h"
#include "base/aligned_buffer.h"
#include "base/concat.h"
#include "base/thread_pool.h"
#include "ops/nn/deconv.h"

namespace dvt::cpu {

using backend::LaunchArgs;
using backend::Layout;
using backend::Operand;
using backend::Problem;

namespace {

constexpr int64_t kMaxTaps = 1024, kMaxPhases = 1024;
constexpr int64_t kMaxPassRows = TileLoop::kMaxTilesPerPass * 12;

// A tap of a phase: its index in the filter, and where it reads relative to result coordinate / stride.
struct Tap {
  int64_t index;
  std::array<int64_t, 3> shift;
};

struct Phase {
  std::array<int64_t, 3> remainder;
  std::vector<Tap> taps;
  int64_t first_tap = 0;  // taps of earlier phases: where this one's packed filter begins
};

ConvShape shape_at(ConvShape s, const int64_t* x, const int64_t* y, int rank) {
  s.images = std::min(x[0], y[0]);  // equal in a sound plan
  for (int i = 2; i < rank; ++i) {
    s.in[static_cast<size_t>(i + 3 - rank)] = x[i];
    s.out[static_cast<size_t>(i + 3 - rank)] = y[i];
  }
  s.pad = {0, 0, 0};  // the taps' shifts hold it
  return s;
}

std::vector<Phase> find_phases(const ConvShape& s) {
  std::vector<Phase> phases;
  int64_t first_tap = 0;
  for (int64_t z = 0; z < s.stride[0]; ++z)
    for (int64_t y = 0; y < s.stride[1]; ++y)
      for (int64_t x = 0; x < s.stride[2]; ++x) {
        Phase phase{{z, y, x}, {}, first_tap};
        for (int64_t t = 0; t < s.taps(); ++t) {
          const int64_t k[] = {t / (s.kernel[1] * s.kernel[2]), t / s.kernel[2] % s.kernel[1], t % s.kernel[2]};
          Tap tap{t, {}};
          bool meets = true;
          for (size_t a = 0; a < 3; ++a) {
            const int64_t distance = phase.remainder[a] + s.pad[a] - k[a] * s.dilation[a];
            meets = meets && distance % s.stride[a] == 0;
            tap.shift[a] = distance / s.stride[a];
          }
          if (meets) phase.taps.push_back(tap);
        }
        first_tap += static_cast<int64_t>(phase.taps.size());
        phases.push_back(std::move(phase));
      }
  return phases;
}

ResultAxes result_axes(int rank) {
  ResultAxes axes{.order = {0}, .outer = 0, .rows = rank - 1};
  for (int i = 2; i < rank; ++i) axes.order.push_back(i);
  axes.order.push_back(1);
  return axes;
}

int64_t round_up(int64_t n) { return (n + 15) / 16 * 16; }

// Floats of scratch: the rewritten x, then one worker's pointer table.
int64_t rewritten_floats(const ConvShape& s, bool rewrite) {
  return rewrite ? round_up(s.images * s.in_pixels() * s.channels) : 0;
}
int64_t table_floats(const ConvShape& s) {
  return round_up(std::min(kMaxPassRows, s.out[2]) * std::max<int64_t>(1, s.taps()) * 2);
}

class DeconvKernel final : public backend::Kernel {
 public:
  DeconvKernel(const Problem& p, const backend::Target& t, jit::VectorIsa isa)
      : fixed_(fixed_deconv_shape(p)),
        phases_(find_phases(fixed_)),
        target_(t),
        isa_(isa),
        rewrite_(p.inputs[0].layout == Layout::plain),
        map_(p, result_axes(p.outputs[0].rank())) {
    kernels_ = jit::TileKernels::get(map_.spec(isa, jit::TileKind::kPacked),
                                     tile_forms(isa, 1, kMaxPassRows, fixed_.group_filters(), fixed_.group_filters()));
    zeros_ = AlignedBuffer(static_cast<size_t>(fixed_.channels) * 4);
    std::fill_n(zeros_.as<float>(), fixed_.channels, 0.0f);
  }

  void run(const LaunchArgs& args) const noexcept override {
    ConvShape s = shape_at(fixed_, args.inputs[0].dims, args.outputs[0].dims, args.outputs[0].rank);
    s.x = image_strides(args.inputs[0], rewrite_ ? Layout::plain : Layout::channels_last);
    s.y = image_strides(args.outputs[0], Layout::channels_last);
    const float* x = static_cast<const float*>(args.inputs[0].data);
    if (rewrite_) {
      to_channels_last(s, s, x, static_cast<float*>(args.workspace), *args.pool);
      x = static_cast<const float*>(args.workspace);
      s.x = {s.in_pixels() * s.channels, s.channels};
    }
    // Long rows (audio) are cut, so that a single row is more than one task.
    const int64_t pieces = std::max<int64_t>(1, (s.out[2] + kMaxPassRows - 1) / kMaxPassRows);
    const int64_t rows = s.images * s.out[0] * s.out[1];
    args.pool->parallel_for(rows * pieces * s.groups, [&](int64_t index, int worker) {
      const int64_t piece = index % pieces, row = index / pieces % rows, group = index / pieces / rows;
      for (const Phase& phase : phases_)
        if (row / s.out[1] % s.out[0] % s.stride[0] == phase.remainder[0] &&
            row % s.out[1] % s.stride[1] == phase.remainder[1])
          run_phase(args, s, phase, x, row, group, piece, pieces, worker);
    });
  }

 private:
  void run_phase(const LaunchArgs& args, const ConvShape& s, const Phase& phase, const float* x, int64_t row,
                 int64_t group, int64_t piece, int64_t pieces, int worker) const noexcept {
    const int64_t stride = s.stride[2], count = (s.out[2] - phase.remainder[2] + stride - 1) / stride;
    const int64_t begin = count * piece / pieces, end = count * (piece + 1) / pieces;
    if (begin >= end) return;
    const int64_t pixel = row * s.out[2] + phase.remainder[2] + begin * stride, filter = group * s.group_filters();
    const auto taps = static_cast<int64_t>(phase.taps.size());
    TileLoop loop;
    loop.kernels = kernels_.get();
    loop.rows = end - begin;
    loop.tiles = tile_count(loop.rows, isa_);
    loop.panels = {s.group_filters(), jit::lanes(isa_)};
    loop.segments = std::max<int64_t>(1, taps);
    loop.depth = taps == 0 ? 0 : s.group_channels();
    loop.depth_begin = taps == 0 ? 0 : group * s.group_channels();
    loop.choose_blocking(target_, 1, 1, false);
    loop.b = static_cast<const float*>(args.inputs[1].data) +
             group * loop.panels.packed_floats(s.taps() * s.group_channels()) +
             loop.panels.packed_floats(phase.first_tap * s.group_channels());
    loop.c = static_cast<float*>(args.outputs[0].data) + pixel * s.y.position + filter;
    loop.c_stride = stride * s.y.position;
    map_.bind(args, 0, loop);
    for (int i = 0; i < loop.num_operands; ++i) {
      TileLoop::Operand& o = loop.operands[static_cast<size_t>(i)];
      o.data += pixel * o.row_bytes + filter * o.column_bytes;
      o.row_bytes *= stride;
    }
    const float** table = reinterpret_cast<const float**>(static_cast<float*>(args.workspace) +
                                                          rewritten_floats(s, rewrite_) + worker * table_floats(s));
    for (int64_t t = 0; t < loop.tiles; t += TileLoop::kMaxTilesPerPass) {
      const int64_t last = std::min(loop.tiles, t + TileLoop::kMaxTilesPerPass);
      fill_table(s, phase, x, row, begin, loop, t, last, table);
      loop.run(table, t, last, 0, loop.panels.count());
    }
  }

  // Pointers per tile, [tap][pixel], as TileLoop takes them.
  void fill_table(const ConvShape& s, const Phase& phase, const float* x, int64_t row, int64_t begin,
                  const TileLoop& loop, int64_t t0, int64_t t1, const float** table) const noexcept {
    const float* zeros = zeros_.as<float>();
    const int64_t image = row / (s.out[0] * s.out[1]);
    const int64_t z = row / s.out[1] % s.out[0] / s.stride[0], y = row % s.out[1] / s.stride[1];
    for (int64_t t = t0; t < t1; ++t) {
      const int64_t first = begin + loop.row_of(t), rows = loop.row_of(t + 1) - loop.row_of(t);
      if (phase.taps.empty()) table = std::fill_n(table, rows, zeros);
      for (const Tap& tap : phase.taps) {
        const int64_t iz = z + tap.shift[0], iy = y + tap.shift[1];
        const bool on_row = iz >= 0 && iz < s.in[0] && iy >= 0 && iy < s.in[1];
        const float* line = x + ((image * s.in[0] + iz) * s.in[1] + iy) * s.in[2] * s.x.position;
        for (int64_t i = 0; i < rows; ++i) {
          const int64_t ix = first + i + tap.shift[2];
          *table++ = on_row && ix >= 0 && ix < s.in[2] ? line + ix * s.x.position : zeros;
        }
      }
    }
  }

  ConvShape fixed_;
  std::vector<Phase> phases_;
  backend::Target target_;
  jit::VectorIsa isa_;
  bool rewrite_;
  EpilogueMap map_;
  std::shared_ptr<const jit::TileKernels> kernels_;
  AlignedBuffer zeros_;
};

std::string refusal(const Problem& p, const backend::Target& t, jit::VectorIsa isa) {
  if (!p.op.as<ops::Deconv>()) return concat("operator is ", p.op.name());
  if (t.kind != backend::DeviceKind::cpu || !t.can_jit) return "generated code cannot be run";
  if (!t.has(jit::required_isa(isa))) return isa == jit::VectorIsa::kAvx512 ? "needs AVX-512" : "needs AVX2";
  for (const Operand* o : {&p.inputs[0], &p.inputs[1], &p.outputs[0]})
    if (o->dtype != DType::f32) return concat(to_string(*o), " is not f32");
  const Operand& w = p.inputs[1];
  if (!w.constant || !w.is_static() || w.layout != Layout::plain) return "the filter is not a plain constant";
  if (!p.inputs[0].dims[1].is_constant() || !p.outputs[0].dims[1].is_constant())
    return "the number of channels or filters is not fixed";
  if (p.outputs[0].layout != Layout::channels_last) return "the result is not channels-last";
  for (const Operand* o : {&p.inputs[0], &p.outputs[0]})
    if (!has_image_strides(*o)) return concat(to_string(*o), " is a slice along another axis than channels");
  const ConvShape s = fixed_deconv_shape(p);
  if (s.taps() > kMaxTaps) return concat("the window has ", s.taps(), " taps, more than ", kMaxTaps);
  if (s.stride[0] > kMaxPhases || s.stride[1] > kMaxPhases || s.stride[2] > kMaxPhases ||
      s.stride[0] * s.stride[1] * s.stride[2] > kMaxPhases)
    return concat("the strides make more than ", kMaxPhases, " phases");
  return EpilogueMap::refusal(p, result_axes(p.outputs[0].rank()), isa);
}

size_t packed_bytes(const Problem& p, jit::VectorIsa isa) {
  const ConvShape s = fixed_deconv_shape(p);
  const ColumnPanels panels{s.group_filters(), jit::lanes(isa)};
  return static_cast<size_t>(s.groups * panels.packed_floats(s.taps() * s.group_channels())) * 4;
}

// From [channel][filter][tap] to, per group and phase, panels of [tap][channel][filter].
void pack(const Problem& p, jit::VectorIsa isa, const backend::PackArgs& args) {
  const ConvShape s = fixed_deconv_shape(p);
  const ColumnPanels panels{s.group_filters(), jit::lanes(isa)};
  const std::vector<Phase> phases = find_phases(s);
  const int64_t group_floats = panels.packed_floats(s.taps() * s.group_channels());
  // The rows of one channel: in every phase, one for each of its taps.
  const auto pack_channel = [&](int64_t g, int64_t channel) {
    const float* w = reinterpret_cast<const float*>(args.data.data()) +
                     (g * s.group_channels() + channel) * s.group_filters() * s.taps();
    float* out = reinterpret_cast<float*>(args.packed.data()) + g * group_floats;
    for (const Phase& phase : phases) {
      const int64_t depth = static_cast<int64_t>(phase.taps.size()) * s.group_channels();
      for (size_t t = 0; t < phase.taps.size(); ++t)
        for (int64_t panel = 0; panel < panels.count(); ++panel) {
          const int64_t first = panel * panels.width(), columns = panels.columns_of(panel);
          const int64_t padded = panels.padded_columns_of(panel);
          float* row = out + first * depth + (static_cast<int64_t>(t) * s.group_channels() + channel) * padded;
          for (int64_t j = 0; j < columns; ++j) row[j] = w[(first + j) * s.taps() + phase.taps[t].index];
          std::fill(row + columns, row + padded, 0.0f);
        }
      out += panels.packed_floats(depth);
    }
  };
  const double channel_ns = static_cast<double>(s.group_filters() * s.taps());
  parallel_for(args.pool, s.channels, channel_ns, [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) pack_channel(c / s.group_channels(), c % s.group_channels());
  });
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
    const ConvShape s =
        shape_at(fixed_deconv_shape(p), p.inputs[0].at_max().data(), p.outputs[0].at_max().data(), p.outputs[0].rank());
    const bool rewrite = p.inputs[0].layout == Layout::plain;
    return static_cast<size_t>(rewritten_floats(s, rewrite) + table_floats(s) * target.threads) * 4;
  };
  t.pack = [](const Problem& p, const backend::Target&, const backend::PackArgs& args) { pack(p, kIsa, args); };
  t.packed_bytes = [](const Problem& p, const backend::Target&, int input) {
    return input == 1 ? packed_bytes(p, kIsa) : 0;
  };
  t.create = [](const Problem& p, const backend::Target& target) -> std::unique_ptr<backend::Kernel> {
    return std::make_unique<DeconvKernel>(p, target, kIsa);
  };
  return t;
}

}  // namespace

backend::Tactic deconv_jit_avx512() { return tactic<jit::VectorIsa::kAvx512>(); }
backend::Tactic deconv_jit_avx2() { return tactic<jit::VectorIsa::kAvx2>(); }

}  // namespace dvt::cpu
