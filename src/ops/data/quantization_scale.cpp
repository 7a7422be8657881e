#include "ops/data/quantization_scale.h"

#include "ops/support.h"

namespace dvt::ops {
namespace {

bool is_one_element(const Shape& s) { return s.volume() == Dim(1) && s.rank() <= 1; }

void check_blocks(std::string_view op, const TensorType& x, const TensorType& scale, int axis, int64_t block_size) {
  require_rank(op, scale, x.rank(), "scale with a block size");
  for (int a = 0; a < x.rank(); ++a)
    require_same_dim(op, scale.shape[a], a == axis ? ceildiv(x.shape[a], Dim(block_size)) : x.shape[a],
                     concat("dimension ", a, " of scale"));
}

}  // namespace

ScaleIndex::ScaleIndex(const ReadView& x, const ReadView& scale, int64_t axis, int64_t block_size)
    : per_tensor_(scale.rank() <= 1 && scale.volume() == 1), length_(1), inner_(1), block_size_(1), scale_length_(1) {
  if (per_tensor_) return;
  const AxisSplit split = split_at(x.dims(), axis);
  length_ = split.length;
  inner_ = split.inner;
  if (block_size > 0) {
    block_size_ = block_size;
    scale_length_ = split_at(scale.dims(), axis).length;
  } else {
    scale_length_ = 0;  // one vector for every outer index
  }
}

int64_t ScaleIndex::operator()(int64_t element) const {
  if (per_tensor_) return 0;
  const int64_t position = element / inner_ % length_;
  if (scale_length_ == 0) return position;
  return (element / (inner_ * length_) * scale_length_ + position / block_size_) * inner_ + element % inner_;
}

void check_scale(std::string_view op, std::span<const ValueInfo> in, int64_t axis, int64_t block_size,
                 bool has_zero_point, DType quantized) {
  const TensorType &x = in[0].type, &scale = in[1].type;
  require_floating(op, scale.dtype, "scale");
  const size_t expected = has_zero_point ? 3 : 2;
  if (in.size() != expected) reject(op, "expected ", expected, " inputs, got ", in.size());
  if (block_size < 0 || block_size > kMaxAttribute) reject(op, "block_size must be 0 or more, got ", block_size);
  if (block_size > 0)
    check_blocks(op, x, scale, checked_axis(op, axis, x.rank()), block_size);
  else if (!is_one_element(scale.shape))
    require_vector(op, scale, x.shape[checked_axis(op, axis, x.rank())], "scale");
  if (!has_zero_point) return;
  const TensorType& zero = in[2].type;
  if (zero.dtype != quantized) reject(op, "zero point must be ", quantized, ", got ", zero);
  if (zero.rank() != scale.rank()) reject(op, "zero point must have the shape of scale ", scale, ", got ", zero);
  for (int a = 0; a < zero.rank(); ++a) require_same_dim(op, zero.shape[a], scale.shape[a], "dimension of zero point");
}

bool is_quantized_type(DType t) {
  switch (t) {
    case DType::i8:
    case DType::u8:
    case DType::i16:
    case DType::u16:
    case DType::i32:
    case DType::i4:
    case DType::u4:
    case DType::i2:
    case DType::u2:
    case DType::f8e4m3:
    case DType::f8e5m2:
    case DType::f8e4m3fnuz:
    case DType::f8e5m2fnuz:
    case DType::f4e2m1:
      return true;
    default:
      return false;
  }
}

}  // namespace dvt::ops
