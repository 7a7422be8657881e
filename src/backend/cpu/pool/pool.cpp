#include "ops/nn/pool.h"

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/pointwise/output_epilogue.h"
#include "backend/cpu/pool/pool_loops.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Pool>(p);
  if (!op) return not_this_op(p);
  if (p.inputs[0].dtype != DType::f32) return Support::no("input is not f32");
  if (!shared_layout(p)) return Support::no("layouts of input and output differ");
  if (auto no = needs_channel_slices(p)) return *no;
  if (auto no = OutputEpilogue::refusal(p)) return *no;
  return Support::yes();
}

size_t workspace(const Problem& p, const Target& t) { return OutputEpilogue(p, t).workspace(); }

/// Fills in what does not depend on the run's shapes.
PoolGeometry static_geometry(const ops::Pool& op) {
  PoolGeometry g{};
  g.average = op.kind == ops::Pool::Kind::average;
  g.count_include_pad = op.count_include_pad;
  const size_t n = op.window.size();
  for (size_t i = 0; i < 3; ++i) {
    g.in[i] = g.out[i] = g.kernel[i] = g.stride[i] = g.dilation[i] = 1;
    if (i < 3 - n) continue;
    const size_t a = i - (3 - n);
    g.kernel[i] = op.window[a];
    if (!op.strides.empty()) g.stride[i] = op.strides[a];
    if (!op.dilations.empty()) g.dilation[i] = op.dilations[a];
    if (op.padding != ops::Padding::explicit_pads) continue;
    if (!op.pads_begin.empty()) g.pad[i] = op.pads_begin[a];
    if (!op.pads_end.empty()) g.pad_end[i] = op.pads_end[a];
  }
  return g;
}

/// Sizes of this run, and the padding that "same" derives from them: what is missing so that the outputs cover the
/// input.
void set_sizes(PoolGeometry& g, ops::Padding padding, const TensorRef& in, const TensorRef& out) {
  const int spatial = in.rank - 2;
  g.channels = in.dims[1];
  for (int a = 0; a < spatial; ++a) {
    const int i = 3 - spatial + a;
    g.in[i] = in.dims[a + 2];
    g.out[i] = out.dims[a + 2];
    if (padding != ops::Padding::same_upper && padding != ops::Padding::same_lower) continue;
    const int64_t extent = g.dilation[i] * (g.kernel[i] - 1) + 1;
    const int64_t total = std::max<int64_t>(0, (g.out[i] - 1) * g.stride[i] + extent - g.in[i]);
    g.pad[i] = padding == ops::Padding::same_upper ? total / 2 : total - total / 2;
    g.pad_end[i] = total - g.pad[i];
  }
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  const auto& op = *op_of<ops::Pool>(p);
  const bool plain = *shared_layout(p) == Layout::plain;
  return make_kernel([geometry = static_geometry(op), padding = op.padding, plain,
                      rows = plain ? pool_rows_plain(t) : pool_rows_channels_last(t),
                      epilogue = OutputEpilogue(p, t)](const LaunchArgs& args) {
    PoolGeometry g = geometry;
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    if (volume(out) == 0) return;
    set_sizes(g, padding, in, out);
    const Layout layout = plain ? Layout::plain : Layout::channels_last;
    const ImageStrides x = image_strides(in, layout), y = image_strides(out, layout);
    g.x_position = x.position;
    g.y_position = y.position;
    // A plane is a channel's, or all channels of one position side by side.
    const int64_t planes = plain ? in.dims[1] : 1, in_plane = g.in[0] * g.in[1] * g.in[2];
    const int64_t out_row = g.out[2] * (plain ? 1 : g.channels), rows_each = g.out[0] * g.out[1];
    const double row_ns = 10 + 0.15 * static_cast<double>(out_row * g.kernel[0] * g.kernel[1] * g.kernel[2]);
    parallel_for(*args.pool, in.dims[0] * planes * rows_each, row_ns, [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t image = begin / rows_each / planes, plane = begin / rows_each % planes, row = begin % rows_each;
        const int64_t count = std::min(end - begin, rows_each - row);
        rows(g, static_cast<const float*>(in.data) + image * x.image + plane * in_plane,
             static_cast<float*>(out.data) + image * y.image + plane * rows_each * g.out[2], row, row + count);
        begin += count;
      }
    });
    epilogue.apply(args, args.workspace);
  });
}

}  // namespace

Tactic pool_window() {
  return {.version = 2, .supports = supports, .workspace = workspace, .create = create, .slices = true};
}

}  // namespace dvt::cpu
