#include "ops/data/tile.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "tile";
}

std::vector<TensorType> infer(const Tile& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  const std::vector<Dim>& repeats = target_shape(kName, op.repeats, in, "repeats");
  if (static_cast<int>(repeats.size()) != x.rank())
    reject(kName, "repeats must have ", x.rank(), " elements, got ", repeats.size());
  TensorType y{x.dtype, {}};
  for (int i = 0; i < x.rank(); ++i) {
    const Dim& n = repeats[static_cast<size_t>(i)];
    if (n.is_constant() && n.constant() < 0) reject(kName, "repeats along axis ", i, " is ", n);
    y.shape.push_back(x.shape[i] * n);
  }
  return {y};
}

void reference(const Tile&, std::span<const ReadView> in, std::span<const WriteView> out) {
  const auto strides = row_major_strides(in[0].dims());
  for_each_index(out[0].dims(), [&](std::span<const int64_t> index, int64_t i) {
    int64_t from = 0;
    for (size_t a = 0; a < index.size(); ++a) from += index[a] % in[0].dims()[a] * strides[a];
    copy_elements(in[0], from, out[0], i);
  });
}

Cost cost(const Tile&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in.first(1), out, at);
}

void visit_fields(Tile& op, FieldVisitor& v) { v.field("repeats", op.repeats); }

}  // namespace dvt::ops
