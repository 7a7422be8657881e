#include "ops/data/lift.h"

#include <algorithm>
#include <cstring>

#include "backend/cpu/common/make_kernel.h"
#include "backend/cpu/common/support.h"

namespace dvt::cpu {
namespace {

using namespace backend;

Support supports(const Problem& p, const Target&) {
  const auto* op = op_of<ops::Lift>(p);
  if (!op) return not_this_op(p);
  if (op->role == ops::Lift::Role::shape) return Support::no("a reshape's placeholders are left to the reference");
  return Support::yes();
}

template <class T>
void lift(const LaunchArgs& args, bool is_signed) {
  const int64_t count = args.inputs[0].rank == 0 ? 1 : args.inputs[0].dims[0];
  const T* x = static_cast<const T*>(args.inputs[0].data);
  T* y = static_cast<T*>(args.outputs[0].data);
  for (int64_t i = 0; i < count; ++i) {
    y[i] = x[i];
    args.late[i] = is_signed ? std::clamp<int64_t>(x[i], -kMaxLate, kMaxLate) : int64_t{x[i]};
  }
}

std::unique_ptr<Kernel> create(const Problem& p, const Target&) {
  return make_kernel([wide = p.inputs[0].dtype == DType::i64,
                      is_signed = op_of<ops::Lift>(p)->role == ops::Lift::Role::number](const LaunchArgs& args) {
    wide ? lift<int64_t>(args, is_signed) : lift<int32_t>(args, is_signed);
  });
}

}  // namespace

Tactic lift_elements() { return {.supports = supports, .create = create}; }

}  // namespace dvt::cpu
