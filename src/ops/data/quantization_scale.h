#pragma once
#include <string_view>

#include "ops/op.h"

namespace dvt::ops {

/// Which element of a scale (or zero point) belongs to an element of x: per tensor, per index along an axis, per block.
class ScaleIndex {
 public:
  ScaleIndex(const ReadView& x, const ReadView& scale, int64_t axis, int64_t block_size);
  int64_t operator()(int64_t element) const;

 private:
  bool per_tensor_;
  int64_t length_, inner_, block_size_, scale_length_;
};

/// Checks scale and the optional zero point (of type `quantized`) against x.
void check_scale(std::string_view op, std::span<const ValueInfo> in, int64_t axis, int64_t block_size,
                 bool has_zero_point, DType quantized);
/// True for the types that numbers are quantized to.
bool is_quantized_type(DType t);

}  // namespace dvt::ops
