#include "ops/data/range.h"

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/parallel.h"
#include "backend/cpu/common/support.h"
#include "backend/cpu/data/nest_of.h"
#include "base/concat.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  if (!op_of<ops::Range>(p)) return not_this_op(p);
  if (auto no = needs_no_epilogue(p)) return *no;
  const DType t = p.outputs[0].dtype;
  if (t != DType::i64 && t != DType::i32) return Support::no(concat("type is ", t, ", not i64 or i32"));
  return Support::yes();
}

template <class T>
void count_up(const LaunchArgs& args, size_t delta_input) {
  using Unsigned = std::make_unsigned_t<T>;  // wraps around, as the type does
  const auto start = static_cast<Unsigned>(*static_cast<const T*>(args.inputs[0].data));
  const auto delta = static_cast<Unsigned>(*static_cast<const T*>(args.inputs[delta_input].data));
  T* y = static_cast<T*>(args.outputs[0].data);
  for (int64_t i = 0; i < args.outputs[0].dims[0]; ++i) y[i] = static_cast<T>(start + static_cast<Unsigned>(i) * delta);
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([wide = p.outputs[0].dtype == DType::i64, delta = p.inputs.size() - 1](const LaunchArgs& args) {
    wide ? count_up<int64_t>(args, delta) : count_up<int32_t>(args, delta);
  });
}

}  // namespace

Tactic range_count() { return {.supports = supports, .create = create}; }

}  // namespace dvt::cpu
