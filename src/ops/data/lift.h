#pragma once
#include "ops/op.h"

namespace dvt::ops {

/// The elements of a small integer tensor as late sizes: shapes may depend on them from here on. The result is the
/// tensor itself, or, for role shape, what its placeholders stand for. Inputs: the tensor; for role shape also the
/// tensor that is to be reshaped, of which only the shape matters.
struct Lift {
  static constexpr OpId kId = OpId::lift;
  enum class Role {
    size,    ///< Not negative; `max` bounds the elements.
    number,  ///< Of any sign; limited to [-kMaxLate, kMaxLate] as a late size.
    shape    ///< Target of a reshape: -1 takes what is left, 0 copies the dimension unless allow_zero.
  };
  Role role = Role::size;
  bool allow_zero = false;
  std::vector<Dim> max;  ///< Role size: one per element; empty: not known.
  friend bool operator==(const Lift&, const Lift&) = default;
};
DECLARE_LATE_OP(Lift);
std::optional<std::vector<Dim>> fold_value(const Lift& op, std::span<const ValueInfo> inputs);

}  // namespace dvt::ops
