// Constant padding: the border is filled, then the inside is copied.
#include "ops/data/pad.h"

#include <algorithm>
#include <array>

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"
#include "base/concat.h"
#include "ops/op.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Pad>(p);
  if (!op) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  if (op->mode != ops::Pad::Mode::constant) return Support::no("mode is not constant");
  if (op->has_pads_input) return Support::no("pads are an input");
  for (const Dim& d : op->pads_begin)
    if (!d.is_constant()) return Support::no(concat("begin pad ", to_string(d), " is symbolic"));
  return Support::yes();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  const auto& op = *op_of<ops::Pad>(p);
  std::vector<int64_t> begin(p.outputs[0].dims.size());
  for (size_t i = 0; i < op.pads_begin.size(); ++i) begin[i] = op.pads_begin[i].constant();
  std::array<std::byte, 8> value{};
  const ops::WriteView scalar(p.outputs[0].dtype, {}, value.data());
  if (is_floating(p.outputs[0].dtype))
    scalar.set(0, op.value);
  else
    scalar.set_int(0, static_cast<int64_t>(op.value));
  return make_kernel([begin, value, value_input = op.has_value ? 1 : -1, element = mover_element(p.outputs[0].dtype),
                      from = p.inputs[0].layout, to = p.outputs[0].layout](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    const void* fill = value_input >= 0 ? args.inputs[value_input].data : value.data();
    const int64_t none[kMaxRank] = {};
    if (out.slice_axis >= 0)
      strided_copy(*args.pool, nest_of(out, to, none), element, out.data, fill);
    else
      parallel_for(*args.pool, volume(out), 0.25, [&](int64_t first, int64_t end) {
        fill_elements(element_at(out.data, first, element), fill, element, end - first);
      });
    int64_t in_strides[kMaxRank], out_strides[kMaxRank], count[kMaxRank];
    element_strides(in, from, in_strides);
    element_strides(out, to, out_strides);
    int64_t read = 0, write = 0;
    for (int i = 0; i < in.rank; ++i) {
      const int64_t pad = begin[static_cast<size_t>(i)];  // negative: elements are cut off
      const int64_t skipped = std::max<int64_t>(-pad, 0), at = std::max<int64_t>(pad, 0);
      count[i] = std::max<int64_t>(0, std::min(in.dims[i] - skipped, out.dims[i] - at));
      read += skipped * in_strides[i];
      write += at * out_strides[i];
    }
    CopyNest nest;
    for (int i = 0; i < out.rank; ++i) {
      const int axis = memory_axis(to, out.rank, i);
      nest.strides[0][i] = out_strides[axis];
      nest.strides[1][i] = in_strides[axis];
      nest.add_loop(count[axis]);
    }
    strided_copy(*args.pool, nest, element, element_at(out.data, write, element), element_at(in.data, read, element));
  });
}

}  // namespace

Tactic pad_constant() { return {.supports = supports, .create = create, .slices = true}; }

}  // namespace dvt::cpu
