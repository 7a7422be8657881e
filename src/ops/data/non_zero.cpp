#include "ops/data/non_zero.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "non_zero";

bool is_zero(const ReadView& x, int64_t i) { return is_floating(x.dtype()) ? x.get(i) == 0 : x.get_int(i) == 0; }

}  // namespace

std::vector<TensorType> infer(const NonZero& op, std::span<const ValueInfo> in) {
  if (op.symbol.size() < 2 || op.symbol[0] != '?')
    reject(kName, "symbol must name the late-bound count and start with '?', got '", op.symbol, "'");
  return {{DType::i64, {in[0].type.rank(), Dim::symbol(op.symbol)}}};
}

void reference(const NonZero&, std::span<const ReadView> in, std::span<const WriteView> out) {
  // The output has room for `capacity` positions; what does not fit is left out.
  const int64_t capacity = out[0].dim(1);
  int64_t found = 0;
  for_each_index(in[0].dims(), [&](std::span<const int64_t> index, int64_t i) {
    if (is_zero(in[0], i) || found == capacity) return;
    for (size_t a = 0; a < index.size(); ++a) out[0].set_int(static_cast<int64_t>(a) * capacity + found, index[a]);
    ++found;
  });
}

Cost cost(const NonZero&, std::span<const TensorType> in, std::span<const TensorType>, const SymbolValues& at) {
  return traffic(in, {}, at);
}

void visit_fields(NonZero& op, FieldVisitor& v) { v.field("symbol", op.symbol); }

}  // namespace dvt::ops
