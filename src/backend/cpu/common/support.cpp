#include "backend/cpu/common/support.h"

#include "backend/cpu/common/loop_nest.h"
#include "base/concat.h"

namespace dvt::cpu {

using backend::Layout;
using backend::Operand;
using backend::Problem;
using backend::Support;

Refusal needs_no_epilogue(const Problem& p) {
  if (p.epilogue.is_identity()) return std::nullopt;
  return Support::no("has an epilogue");
}

Refusal needs_plain_layouts(const Problem& p) {
  for (const auto* list : {&p.inputs, &p.outputs})
    for (const Operand& o : *list)
      if (o.layout != Layout::plain) return Support::no(concat("layout of ", to_string(o), " is not plain"));
  return std::nullopt;
}

Refusal needs_dtype(const Problem& p, DType t) {
  for (const Operand& o : p.op_inputs())
    if (o.dtype != t) return Support::no(concat("input is ", to_string(o.dtype), ", not ", to_string(t)));
  for (const Operand& o : p.outputs)
    if (o.dtype != t) return Support::no(concat("output is ", to_string(o.dtype), ", not ", to_string(t)));
  return std::nullopt;
}

std::optional<Layout> shared_layout(const Problem& p) {
  const Operand &in = p.inputs[0], &out = p.outputs[0];
  if (in.layout == out.layout) return in.layout;
  // Which axes the blocks of a slice cover depends on its own layout, even where the order of elements does not.
  if (in.slice_axis > 0 || out.slice_axis > 0) return std::nullopt;
  if (!layout_matters(out)) return in.layout;
  return layout_matters(in) ? std::nullopt : std::optional(out.layout);
}

Refusal needs_channel_slices(const Problem& p) {
  for (const Operand* o : {&p.inputs[0], &p.outputs[0]})
    if (!has_image_strides(*o))
      return Support::no(concat(to_string(*o), " is a slice along another axis than channels"));
  return std::nullopt;
}

Refusal needs_whole_bytes(const Operand& o) {
  if (bits(o.dtype) % 8 == 0) return std::nullopt;
  return Support::no(concat("elements of ", to_string(o.dtype), " share bytes"));
}

}  // namespace dvt::cpu
