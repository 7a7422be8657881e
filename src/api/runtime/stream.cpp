#include "api/runtime/stream.h"

#include <dovetail/stream.h>

#include <cstdint>

#include "api/wall.h"

namespace dvt::api {

runtime::Stream* to_stream(cudaStream_t stream) noexcept {
  // The CUDA runtime's two named default streams have these numbers; both mean the calling thread here.
  constexpr uintptr_t kLargestNamedStream = 2;
  if (reinterpret_cast<uintptr_t>(stream) <= kLargestNamedStream) return nullptr;
  return reinterpret_cast<runtime::Stream*>(stream);
}

}  // namespace dvt::api

using dvt::api::to_stream;

cudaStream_t dovetailStreamCreate() noexcept {
  return dvt::api::guarded(dvt::api::Reporter(getLogger()), cudaStream_t{},
                           [] { return reinterpret_cast<cudaStream_t>(new dvt::runtime::Stream()); });
}

bool dovetailStreamSynchronize(cudaStream_t stream) noexcept {
  if (dvt::runtime::Stream* s = to_stream(stream)) s->synchronize();
  return true;
}

bool dovetailStreamQuery(cudaStream_t stream) noexcept {
  const dvt::runtime::Stream* s = to_stream(stream);
  return s == nullptr || s->idle();
}

void dovetailStreamDestroy(cudaStream_t stream) noexcept { delete to_stream(stream); }

bool dovetailStreamAddCallback(cudaStream_t stream, void (*function)(void*), void* argument) noexcept {
  const dvt::api::Reporter reporter(getLogger());
  return dvt::api::guarded(reporter, [&] {
    if (function == nullptr) throw dvt::Error(dvt::ErrorCode::kInvalidArgument, "the stream's callback is nullptr");
    if (dvt::runtime::Stream* s = to_stream(stream))
      s->enqueue(function, argument);
    else
      function(argument);
  });
}
