#include "ops/data/range.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "range";

const Dim& known_scalar(const ValueInfo& input, std::string_view what) {
  if (!input.value)
    throw Error(ErrorCode::kUnsupported, kName, ": ", what, " (", input.type,
                ") is data-dependent or fractional, so the number of elements is not known before the network runs; "
                "make it a constant or arithmetic on dimensions, or give count");
  return input.value->at(0);
}

Dim count_of(const Range& op, std::span<const ValueInfo> in) {
  if (!op.count.empty()) return op.count[0];
  const Dim &start = known_scalar(in[0], "start"), &limit = known_scalar(in[1], "limit");
  const Dim& delta = known_scalar(in[2], "delta");
  if (delta == Dim(0)) reject(kName, "delta is 0");
  // The sign of delta says which way the range runs; a symbolic one that may be negative could go either way.
  const bool up = is_non_negative(delta), down = !up && is_non_negative(Dim(0) - delta);
  if (!up && !down) throw Error(ErrorCode::kUnsupported, kName, ": the sign of delta ", delta, " is not known");
  const Dim way = up ? limit - start : start - limit;
  const Dim count = ceildiv(way, up ? delta : Dim(0) - delta);
  return is_non_negative(way) ? count : max(count, 0);
}

}  // namespace

std::vector<TensorType> infer(const Range& op, std::span<const ValueInfo> in) {
  const size_t expected = op.count.empty() ? 3 : 2;
  if (op.count.size() > 1) reject(kName, "count must be one number, got ", op.count.size());
  if (in.size() != expected)
    reject(kName, "expected ", expected, " inputs ", op.count.empty() ? "without" : "with", " count, got ", in.size());
  for (const ValueInfo& x : in) {
    require_same_dtype(kName, x.type.dtype, in[0].type.dtype, "every input");
    if (x.type.rank() > 1 || (x.type.rank() == 1 && x.type.shape[0] != Dim(1)))
      reject(kName, "inputs must be scalars, got ", x.type);
  }
  if (in[0].type.dtype == DType::b8) reject(kName, "takes numbers, got b8");
  return {{in[0].type.dtype, {count_of(op, in)}}};
}

std::optional<std::vector<Dim>> fold_value(const Range& op, std::span<const ValueInfo> in) {
  if (!in[0].value || !in.back().value) return std::nullopt;
  if (op.count.empty() && !in[1].value) return std::nullopt;
  const auto count = count_of(op, in).as_constant();
  if (!count || *count < 0 || *count > kMaxValueElements) return std::nullopt;
  std::vector<Dim> y;
  for (int64_t i = 0; i < *count; ++i) y.push_back(in[0].value->at(0) + Dim(i) * in.back().value->at(0));
  return y;
}

void reference(const Range&, std::span<const ReadView> in, std::span<const WriteView> out) {
  const ReadView &start = in[0], &delta = in.back();
  for (int64_t i = 0; i < out[0].volume(); ++i)
    if (is_floating(start.dtype()))
      out[0].set(i, start.get(0) + static_cast<double>(i) * delta.get(0));
    else
      out[0].set_int(i, wrap_add(start.get_int(0), wrap_mul(i, delta.get_int(0))));
}

Cost cost(const Range&, std::span<const TensorType>, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic({}, out, at, 1);
}

void visit_fields(Range& op, FieldVisitor& v) { v.field("count", op.count); }

}  // namespace dvt::ops
