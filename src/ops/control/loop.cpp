#include "ops/control/loop.h"

#include "ops/control/regions.h"

namespace dvt::ops {

std::vector<TensorType> infer(const Loop&, std::span<const ValueInfo>) { needs_regions("loop"); }

void reference(const Loop&, std::span<const ReadView>, std::span<const WriteView>) { needs_regions("loop"); }

Cost cost(const Loop&, std::span<const TensorType>, std::span<const TensorType>, const SymbolValues&) { return {}; }

void visit_fields(Loop& op, FieldVisitor& v) {
  v.field("scope", op.scope);
  v.field("has_limit", op.has_limit);
  v.field("has_condition", op.has_condition);
  v.field("while_form", op.while_form);
  v.field("carried", op.carried);
  v.field("scan_axes", op.scan_axes);
  v.field("scan_reverse", op.scan_reverse);
  v.field("stack_axes", op.stack_axes);
  v.field("stack_reverse", op.stack_reverse);
  v.field("stack_lengths", op.stack_lengths);
}

namespace {

void check_flags(const std::vector<int64_t>& flags, size_t count, std::string_view what) {
  if (flags.size() != count) reject("loop", what, " has ", flags.size(), " entries, expected ", count);
  for (int64_t f : flags)
    if (f != 0 && f != 1) reject("loop", what, " must be 0 or 1, got ", f);
}

}  // namespace

LoopLayout::LoopLayout(const Loop& op) {
  constexpr int kMost = 4096;
  if (op.carried < 0 || op.carried > kMost) reject("loop", op.carried, " carried values");
  check_flags(op.scan_reverse, op.scan_axes.size(), "scan_reverse");
  check_flags(op.stack_reverse, op.stack_axes.size(), "stack_reverse");
  check_flags(op.stack_lengths, op.stack_axes.size(), "stack_lengths");
  if (!op.has_limit && !op.has_condition && !op.while_form && op.scan_axes.empty())
    reject("loop", "nothing ends it; give it a trip limit, a condition or a tensor to scan");
  scanned = static_cast<int>(op.scan_axes.size());
  stacked = static_cast<int>(op.stack_axes.size());
  int at = 0;
  if (op.has_limit) limit = at++;
  if (op.has_condition) condition = at++;
  first_carried = at;
  first_scanned = first_carried + op.carried;
  first_length = first_scanned + scanned;
  first_capture = first_length;
  for (int64_t has : op.stack_lengths) length_of.push_back(has ? first_capture++ : -1);
  body_first_scanned = 1 + op.carried;
  body_first_capture = body_first_scanned + scanned;
  body_first_carried_out = op.has_condition ? 1 : 0;
  body_first_stacked = body_first_carried_out + op.carried;
  body_outputs = body_first_stacked + stacked;
}

}  // namespace dvt::ops
