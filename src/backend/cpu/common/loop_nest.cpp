#include "backend/cpu/common/loop_nest.h"

namespace dvt::cpu {

void dense_strides(const int64_t* dims, int rank, backend::Layout layout, int64_t* strides) {
  int64_t step = 1;
  for (int i = rank - 1; i >= 0; --i) {
    const int axis = memory_axis(layout, rank, i);
    strides[axis] = step;
    step *= dims[axis];
  }
}

}  // namespace dvt::cpu
