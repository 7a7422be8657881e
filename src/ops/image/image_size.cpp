#include "ops/image/image_size.h"

#include "image/picture.h"
#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "image_size";

image::Size size_of(const ImageSize& op, const ReadView& x) {
  try {
    return image::read_size({static_cast<const uint8_t*>(x.data()), static_cast<size_t>(x.volume())});
  } catch (const Error& e) {
    if (op.empty_on_failure && e.code() == ErrorCode::kInvalidArgument) return {};
    throw;
  }
}

}  // namespace

std::vector<TensorType> infer(const ImageSize&, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  if (x.dtype != DType::u8 || x.rank() != 1) reject(kName, "takes the bytes of a file, u8[n], got ", x);
  return {{DType::i64, {2}}};
}

std::vector<LateSize> late_sizes(const ImageSize&, std::span<const ValueInfo>) { return {LateSize{}, LateSize{}}; }

std::optional<std::vector<Dim>> fold_value(const ImageSize&, std::span<const ValueInfo>) {
  return std::vector<Dim>{late_symbol(0), late_symbol(1)};
}

void reference(const ImageSize& op, std::span<const ReadView> in, std::span<const WriteView> out,
               std::span<int64_t> late) {
  const image::Size size = size_of(op, in[0]);
  const int64_t elements[] = {size.height, size.width};
  for (size_t i = 0; i < 2; ++i) {
    out[0].set_int(static_cast<int64_t>(i), elements[i]);
    if (!late.empty()) late[i] = elements[i];
  }
}

Cost cost(const ImageSize&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at);
}

void visit_fields(ImageSize& op, FieldVisitor& v) { v.field("empty_on_failure", op.empty_on_failure); }

}  // namespace dvt::ops
