#include "ops/data/transpose.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "transpose";

std::vector<int64_t> permutation(const Transpose& op, int rank) {
  if (!op.perm.empty()) return op.perm;
  std::vector<int64_t> perm;
  for (int i = rank; i-- > 0;) perm.push_back(i);
  return perm;
}

}  // namespace

std::vector<TensorType> infer(const Transpose& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  const std::vector<int64_t> perm = permutation(op, x.rank());
  if (static_cast<int>(perm.size()) != x.rank())
    reject(kName, "perm has ", perm.size(), " elements for x ", x, " of rank ", x.rank());
  std::vector<bool> used(perm.size(), false);
  TensorType y{x.dtype, {}};
  for (int64_t axis : perm) {
    if (axis < 0 || axis >= x.rank()) reject(kName, "perm element ", axis, " is outside rank ", x.rank());
    if (used[static_cast<size_t>(axis)]) reject(kName, "perm has axis ", axis, " twice");
    used[static_cast<size_t>(axis)] = true;
    y.shape.push_back(x.shape[static_cast<int>(axis)]);
  }
  return {y};
}

std::optional<std::vector<Dim>> fold_value(const Transpose& op, std::span<const ValueInfo> in) {
  if (!in[0].value || !in[0].type.shape.is_constant()) return std::nullopt;
  const std::vector<int64_t> from = in[0].type.shape.constants(), own = row_major_strides(from);
  std::vector<int64_t> dims, strides;
  for (int64_t axis : permutation(op, in[0].type.rank())) {
    dims.push_back(from[static_cast<size_t>(axis)]);
    strides.push_back(own[static_cast<size_t>(axis)]);
  }
  std::vector<Dim> y;
  for_each_index(dims, [&](std::span<const int64_t> index, int64_t) {
    y.push_back((*in[0].value)[static_cast<size_t>(offset_of(index, strides))]);
  });
  return y;
}

void reference(const Transpose& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const auto own = row_major_strides(in[0].dims());
  std::vector<int64_t> strides;
  for (int64_t axis : permutation(op, in[0].rank())) strides.push_back(own[static_cast<size_t>(axis)]);
  copy_strided(in[0], 0, strides, out[0]);
}

Cost cost(const Transpose&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(Transpose& op, FieldVisitor& v) { v.field("perm", op.perm); }

}  // namespace dvt::ops
