#include "ops/data/slice.h"

#include <algorithm>

#include "backend/cpu/common/index_input.h"
#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"
#include "base/concat.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Slice>(p);
  if (!op) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  if (!op->has_start_input)
    for (const Dim& d : op->start)
      if (!d.is_constant()) return Support::no(concat("start ", to_string(d), " is symbolic"));
  for (size_t i = 1; i < p.inputs.size(); ++i)
    if (!is_index_type(p.inputs[i].dtype)) return Support::no("positions are not i32 or i64");
  return Support::yes();
}

/// One of the slice's three lists: constants, or an integer input read at each run.
struct Positions {
  std::vector<int64_t> constants;
  int input = -1;
  DType type = DType::i64;

  int64_t get(const LaunchArgs& args, int axis, int64_t otherwise) const {
    if (input >= 0) return read_index(type, args.inputs[input].data, axis);
    return constants.empty() ? otherwise : constants[static_cast<size_t>(axis)];
  }
};

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  const auto& op = *op_of<ops::Slice>(p);
  Positions start, step;
  int next = 1;
  if (op.has_start_input) {
    start.input = next++;
    start.type = p.inputs[static_cast<size_t>(start.input)].dtype;
  } else {
    for (const Dim& d : op.start) start.constants.push_back(d.constant());
  }
  if (op.has_size_input) ++next;
  if (op.has_step_input) {
    step.input = next;
    step.type = p.inputs[static_cast<size_t>(next)].dtype;
  } else {
    step.constants = op.step;
  }
  return make_kernel([start, step, element = mover_element(p.outputs[0].dtype), from = p.inputs[0].layout,
                      to = p.outputs[0].layout](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    if (volume(out) == 0) return;
    int64_t in_strides[kMaxRank], strides[kMaxRank];
    element_strides(in, from, in_strides);
    int64_t offset = 0;
    for (int i = 0; i < in.rank; ++i) {
      // Positions known only now are clamped so that first and last lie inside; constants already do.
      const int64_t last = in.dims[i] - 1, span = out.dims[i] - 1;
      if (last < 0) return;
      const int64_t most = span > 0 ? last / span : last;
      const int64_t by = std::clamp(step.get(args, i, 1), -most, most);
      const int64_t low = by < 0 ? -by * span : 0, high = by > 0 ? last - by * span : last;
      const int64_t first = std::clamp(start.get(args, i, 0), low, std::max(low, high));
      offset += first * in_strides[i];
      strides[i] = by * in_strides[i];
    }
    strided_copy(*args.pool, nest_of(out, to, strides), element, out.data, element_at(in.data, offset, element));
  });
}

}  // namespace

Tactic slice_strided() { return {.supports = supports, .create = create, .slices = true}; }

}  // namespace dvt::cpu
