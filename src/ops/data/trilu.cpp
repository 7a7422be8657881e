#include "ops/data/trilu.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "trilu";
}

std::vector<TensorType> infer(const Trilu& op, std::span<const ValueInfo> in) {
  require_rank_at_least(kName, in[0].type, 2, "x");
  if (op.k < -kMaxAttribute || op.k > kMaxAttribute) reject(kName, "k is out of range: ", op.k);
  return {in[0].type};
}

void reference(const Trilu& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  const int64_t rows = in[0].dim(in[0].rank() - 2), columns = in[0].dim(in[0].rank() - 1);
  for (int64_t i = 0; i < out[0].volume(); ++i) {
    const int64_t diagonal = i % columns - i / columns % rows;
    if (op.upper ? diagonal >= op.k : diagonal <= op.k)
      copy_elements(in[0], i, out[0], i);
    else
      out[0].set_int(i, 0);
  }
}

Cost cost(const Trilu&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(Trilu& op, FieldVisitor& v) {
  v.field("upper", op.upper);
  v.field("k", op.k);
}

}  // namespace dvt::ops
