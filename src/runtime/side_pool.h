#pragma once
#include <vector>

#include "base/aligned_buffer.h"

namespace dvt::runtime {

/// A context's memory for values whose size has no bound before the run: buffers that grow and are kept.
class SidePool {
 public:
  /// At least `bytes` of buffer `slot`, whose contents are lost when it grows. Throws std::bad_alloc.
  std::byte* reserve(int slot, size_t bytes) {
    const auto i = static_cast<size_t>(slot);
    if (i >= buffers_.size()) buffers_.resize(i + 1);
    if (buffers_[i].size() < bytes) {
      buffers_[i] = AlignedBuffer();  // before the larger one: the two need not exist at once
      buffers_[i] = AlignedBuffer(bytes + bytes / 4);
    }
    return buffers_[i].data();
  }

 private:
  std::vector<AlignedBuffer> buffers_;
};

}  // namespace dvt::runtime
