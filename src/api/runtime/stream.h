#pragma once
#include "api/public.h"
#include "runtime/stream.h"

namespace dvt::api {

/// nullptr for the streams whose work runs on the calling thread.
runtime::Stream* to_stream(cudaStream_t stream) noexcept;

}  // namespace dvt::api
