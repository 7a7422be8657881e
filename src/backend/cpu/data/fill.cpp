#include "ops/data/fill.h"

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::Fill>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  if (auto no = needs_whole_bytes(p.outputs[0])) return *no;
  return Support::yes();
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([element = mover_element(p.outputs[0].dtype)](const LaunchArgs& args) {
    const TensorRef& out = args.outputs[0];
    parallel_for(*args.pool, volume(out), 0.25, [&](int64_t begin, int64_t end) {
      fill_elements(element_at(out.data, begin, element), args.inputs[0].data, element, end - begin);
    });
  });
}

}  // namespace

Tactic fill_splat() { return {.supports = supports, .create = create}; }

}  // namespace dvt::cpu
