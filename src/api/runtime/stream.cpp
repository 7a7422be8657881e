#include "api/runtime/stream.h"

#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include "api/wall.h"

/// The default stream of a CUDA runtime on host memory, when one is loaded before this library: its work waits for that
/// of other streams, as programs expect of CUDA's.
extern "C" DovetailStream* dovetailDefaultStream() __attribute__((weak, visibility("default")));

namespace dvt::api {
namespace {

/// Handles up to this are the CUDA runtime's names of default streams.
constexpr uintptr_t kLargestNamedStream = 2;

/// Whether the word at an address can be read, asked of the kernel so that a bad address is no crash.
bool readable(const void* address) noexcept {
  uint64_t word = 0;
  iovec to{&word, sizeof word};
  iovec from{const_cast<void*>(address), sizeof word};
  return process_vm_readv(getpid(), &to, 1, &from, 1, 0) >= 0 || errno != EFAULT;
}

/// As pointers are written.
std::string hex(const void* handle) {
  char text[2 * sizeof handle + 3];
  std::snprintf(text, sizeof text, "%p", handle);
  return text;
}

/// Asks the kernel only about addresses other than the latest good one, which keeps it off the hot path.
bool has_magic(const void* handle, uint64_t magic, std::atomic<const void*>& latest_good) noexcept {
  if (reinterpret_cast<uintptr_t>(handle) % alignof(uint64_t) != 0) return false;
  if (latest_good.load(std::memory_order_relaxed) != handle && !readable(handle)) return false;
  if (*static_cast<const uint64_t*>(handle) != magic) return false;
  latest_good.store(handle, std::memory_order_relaxed);
  return true;
}

DovetailStream* find_stream(cudaStream_t handle) {
  if (reinterpret_cast<uintptr_t>(handle) <= kLargestNamedStream)
    return dovetailDefaultStream ? dovetailDefaultStream() : nullptr;
  static std::atomic<const void*> latest_good{nullptr};
  if (!has_magic(handle, kDovetailStreamMagic, latest_good))
    throw Error(ErrorCode::kInvalidArgument, "the stream ", hex(handle),
                " is not a stream of the CPU device: it was destroyed, or another library made it. Use nullptr, "
                "dovetailStreamCreate or a DovetailStream");
  return reinterpret_cast<DovetailStream*>(handle);
}

/// A stream that dovetailStreamCreate made.
struct OwnStream : DovetailStream {
  OwnStream();
  ~OwnStream() { magic = 0; }
  static runtime::ThreadStream& of(DovetailStream* self) { return static_cast<OwnStream*>(self)->thread; }
  static bool take(DovetailStream* self, void (*function)(void*), void* argument) noexcept;

  runtime::ThreadStream thread;
};

bool OwnStream::take(DovetailStream* self, void (*function)(void*), void* argument) noexcept {
  try {
    of(self).enqueue(function, argument);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

OwnStream::OwnStream() : DovetailStream{} {
  DovetailStream::enqueue = &OwnStream::take;
  DovetailStream::synchronize = [](DovetailStream* self) {
    of(self).synchronize();
    return true;
  };
  DovetailStream::query = [](DovetailStream* self) { return of(self).idle(); };
  magic = kDovetailStreamMagic;
}

}  // namespace

StreamView::StreamView(cudaStream_t handle) : stream_(find_stream(handle)) {}

void StreamView::enqueue(Function function, void* argument) {
  if (!stream_->enqueue(stream_, function, argument)) throw Error(ErrorCode::kInvalidState, "the stream takes no work");
}

void StreamView::synchronize() noexcept { stream_->synchronize(stream_); }

bool StreamView::idle() const noexcept { return stream_->query(stream_); }

bool StreamView::recording() const noexcept { return stream_->recording && stream_->recording(stream_); }

void StreamView::record(Function function, void* argument, Function release) {
  if (!stream_->record || !stream_->record(stream_, function, argument, release))
    throw Error(ErrorCode::kInvalidState, "the stream takes no work into its graph");
}

DovetailEvent& to_event(cudaEvent_t handle) {
  static std::atomic<const void*> latest_good{nullptr};
  if (!has_magic(handle, kDovetailEventMagic, latest_good))
    throw Error(ErrorCode::kInvalidArgument, "the event ", hex(handle),
                " is not an event of the CPU device: it was destroyed, or another library made it");
  return *reinterpret_cast<DovetailEvent*>(handle);
}

}  // namespace dvt::api

namespace {

using dvt::api::StreamView;

/// Calls body with the stream behind a handle, or nullptr; false when there is no such stream.
template <class Body>
bool with_stream(cudaStream_t handle, Body&& body) noexcept {
  return dvt::api::guarded(dvt::api::Reporter(getLogger()), false, [&] { return body(StreamView(handle).get()); });
}

}  // namespace

cudaStream_t dovetailStreamCreate() noexcept {
  return dvt::api::guarded(dvt::api::Reporter(getLogger()), cudaStream_t{}, [] {
    return reinterpret_cast<cudaStream_t>(static_cast<DovetailStream*>(new dvt::api::OwnStream()));
  });
}

bool dovetailStreamSynchronize(cudaStream_t stream) noexcept {
  return with_stream(stream, [](dvt::runtime::Stream* s) {
    if (s != nullptr) s->synchronize();
    return true;
  });
}

bool dovetailStreamQuery(cudaStream_t stream) noexcept {
  return with_stream(stream, [](dvt::runtime::Stream* s) { return s == nullptr || s->idle(); });
}

void dovetailStreamDestroy(cudaStream_t stream) noexcept {
  if (stream == nullptr) return;
  with_stream(stream, [&](dvt::runtime::Stream* s) {
    auto* made = reinterpret_cast<DovetailStream*>(stream);
    if (s == nullptr || made->enqueue != &dvt::api::OwnStream::take)
      throw dvt::Error(dvt::ErrorCode::kInvalidArgument, "the stream was not made by dovetailStreamCreate");
    delete static_cast<dvt::api::OwnStream*>(made);
    return true;
  });
}

bool dovetailStreamAddCallback(cudaStream_t stream, void (*function)(void*), void* argument) noexcept {
  return with_stream(stream, [&](dvt::runtime::Stream* s) {
    if (function == nullptr) throw dvt::Error(dvt::ErrorCode::kInvalidArgument, "the stream's callback is nullptr");
    if (s != nullptr)
      s->enqueue(function, argument);
    else
      function(argument);
    return true;
  });
}
