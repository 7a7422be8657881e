#include "backend/cpu/common/loop_nest.h"

namespace dvt::cpu {

using backend::memory_axis;

void dense_strides(const int64_t* dims, int rank, backend::Layout layout, int64_t* strides) {
  int64_t step = 1;
  for (int i = rank - 1; i >= 0; --i) {
    const int axis = memory_axis(layout, rank, i);
    strides[axis] = step;
    step *= dims[axis];
  }
}

void element_strides(const backend::TensorRef& t, backend::Layout layout, int64_t* strides) {
  int64_t step = 1;
  for (int i = t.rank - 1; i >= 0; --i) {
    const int axis = memory_axis(layout, t.rank, i);
    strides[axis] = step;
    step = axis == t.slice_axis ? t.pitch : step * t.dims[axis];
  }
}

ImageStrides image_strides(const backend::TensorRef& t, backend::Layout layout) {
  const int64_t positions = volume(t.dims + 2, t.rank - 2), channels = t.dims[1];
  if (layout == backend::Layout::plain) return {t.slice_axis == 1 ? t.pitch : channels * positions, 1};
  const int64_t position = t.slice_axis == 1 ? t.pitch : channels;
  return {positions * position, position};
}

backend::TensorRef typical_ref(const backend::Operand& o, const std::vector<int64_t>& dims) {
  backend::TensorRef t{nullptr, dims.data(), o.rank(), 0, o.slice_axis};
  if (o.is_slice()) t.pitch = 2 * block_elements(o, dims);
  return t;
}

}  // namespace dvt::cpu
