#include "ops/data/bitcast.h"

#include <cstring>

#include "ops/support.h"

namespace dvt::ops {
namespace {
constexpr std::string_view kName = "bitcast";
}

std::vector<TensorType> infer(const Bitcast& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  if (bits(x.dtype) != bits(op.to))
    reject(kName, "elements of ", x.dtype, " have ", bits(x.dtype), " bits, those of ", op.to, " ", bits(op.to));
  return {{op.to, x.shape}};
}

void reference(const Bitcast& op, std::span<const ReadView> in, std::span<const WriteView> out) {
  if (op.to == DType::b8) {  // a boolean is 0 or 1
    for (int64_t i = 0; i < out[0].volume(); ++i) out[0].set_int(i, static_cast<const uint8_t*>(in[0].data())[i] != 0);
    return;
  }
  const size_t size = byte_size(op.to, out[0].volume());
  if (size > 0) std::memcpy(out[0].data(), in[0].data(), size);
}

Cost cost(const Bitcast&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(Bitcast& op, FieldVisitor& v) { v.field("to", op.to); }

}  // namespace dvt::ops
