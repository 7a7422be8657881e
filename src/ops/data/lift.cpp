#include "ops/data/lift.h"

#include <algorithm>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "lift";
constexpr std::string_view kRoles[] = {"size", "number", "shape"};
constexpr int64_t kMaxElements = 64;

int64_t count_of(const TensorType& x) { return x.rank() == 0 ? 1 : x.shape[0].constant(); }

/// The target of a reshape without placeholders; its first dimension is -1 when the elements do not fit.
std::vector<int64_t> resolve(std::vector<int64_t> target, const std::vector<int64_t>& x, bool allow_zero) {
  int64_t others = 1;
  std::optional<size_t> unknown;
  bool fits = true;
  for (size_t i = 0; i < target.size(); ++i) {
    if (target[i] == 0 && !allow_zero) {
      fits &= i < x.size();
      if (i < x.size()) target[i] = x[i];
    }
    if (target[i] < 0) {
      fits &= target[i] == -1 && !unknown;
      unknown = i;
    } else {
      fits &= !__builtin_mul_overflow(others, target[i], &others);
    }
  }
  const int64_t volume = volume_of(x);
  if (fits && unknown) {
    target[*unknown] = others == 0 ? 0 : volume / others;
    others *= target[*unknown];
  }
  if (!target.empty() && (!fits || others != volume)) target[0] = -1;
  return target;
}

}  // namespace

std::vector<TensorType> infer(const Lift& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  if (x.dtype != DType::i32 && x.dtype != DType::i64) reject(kName, "takes i32 or i64, got ", x);
  if (x.rank() > 1 || (x.rank() == 1 && !x.shape[0].is_constant()))
    reject(kName, "takes a scalar or a vector of known length, got ", x);
  const int64_t count = count_of(x);
  if (count > kMaxElements) reject(kName, "takes at most ", kMaxElements, " elements, got ", x);
  if (in.size() != (op.role == Lift::Role::shape ? 2u : 1u))
    reject(kName, "role ", kRoles[static_cast<size_t>(op.role)], " does not go with ", in.size(), " inputs");
  if (!op.max.empty() && (op.role != Lift::Role::size || static_cast<int64_t>(op.max.size()) != count))
    reject(kName, "max has ", op.max.size(), " elements, for ", count, " of role ",
           kRoles[static_cast<size_t>(op.role)]);
  return {x};
}

std::vector<LateSize> late_sizes(const Lift& op, std::span<const ValueInfo> in) {
  std::vector<LateSize> sizes(static_cast<size_t>(count_of(in[0].type)));
  for (size_t i = 0; i < sizes.size(); ++i) {
    sizes[i].is_signed = op.role == Lift::Role::number;
    if (!op.max.empty()) sizes[i].max = op.max[i];
  }
  return sizes;
}

std::optional<std::vector<Dim>> fold_value(const Lift& op, std::span<const ValueInfo> in) {
  std::vector<Dim> y;
  for (int64_t i = 0; i < count_of(in[0].type); ++i)
    y.push_back(late_symbol(static_cast<int>(i), op.role == Lift::Role::number));
  return y;
}

void reference(const Lift& op, std::span<const ReadView> in, std::span<const WriteView> out, std::span<int64_t> late) {
  std::vector<int64_t> elements = load_ints(in[0]);
  if (op.role == Lift::Role::shape) elements = resolve(std::move(elements), in[1].dims(), op.allow_zero);
  for (size_t i = 0; i < elements.size(); ++i) {
    out[0].set_int(static_cast<int64_t>(i), elements[i]);
    if (late.empty()) continue;
    late[i] = op.role == Lift::Role::number ? std::clamp(elements[i], -kMaxLate, kMaxLate) : elements[i];
  }
}

Cost cost(const Lift&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in.first(1), out, at);
}

void visit_fields(Lift& op, FieldVisitor& v) {
  v.choice("role", op.role, kRoles);
  v.field("allow_zero", op.allow_zero);
  v.field("max", op.max);
}

}  // namespace dvt::ops
