// Nearest resizing along any axes: every output element is a copy.
#include <cstring>

#include "backend/cpu/common/loop_nest.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/strided_copy.h"
#include "backend/cpu/pointwise/output_epilogue.h"
#include "backend/cpu/resize/resize_taps.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Resize>(p);
  if (!op) return not_this_op(p);
  if (op->mode != ops::Resize::Mode::nearest) return Support::no("mode is not nearest");
  if (op->coordinate == ops::Resize::Coordinate::crop) return Support::no("cropped");
  if (op->has_scales_input) return Support::no("scales are computed");
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  if (!shared_layout(p)) return Support::no("layouts of input and output differ");
  if (auto no = OutputEpilogue::refusal(p)) return *no;
  return Support::yes();
}

size_t own_scratch(const Problem& p, const Target&) {
  int64_t taps = 0;
  for (const DimRange& d : p.outputs[0].dims) taps += d.max;
  return aligned_scratch(static_cast<size_t>(taps) * sizeof(ResizeTap));
}
size_t workspace(const Problem& p, const Target& t) { return own_scratch(p, t) + OutputEpilogue(p, t).workspace(); }

/// A row of the innermost axis: elements picked one by one, or one run when that axis keeps its size.
template <class T>
void pick_row(const void* from, const ResizeTap* taps, void* to, int64_t n) {
  const T* x = static_cast<const T*>(from);
  T* y = static_cast<T*>(to);
  for (int64_t o = 0; o < n; ++o) y[o] = x[taps[o].first];
}
using PickRow = void (*)(const void*, const ResizeTap*, void*, int64_t);
PickRow pick_row_of(size_t element) {
  return element == 1   ? &pick_row<uint8_t>
         : element == 2 ? &pick_row<uint16_t>
         : element == 4 ? &pick_row<uint32_t>
                        : &pick_row<uint64_t>;
}

std::unique_ptr<Kernel> create(const Problem& p, const Target& t) {
  return make_kernel([op = *op_of<ops::Resize>(p), layout = *shared_layout(p),
                      element = mover_element(p.outputs[0].dtype), scratch = own_scratch(p, t),
                      epilogue = OutputEpilogue(p, t)](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    if (volume(out) == 0 || out.rank == 0) return;
    const int rank = out.rank, inner = rank - 1;
    const ResizeTap* taps[kMaxRank];
    int64_t dims[kMaxRank], strides[kMaxRank], out_strides[kMaxRank], by_axis[kMaxRank], out_by_axis[kMaxRank];
    element_strides(in, layout, by_axis);
    element_strides(out, layout, out_by_axis);
    auto* next = static_cast<ResizeTap*>(args.workspace);
    for (int i = 0; i < rank; ++i) {
      const int axis = memory_axis(layout, rank, i);
      dims[i] = out.dims[axis];
      strides[i] = by_axis[axis];
      out_strides[i] = out_by_axis[axis];
      taps[i] = next;
      resize_taps(op, in.dims[axis], dims[i], op.scales.empty() ? 0 : op.scales[static_cast<size_t>(axis)], next);
      next += dims[i];
    }
    const int64_t n = dims[inner], rows = volume(out) / n;
    const int last_axis = memory_axis(layout, rank, inner);
    const bool whole = in.dims[last_axis] == n && (op.scales.empty() || op.scales[static_cast<size_t>(last_axis)] == 1);
    const PickRow pick = pick_row_of(element);
    const double row_ns = 10 + static_cast<double>(n) * (whole ? 0.1 * static_cast<double>(element) : 0.8);
    parallel_for(*args.pool, rows, row_ns, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        int64_t rest = r, offset = 0, out_offset = 0;
        for (int i = inner - 1; i >= 0; --i) {
          offset += taps[i][rest % dims[i]].first * strides[i];
          out_offset += rest % dims[i] * out_strides[i];
          rest /= dims[i];
        }
        const char* from = static_cast<const char*>(in.data) + static_cast<size_t>(offset) * element;
        char* to = static_cast<char*>(out.data) + static_cast<size_t>(out_offset) * element;
        if (whole)
          std::memcpy(to, from, static_cast<size_t>(n) * element);
        else
          pick(from, taps[inner], to, n);
      }
    });
    epilogue.apply(args, static_cast<char*>(args.workspace) + scratch);
  });
}

}  // namespace

Tactic resize_nearest() { return {.supports = supports, .workspace = workspace, .create = create, .slices = true}; }

}  // namespace dvt::cpu
