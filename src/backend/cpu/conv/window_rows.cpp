#include "backend/cpu/conv/window_rows.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/concat.h"

namespace dvt::cpu {

using backend::Problem;

namespace {

constexpr int64_t kMaxWindowRows = 16, kMaxTaps = 8;  // the generated code is as long as the row of the window
constexpr int64_t kMaxStep = 64, kMaxWidth = 1 << 20, kMaxOffset = 1 << 30;  // of an instruction, in bytes

jit::TileWindow window_of(const Problem& p) {
  const ConvShape s = ConvGeometry(p).at_max(p);
  jit::TileWindow w;
  w.taps = static_cast<int>(s.kernel[2]);
  w.stride = static_cast<int>(s.stride[2]);
  w.dilation = static_cast<int>(s.dilation[2]);
  w.pixel_bytes = static_cast<int>(s.channels * 4);
  w.left = static_cast<int>(s.pad[2]);
  const int64_t end = (s.out[2] - 1) * s.stride[2] - s.pad[2] + s.dilation[2] * (s.kernel[2] - 1) + 1;
  w.right = static_cast<int>(std::max<int64_t>(0, end - s.in[2]));
  return w;
}

jit::TileForm form_of(int64_t tile, const TileLoop& loop, int64_t panel) {
  return {.rows = static_cast<int>(loop.row_of(tile + 1) - loop.row_of(tile)),
          .vectors = loop.panels.vectors_of(panel),
          .masked = loop.panels.tail_lanes_of(panel) != 0,
          .left = tile == 0,
          .right = tile + 1 == loop.tiles};
}

}  // namespace

std::string WindowRows::refusal(const Problem& p) {
  if (p.outputs[0].rank() != 4) return "images do not have two dimensions";
  if (p.inputs[0].is_slice()) return concat(to_string(p.inputs[0]), " is a slice");
  for (const auto* o : {&p.inputs[0], &p.outputs[0]})
    if (!o->dims[3].is_constant() || o->dims[3].max == 0) return "the width of the images is not fixed";
  const ConvShape s = ConvGeometry(p).at_max(p);
  if (s.groups == 1 || s.group_channels() != 1 || s.group_filters() != 1) return "it is not depthwise";
  if (s.kernel[1] > kMaxWindowRows || s.kernel[2] > kMaxTaps) return "the window is large";
  // Only the first and the last tile of a row may touch padding, and offsets must fit an instruction.
  const jit::TileWindow w = window_of(p);
  const int64_t shortest = s.out[2] / tile_count(s.out[2], jit::VectorIsa::kAvx2);
  if (std::max(w.left, w.right) > shortest * s.stride[2] && s.out[2] > shortest) return "there is much padding";
  if (s.stride[2] > kMaxStep || s.dilation[2] > kMaxStep) return "steps are long";
  const int64_t reach = jit::max_tile_rows(jit::VectorIsa::kAvx512) * s.stride[2] + kMaxTaps * s.dilation[2];
  if (s.out[2] > kMaxWidth || s.channels > kMaxOffset / 4 / reach) return "a row is long";
  return {};
}

WindowRows::WindowRows(const Problem& p, const EpilogueMap& map, jit::VectorIsa isa) : isa_(isa) {
  jit::TileSpec spec = map.spec(isa, jit::TileKind::kWindowRow);
  spec.window = window_of(p);
  TileLoop loop;
  loop.rows = p.outputs[0].dims[3].max;
  loop.tiles = tile_count(loop.rows, isa);
  loop.panels = {p.outputs[0].dims[1].max, jit::lanes(isa)};
  std::set<jit::TileForm> forms;
  for (int64_t t = 0; t < loop.tiles; ++t)
    for (int64_t panel = std::max<int64_t>(0, loop.panels.count() - 2); panel < loop.panels.count(); ++panel)
      forms.insert(form_of(t, loop, panel));
  kernels_ = jit::TileKernels::get(spec, {forms.begin(), forms.end()});
}

void WindowRows::run(const ConvShape& s, const TileLoop& of, const float* x, int64_t y, float* to,
                     int64_t to_stride) const noexcept {
  TileLoop loop;
  loop.rows = s.out[2];
  loop.tiles = tile_count(loop.rows, isa_);
  loop.panels = of.panels;
  jit::TileArgs args;
  args.c_stride = to_stride * 4;
  for (int i = 0; i < of.num_operands; ++i)
    args.operand_strides[static_cast<size_t>(i)] = of.operands[static_cast<size_t>(i)].row_bytes;
  // Rows of the window that lie in the image.
  const int64_t top = y * s.stride[1] - s.pad[1], step = s.dilation[1];
  const int64_t first = std::clamp<int64_t>(top < 0 ? (-top + step - 1) / step : 0, 0, s.kernel[1]);
  const int64_t last = std::clamp<int64_t>(s.in[1] > top ? (s.in[1] - top + step - 1) / step : 0, first, s.kernel[1]);
  args.segments = last - first;
  std::array<const float*, kMaxWindowRows> rows;
  args.a_rows = rows.data();
  const int64_t row_floats = s.in[2] * s.channels;
  for (int64_t t = 0; t < loop.tiles; ++t) {
    const int64_t at = loop.row_of(t), origin = at * s.stride[2] - s.pad[2], pixel = y * s.out[2] + at;
    for (int64_t k = first; k < last; ++k)
      rows[static_cast<size_t>(k - first)] = x + (top + k * step) * row_floats + origin * s.channels;
    for (int64_t panel = 0; panel < loop.panels.count(); ++panel) {
      const int64_t column = panel * loop.panels.width();
      args.k_begin = column * 4;
      args.b = of.b + column * s.taps() + first * s.kernel[2] * loop.panels.padded_columns_of(panel);
      args.c = to + at * to_stride + column;
      args.tail_lanes = loop.panels.tail_lanes_of(panel);
      for (int i = 0; i < of.num_operands; ++i) {
        const TileLoop::Operand& o = of.operands[static_cast<size_t>(i)];
        args.operands[static_cast<size_t>(i)] = o.data + pixel * o.row_bytes + column * o.column_bytes;
      }
      kernels_->find(form_of(t, loop, panel))(&args);
    }
  }
}

}  // namespace dvt::cpu
