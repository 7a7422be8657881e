// A problem with ranges may carry symbolic attributes ("the first `seq` elements"). Sizes follow from the shapes of the
// run; positions do not, and are refused.
#include "backend/cpu/reference/concrete.h"

#include "base/concat.h"
#include "ops/all_ops.h"

namespace dvt::cpu {
namespace {

bool constant(const std::vector<Dim>& dims) {
  for (const Dim& d : dims)
    if (!d.is_constant()) return false;
  return true;
}

std::vector<Dim> dims_of(const backend::TensorRef& t) { return {t.dims, t.dims + t.rank}; }

}  // namespace

std::string symbolic_refusal(const ops::Op& op) {
  if (const auto* slice = op.as<ops::Slice>())
    if (!constant(slice->start)) return "the slice's start is symbolic";
  if (const auto* pad = op.as<ops::Pad>())
    if (!constant(pad->pads_begin)) return "the padding in front is symbolic";
  return "";
}

ops::Op concrete(const ops::Op& op, const backend::LaunchArgs& args) {
  const backend::TensorRef& out = args.outputs[0];
  if (const auto* reshape = op.as<ops::Reshape>(); reshape && !constant(reshape->shape)) {
    ops::Reshape r = *reshape;
    r.shape = dims_of(out);
    r.allow_zero = true;
    return r;
  }
  if (const auto* expand = op.as<ops::Expand>(); expand && !constant(expand->shape))
    return ops::Expand{.shape = dims_of(out)};
  if (const auto* fill = op.as<ops::Fill>(); fill && !constant(fill->shape)) return ops::Fill{.shape = dims_of(out)};
  if (const auto* range = op.as<ops::Range>(); range && !constant(range->count))
    return ops::Range{.count = dims_of(out)};
  if (const auto* slice = op.as<ops::Slice>(); slice && !constant(slice->size)) {
    ops::Slice s = *slice;
    s.size = dims_of(out);
    return s;
  }
  if (const auto* resize = op.as<ops::Resize>(); resize && !constant(resize->sizes)) {
    ops::Resize r = *resize;
    r.sizes = dims_of(out);
    return r;
  }
  if (const auto* tile = op.as<ops::Tile>(); tile && !constant(tile->repeats)) {
    ops::Tile t = *tile;
    for (size_t i = 0; i < t.repeats.size(); ++i)
      t.repeats[i] = args.inputs[0].dims[i] ? out.dims[i] / args.inputs[0].dims[i] : 0;
    return t;
  }
  if (const auto* topk = op.as<ops::TopK>(); topk && !constant(topk->k)) {
    ops::TopK t = *topk;
    t.k = {out.dims[*normalize_axis(t.axis, out.rank)]};
    return t;
  }
  if (const auto* pad = op.as<ops::Pad>(); pad && !constant(pad->pads_end)) {
    ops::Pad q = *pad;
    for (size_t i = 0; i < q.pads_end.size(); ++i) {
      const int64_t begin = q.pads_begin.empty() ? 0 : q.pads_begin[i].constant();
      q.pads_end[i] = out.dims[i] - args.inputs[0].dims[i] - begin;
    }
    return q;
  }
  return op;
}

}  // namespace dvt::cpu
