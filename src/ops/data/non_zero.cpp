#include "ops/data/non_zero.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {

bool is_zero(const ReadView& x, int64_t i) { return is_floating(x.dtype()) ? x.get(i) == 0 : x.get_int(i) == 0; }

}  // namespace

std::vector<TensorType> infer(const NonZero&, std::span<const ValueInfo> in) {
  return {{DType::i64, {in[0].type.rank(), late_symbol(0)}}};
}

std::vector<LateSize> late_sizes(const NonZero&, std::span<const ValueInfo> in) {
  return {{.max = in[0].type.shape.volume()}};
}

void reference(const NonZero&, std::span<const ReadView> in, std::span<const WriteView> out, std::span<int64_t> late) {
  std::vector<std::vector<int64_t>> found;
  for_each_index(in[0].dims(), [&](std::span<const int64_t> index, int64_t i) {
    if (!is_zero(in[0], i)) found.emplace_back(index.begin(), index.end());
  });
  for (size_t a = 0; a < in[0].dims().size(); ++a)
    for (size_t k = 0; k < found.size(); ++k) out[0].set_int(static_cast<int64_t>(a * found.size() + k), found[k][a]);
  if (!late.empty()) late[0] = static_cast<int64_t>(found.size());
}

Cost cost(const NonZero&, std::span<const TensorType> in, std::span<const TensorType>, const SymbolValues& at) {
  return traffic(in, {}, at);
}

void visit_fields(NonZero&, FieldVisitor&) {}

}  // namespace dvt::ops
