#pragma once
#include <dovetail/stream.h>

#include "runtime/stream.h"

namespace dvt::api {

/// The stream behind a handle, for the length of a call: ours, or another library's (DovetailStream).
class StreamView final : public runtime::Stream {
 public:
  /// Throws Error(kInvalidArgument) when the handle is neither a live stream of the CPU device nor a default stream.
  explicit StreamView(cudaStream_t handle);

  /// nullptr where the work runs on the calling thread.
  runtime::Stream* get() noexcept { return stream_ == nullptr ? nullptr : this; }

  void enqueue(Function function, void* argument) override;
  void synchronize() noexcept override;
  bool idle() const noexcept override;
  bool recording() const noexcept override;
  void record(Function function, void* argument, Function release) override;

 private:
  DovetailStream* stream_;
};

/// Throws Error(kInvalidArgument) when it is not a live event of the CPU device.
DovetailEvent& to_event(cudaEvent_t handle);

}  // namespace dvt::api
