// Linear resizing of images: the last one or two spatial axes of rank 3 or 4.
#include <algorithm>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/pointwise/output_epilogue.h"
#include "backend/cpu/resize/resize_loops.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Resize>(p);
  if (!op) return not_this_op(p);
  if (op->mode != ops::Resize::Mode::linear) return Support::no("mode is not linear");
  if (op->antialias || op->coordinate == ops::Resize::Coordinate::crop) return Support::no("antialiased or cropped");
  if (op->has_scales_input) return Support::no("scales are computed");
  if (p.inputs[0].dtype != DType::f32) return Support::no("input is not f32");
  if (!shared_layout(p)) return Support::no("layouts of input and output differ");
  const int rank = p.inputs[0].rank();
  if (rank != 3 && rank != 4) return Support::no("rank is not 3 or 4");
  for (size_t i = 0; i < 2; ++i)
    if (!(p.inputs[0].dims[i] == p.outputs[0].dims[i]) || (!op->scales.empty() && op->scales[i] != 1))
      return Support::no("resizes the batch or the channels");
  if (auto no = needs_channel_slices(p)) return *no;
  if (auto no = OutputEpilogue::refusal(p)) return *no;
  return Support::yes();
}

/// Taps of both axes, then a row of the input's width for each thread (plain layout).
struct Scratch {
  size_t taps, row;
  explicit Scratch(const Problem& p) {
    int64_t count = 1;
    for (size_t i = 2; i < p.outputs[0].dims.size(); ++i) count += p.outputs[0].dims[i].max;
    taps = aligned_scratch(static_cast<size_t>(count) * sizeof(ResizeTap));
    row = aligned_scratch(static_cast<size_t>(p.inputs[0].dims.back().max) * sizeof(float));
  }
  size_t bytes(const Target& t) const { return taps + row * static_cast<size_t>(t.threads); }
};

size_t workspace(const Problem& p, const Target& t) { return Scratch(p).bytes(t) + OutputEpilogue(p, t).workspace(); }

struct Image {
  int64_t in_height, in_width, out_height, out_width, channels;
  ImageStrides in, out;
  const ResizeTap *y_taps, *x_taps;
};

void row_channels_last(const Image& g, const ResizeLoops& loops, const float* x, float* y, int64_t row) {
  const ResizeTap ty = g.y_taps[row];
  const float* top = x + ty.first * g.in_width * g.in.position;
  const float* bottom = x + ty.second * g.in_width * g.in.position;
  for (int64_t o = 0; o < g.out_width; ++o, y += g.out.position) {
    const ResizeTap tx = g.x_taps[o];
    const int64_t left = tx.first * g.in.position, right = tx.second * g.in.position;
    loops.blend_square(top + left, top + right, bottom + left, bottom + right, tx.weight, ty.weight, y, g.channels);
  }
}

void row_plain(const Image& g, const ResizeLoops& loops, const float* x, float* y, int64_t row, float* blended) {
  const ResizeTap ty = g.y_taps[row];
  const float* source = x + ty.first * g.in_width;
  if (ty.weight != 0) {
    loops.blend(source, x + ty.second * g.in_width, ty.weight, blended, g.in_width);
    source = blended;
  }
  loops.pick(source, g.x_taps, y, g.out_width);
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  return make_kernel([op = *op_of<ops::Resize>(p), plain = *shared_layout(p) == Layout::plain, scratch = Scratch(p),
                      threads = t.threads, own = Scratch(p).bytes(t), loops = resize_loops(t),
                      epilogue = OutputEpilogue(p, t)](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    if (volume(out) == 0) return;
    const int last = in.rank - 1;
    const bool flat = in.rank == 3;  // one row an image
    auto* x_taps = static_cast<ResizeTap*>(args.workspace);
    ResizeTap* y_taps = x_taps + out.dims[last];
    const auto scale = [&](int axis) { return op.scales.empty() ? 0 : op.scales[static_cast<size_t>(axis)]; };
    const Layout layout = plain ? Layout::plain : Layout::channels_last;
    Image g{flat ? 1 : in.dims[2],
            in.dims[last],
            flat ? 1 : out.dims[2],
            out.dims[last],
            in.dims[1],
            image_strides(in, layout),
            image_strides(out, layout),
            y_taps,
            x_taps};
    resize_taps(op, g.in_width, g.out_width, scale(last), x_taps);
    if (flat)
      y_taps[0] = {0, 0, 0};
    else
      resize_taps(op, g.in_height, g.out_height, scale(2), y_taps);
    const int64_t planes = plain ? g.channels : 1;  // of an image
    const int64_t rows = in.dims[0] * planes * g.out_height;
    const double total_ns = 0.8 * static_cast<double>(volume(out));
    parallel_parts(*args.pool, std::min<int64_t>(threads, rows), total_ns, [&](int64_t part, int64_t parts) {
      auto* blended = reinterpret_cast<float*>(static_cast<char*>(args.workspace) + scratch.taps +
                                               static_cast<size_t>(part) * scratch.row);
      for (int64_t r = rows * part / parts; r < rows * (part + 1) / parts; ++r) {
        const int64_t image = r / g.out_height / planes, plane = r / g.out_height % planes, row = r % g.out_height;
        const float* x = static_cast<const float*>(in.data) + image * g.in.image + plane * g.in_height * g.in_width;
        float* y = static_cast<float*>(out.data) + image * g.out.image +
                   (plane * g.out_height + row) * g.out_width * g.out.position;
        if (plain)
          row_plain(g, loops, x, y, row, blended);
        else
          row_channels_last(g, loops, x, y, row);
      }
    });
    epilogue.apply(args, static_cast<char*>(args.workspace) + own);
  });
}

}  // namespace

Tactic resize_linear() { return {.supports = supports, .workspace = workspace, .create = create, .slices = true}; }

}  // namespace dvt::cpu
