// identity with one layout is a copy (planners alias it away where they can); with two it is a reformat.
#include "ops/data/identity.h"

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"
#include "ops/data/reshape.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support copy_supports(const Problem& p, const Target&) {
  if (!op_of<ops::Identity>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (!shared_layout(p)) return Support::no("changes the layout");
  return Support::yes();
}

Support reshape_supports(const Problem& p, const Target&) {
  if (!op_of<ops::Reshape>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_plain_layouts(p)) return *no;
  return Support::yes();
}

std::unique_ptr<Kernel> copy_create(const Problem& p, const Target&) {
  return make_kernel([dtype = p.outputs[0].dtype](const LaunchArgs& args) {
    copy_bytes(*args.pool, args.outputs[0].data, args.inputs[0].data, byte_size(dtype, volume(args.outputs[0])));
  });
}

Support reformat_supports(const Problem& p, const Target&) {
  if (!op_of<ops::Identity>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  return Support::yes();
}

std::unique_ptr<Kernel> reformat_create(const Problem& p, const Target&) {
  return make_kernel([element = mover_element(p.outputs[0].dtype), from = p.inputs[0].layout,
                      to = p.outputs[0].layout](const LaunchArgs& args) {
    const TensorRef& in = args.inputs[0];
    const TensorRef& out = args.outputs[0];
    int64_t strides[kMaxRank];
    element_strides(in, from, strides);
    strided_copy(*args.pool, nest_of(out, to, strides), element, out.data, in.data);
  });
}

}  // namespace

Tactic identity_copy() { return {.supports = copy_supports, .create = copy_create}; }
Tactic reshape_copy() { return {.supports = reshape_supports, .create = copy_create}; }
Tactic reformat_strided() { return {.supports = reformat_supports, .create = reformat_create, .slices = true}; }

}  // namespace dvt::cpu
