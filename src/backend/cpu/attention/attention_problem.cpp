#include "backend/cpu/attention/attention_problem.h"

#include <algorithm>
#include <cmath>

#include "backend/cpu/common/loop_nest.h"
#include "base/concat.h"

namespace dvt::cpu {

using namespace backend;

Support attention_supports(const Problem& p) {
  if (!op_of<ops::Attention>(p)) return not_this_op(p);
  if (auto no = needs_plain_layouts(p)) return *no;
  for (const Operand& o : p.op_inputs().first(3))
    if (o.dtype != DType::f32) return Support::no(concat("q, k or v is ", to_string(o.dtype), ", not f32"));
  if (p.num_op_inputs > 3 && p.inputs[3].dtype != DType::f32 && p.inputs[3].dtype != DType::b8)
    return Support::no("mask is neither f32 nor b8");
  return Support::yes();
}

std::optional<DType> AttentionLaunch::mask_of(const Problem& p) {
  return p.num_op_inputs > 3 ? std::optional(p.inputs[3].dtype) : std::nullopt;
}

const DimRange& queries_of(const Problem& p) {
  return p.inputs[0].dims[ops::Attention::position_axis(op_of<ops::Attention>(p)->q_by_position)];
}
const DimRange& keys_of(const Problem& p) {
  return p.inputs[1].dims[ops::Attention::position_axis(op_of<ops::Attention>(p)->k_by_position)];
}

AttentionLaunch::Rows::Rows(const TensorRef& t, bool by_position) : data(static_cast<const float*>(t.data)) {
  element_strides(t, Layout::plain, strides);
  if (by_position) std::swap(strides[1], strides[2]);
}

AttentionLaunch::AttentionLaunch(const ops::Attention& op, std::optional<DType> mask, const LaunchArgs& args)
    : q_(args.inputs[0], op.q_by_position),
      k_(args.inputs[1], op.k_by_position),
      v_(args.inputs[2], op.v_by_position),
      out_(args.outputs[0], op.y_by_position),
      op_(op) {
  const TensorRef *q_ref = &args.inputs[0], *k_ref = &args.inputs[1], *v_ref = &args.inputs[2];
  batch = q_ref->dims[0], depth = q_ref->dims[3], width = v_ref->dims[3];
  heads = q_ref->dims[ops::Attention::head_axis(op.q_by_position)];
  queries = q_ref->dims[ops::Attention::position_axis(op.q_by_position)];
  groups = k_ref->dims[ops::Attention::head_axis(op.k_by_position)];
  keys = k_ref->dims[ops::Attention::position_axis(op.k_by_position)];
  if (mask) {
    const TensorRef& m = args.inputs[3];
    mask_ = m.data;
    mask_is_bool_ = *mask == DType::b8;
    int64_t own[kMaxRank];
    element_strides(m, Layout::plain, own);
    for (int i = 0; i < m.rank; ++i) mask_strides_[4 - m.rank + i] = m.dims[i] == 1 ? 0 : own[i];
  }
  scale_ = static_cast<float>(op.scale != 0 ? op.scale : 1 / std::sqrt(static_cast<double>(depth)));
}

int64_t AttentionLaunch::visible(int64_t s) const {
  if (!op_.causal) return keys;
  return std::clamp<int64_t>(s + 1 + (op_.causal_lower_right ? keys - queries : 0), 0, keys);
}

AttentionRow AttentionLaunch::row(int64_t b, int64_t h, int64_t s) const {
  AttentionRow r;
  r.scale = scale_;
  r.softcap = static_cast<float>(op_.softcap);
  if (!mask_) return r;
  const int64_t at = b * mask_strides_[0] + h * mask_strides_[1] + s * mask_strides_[2];
  r.mask_stride = mask_strides_[3];
  if (mask_is_bool_)
    r.kept = static_cast<const uint8_t*>(mask_) + at;
  else
    r.added = static_cast<const float*>(mask_) + at;
  return r;
}

}  // namespace dvt::cpu
