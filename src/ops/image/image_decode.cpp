#include "ops/image/image_decode.h"

#include <algorithm>

#include "ops/support.h"

namespace dvt::ops {
namespace {

constexpr std::string_view kName = "image_decode";
constexpr std::string_view kPixelFormats[] = {"rgb", "bgr", "grayscale"};

}  // namespace

std::vector<TensorType> infer(const ImageDecode& op, std::span<const ValueInfo> in) {
  const TensorType& x = in[0].type;
  if (x.dtype != DType::u8 || x.rank() != 1) reject(kName, "takes the bytes of a file, u8[n], got ", x);
  const std::vector<Dim>& size = target_shape(kName, op.size, in, "size");
  if (size.size() != 2) reject(kName, "size must be height and width, got ", size.size(), " elements");
  for (const Dim& d : size)
    if (d.is_constant() && (d.constant() < 0 || d.constant() > kMaxAttribute))
      reject(kName, "size ", d, " makes no sense");
  return {{DType::u8, {late_symbol(0), size[1], image::channels(op.pixel_format)}}};
}

std::vector<LateSize> late_sizes(const ImageDecode& op, std::span<const ValueInfo> in) {
  if (in.size() > 1 && in[1].value && in[1].value->size() == 2) return {{.max = in[1].value->at(0)}};
  if (op.size.size() == 2) return {{.max = op.size[0]}};
  return {LateSize{}};
}

// The dims of the result are the size, whoever gave it.
void reference(const ImageDecode& op, std::span<const ReadView> in, std::span<const WriteView> out,
               std::span<int64_t> late) {
  const WriteView& y = out[0];
  const auto bytes = static_cast<size_t>(y.volume());
  int64_t rows = y.dim(0);
  try {
    if (bytes > 0)
      image::decode({static_cast<const uint8_t*>(in[0].data()), static_cast<size_t>(in[0].volume())}, {rows, y.dim(1)},
                    op.pixel_format, {static_cast<uint8_t*>(y.data()), bytes});
  } catch (const Error& e) {
    if (!op.empty_on_failure || e.code() != ErrorCode::kInvalidArgument) throw;
    rows = 0;
  }
  if (!late.empty()) late[0] = rows;
}

// Decoders spend some tens of operations on a pixel.
Cost cost(const ImageDecode&, std::span<const TensorType> in, std::span<const TensorType> out, const SymbolValues& at) {
  return traffic(in, out, at, 30);
}

void visit_fields(ImageDecode& op, FieldVisitor& v) {
  v.choice("pixel_format", op.pixel_format, kPixelFormats);
  v.field("empty_on_failure", op.empty_on_failure);
  v.field("size", op.size);
}

}  // namespace dvt::ops
