#include "stream.h"

#include <chrono>

#include "capture.h"
#include "error.h"
#include "handles.h"

namespace dvt::cudart {
namespace {

thread_local const Stream* running = nullptr;  // the stream whose work this thread carries out
std::atomic<uint64_t> next_id{1};
std::atomic<int64_t> blocking_work{0};  // pending on blocking streams

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

/// Asks for some microseconds before a thread sleeps: shorter than anyone notices, longer than waking takes.
template <class Done>
bool poll(const Done& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(30);
  do {
    for (int i = 0; i < 32; ++i) {
      if (done()) return true;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

bool take(DovetailStream* self, void (*function)(void*), void* argument) {
  try {
    return submit(*static_cast<Stream*>(self), cudaGraphNodeTypeKernel, [=] { function(argument); }) == cudaSuccess;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool wait_for(DovetailStream* self) {
  static_cast<Stream*>(self)->wait();
  return true;
}

/// Work that a library put into a graph, shared by the graph and its clones.
struct Recorded {
  void (*function)(void*);
  void* argument;
  void (*release)(void*);
  ~Recorded() {
    if (release != nullptr) release(argument);
  }
};

bool record(DovetailStream* self, void (*function)(void*), void* argument, void (*release)(void*)) {
  const auto recorded = std::make_shared<Recorded>(Recorded{function, argument, nullptr});
  const cudaError_t error = submit(*static_cast<Stream*>(self), cudaGraphNodeTypeKernel,
                                   [recorded] { recorded->function(recorded->argument); });
  if (error != cudaSuccess) return false;
  recorded->release = release;
  return true;
}

}  // namespace

Stream::Stream(Kind k, unsigned f, int p) : DovetailStream{}, kind(k), flags(f), priority(p), id(next_id++) {
  DovetailStream::enqueue = &take;
  DovetailStream::synchronize = &wait_for;
  DovetailStream::query = [](DovetailStream* self) { return static_cast<Stream*>(self)->idle(); };
  DovetailStream::recording = [](DovetailStream* self) {
    return static_cast<Stream*>(self)->capturing.load(std::memory_order_relaxed);
  };
  DovetailStream::record = &cudart::record;
  if (kind == Kind::kThread) thread_ = std::thread([this] { loop(); });
  magic = kDovetailStreamMagic;
}

Stream::~Stream() {
  magic = 0;
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void Stream::push(Work work) {
  if (named()) {
    if (kind == Kind::kLegacy) wait_for_streams(true);
    return work();
  }
  if (blocking()) blocking_work.fetch_add(1);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    pending_.push_back(std::move(work));
    submitted_.fetch_add(1);
    wake = asleep_;
  }
  if (wake) work_.notify_one();
}

void Stream::loop() {
  running = this;
  for (uint64_t taken = 0;; ++taken) {
    poll([&] { return submitted_.load() != taken; });
    std::unique_lock lock(mutex_);
    asleep_ = true;
    work_.wait(lock, [this] { return !pending_.empty() || stop_; });
    asleep_ = false;
    if (pending_.empty()) return;
    Work work = std::move(pending_.front());
    pending_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds goes before the work counts as done
    if (blocking()) blocking_work.fetch_sub(1);
    lock.lock();
    completed_.fetch_add(1);
    if (waiting_ > 0) done_.notify_all();
  }
}

void Stream::wait() {
  if (named()) {
    if (kind == Kind::kLegacy) wait_for_streams(true);
    return;
  }
  const uint64_t ticket = submitted_.load();
  if (poll([&] { return completed_.load() >= ticket; })) return;
  std::unique_lock lock(mutex_);
  ++waiting_;
  done_.wait(lock, [&] { return completed_.load() >= ticket; });
  --waiting_;
}

bool Stream::idle() const { return completed_.load() == submitted_.load(); }

bool Stream::on_a_stream() { return running != nullptr; }

std::shared_ptr<Stream> find_stream(cudaStream_t handle) {
  static auto* legacy = new auto(std::make_shared<Stream>(Stream::Kind::kLegacy, 0U, 0));
  static auto* per_thread = new auto(std::make_shared<Stream>(Stream::Kind::kPerThread, 0U, 0));
  if (handle == nullptr || handle == cudaStreamLegacy) return *legacy;
  if (handle == cudaStreamPerThread) return *per_thread;
  return handles<Stream>().find(handle);
}

void wait_for_streams(bool only_blocking) {
  if (Stream::on_a_stream()) return;
  if (only_blocking && blocking_work.load() == 0) return;
  for (const std::shared_ptr<Stream>& stream : handles<Stream>().all())
    if (stream->blocking() || !only_blocking) stream->wait();
}

cudaError_t submit(Stream& stream, cudaGraphNodeType type, Work work) {
  if (stream.capturing.load(std::memory_order_relaxed)) return add_captured(stream, type, std::move(work));
  if (stream.kind == Stream::Kind::kLegacy && captures_blocking_stream()) return cudaErrorStreamCaptureImplicit;
  stream.push(std::move(work));
  return cudaSuccess;
}

}  // namespace dvt::cudart

using namespace dvt::cudart;

/// What the engine's default stream is: see include/dovetail/stream.h.
extern "C" __attribute__((visibility("default"))) DovetailStream* dovetailDefaultStream() {
  static Stream* legacy = find_stream(nullptr).get();
  return legacy;
}

namespace {

cudaError_t create(cudaStream_t* to, unsigned flags, int priority) {
  return call([&] {
    if (to == nullptr || (flags & ~unsigned{cudaStreamNonBlocking}) != 0) return cudaErrorInvalidValue;
    auto stream = std::make_shared<Stream>(Stream::Kind::kThread, flags, priority);
    *to = reinterpret_cast<cudaStream_t>(handles<Stream>().add(std::move(stream)));
    return cudaSuccess;
  });
}

constexpr int kGreatestPriority = -5;  // numerically lower is more urgent; streams share the cores fairly all the same

}  // namespace

cudaError_t cudaStreamCreate(cudaStream_t* pStream) { return create(pStream, cudaStreamDefault, 0); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* pStream, unsigned int flags) { return create(pStream, flags, 0); }

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* pStream, unsigned int flags, int priority) {
  return create(pStream, flags, priority < kGreatestPriority ? kGreatestPriority : priority > 0 ? 0 : priority);
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* leastPriority, int* greatestPriority) {
  if (leastPriority != nullptr) *leastPriority = 0;
  if (greatestPriority != nullptr) *greatestPriority = kGreatestPriority;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t handle) {
  return call([&] {
    std::shared_ptr<Stream> stream = handles<Stream>().remove(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    drop_capture(*stream);
    // A stream cannot join its own thread, nor one that waits for it: someone else then waits for its work.
    if (Stream::on_a_stream()) std::thread([s = std::move(stream)]() mutable { s.reset(); }).detach();
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  return call([&] {
    return with_stream(handle, [](Stream& stream) {
      if (const cudaError_t error = refuse_while_capturing(stream); error != cudaSuccess) return error;
      if (Stream::on_a_stream()) return cudaErrorNotPermitted;
      stream.wait();
      return cudaSuccess;
    });
  });
}

cudaError_t cudaStreamQuery(cudaStream_t handle) {
  return call([&] {
    return with_stream(handle, [](Stream& stream) {
      if (const cudaError_t error = refuse_while_capturing(stream); error != cudaSuccess) return error;
      return stream.idle() ? cudaSuccess : cudaErrorNotReady;
    });
  });
}

cudaError_t cudaStreamAddCallback(cudaStream_t handle, cudaStreamCallback_t callback, void* userData,
                                  unsigned int flags) {
  return call([&] {
    if (callback == nullptr || flags != 0) return cudaErrorInvalidValue;
    return with_stream(handle, [&](Stream& stream) {
      return submit(stream, cudaGraphNodeTypeHost, [=] { callback(handle, cudaSuccess, userData); });
    });
  });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t handle, cudaHostFn_t fn, void* userData) {
  return call([&] {
    if (fn == nullptr) return cudaErrorInvalidValue;
    return with_stream(handle,
                       [&](Stream& stream) { return submit(stream, cudaGraphNodeTypeHost, [=] { fn(userData); }); });
  });
}

cudaError_t cudaStreamGetFlags(cudaStream_t handle, unsigned int* flags) {
  return call([&] {
    if (flags == nullptr) return cudaErrorInvalidValue;
    return with_stream(handle, [&](Stream& stream) {
      *flags = stream.flags;
      return cudaSuccess;
    });
  });
}

cudaError_t cudaStreamGetPriority(cudaStream_t handle, int* priority) {
  return call([&] {
    if (priority == nullptr) return cudaErrorInvalidValue;
    return with_stream(handle, [&](Stream& stream) {
      *priority = stream.priority;
      return cudaSuccess;
    });
  });
}

cudaError_t cudaStreamGetId(cudaStream_t handle, unsigned long long* streamId) {
  return call([&] {
    if (streamId == nullptr) return cudaErrorInvalidValue;
    return with_stream(handle, [&](Stream& stream) {
      *streamId = stream.id;
      return cudaSuccess;
    });
  });
}

cudaError_t cudaStreamAttachMemAsync(cudaStream_t handle, void* devPtr, size_t, unsigned int) {
  return call([&] {
    if (devPtr == nullptr) return cudaErrorInvalidValue;
    return with_stream(handle, [](Stream&) { return cudaSuccess; });
  });
}
