#include "event.h"

#include "capture.h"
#include "error.h"
#include "handles.h"

namespace dvt::cudart {

Event::Event(unsigned f) : DovetailEvent{}, flags(f) {
  DovetailEvent::record = [](DovetailEvent* self, cudaStream_t handle) {
    try {
      const std::shared_ptr<Stream> stream = find_stream(handle);
      return stream && static_cast<Event*>(self)->record(*stream) == cudaSuccess;
    } catch (const std::bad_alloc&) {
      return false;
    }
  };
  magic = kDovetailEventMagic;
}

cudaError_t Event::record(Stream& stream) {
  if (stream.capturing.load(std::memory_order_relaxed)) return record_captured(*this, stream);
  forget_captured(*this);
  uint64_t recording = 0;
  {
    const std::lock_guard lock(mutex_);
    recording = ++recorded_;
  }
  return submit(stream, cudaGraphNodeTypeEventRecord,
                [self = shared_from_this(), recording] { self->mark(recording); });
}

void Event::mark(uint64_t recording) {
  const std::lock_guard lock(mutex_);
  if (recording > completed_) {
    completed_ = recording;
    time_ = std::chrono::steady_clock::now();
  }
  done_.notify_all();
}

cudaError_t Event::make_wait(Stream& stream) {
  bool handled = false;
  if (const cudaError_t error = wait_captured(*this, stream, handled); handled) return error;
  uint64_t recording = 0;
  {
    const std::lock_guard lock(mutex_);
    recording = recorded_;
    if (completed_ >= recording) return cudaSuccess;
  }
  return submit(stream, cudaGraphNodeTypeWaitEvent,
                [self = shared_from_this(), recording] { self->wait_for(recording); });
}

bool Event::complete() const {
  const std::lock_guard lock(mutex_);
  return completed_ >= recorded_;
}

void Event::wait_for(uint64_t recording) const {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return completed_ >= recording; });
}

void Event::wait() const {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this, recording = recorded_] { return completed_ >= recording; });
}

cudaError_t Event::time(std::chrono::steady_clock::time_point& at) const {
  const std::lock_guard lock(mutex_);
  if ((flags & cudaEventDisableTiming) != 0 || recorded_ == 0) return cudaErrorInvalidResourceHandle;
  if (completed_ < recorded_) return cudaErrorNotReady;
  at = time_;
  return cudaSuccess;
}

}  // namespace dvt::cudart

using namespace dvt::cudart;

namespace {

template <class Body>
cudaError_t with_event(cudaEvent_t handle, Body&& body) {
  const std::shared_ptr<Event> event = handles<Event>().find(handle);
  return event ? body(*event) : cudaErrorInvalidResourceHandle;
}

}  // namespace

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return call([&] {
    constexpr unsigned kAllowed = cudaEventBlockingSync | cudaEventDisableTiming | cudaEventInterprocess;
    if (event == nullptr || (flags & ~kAllowed) != 0) return cudaErrorInvalidValue;
    if ((flags & cudaEventInterprocess) != 0) return cudaErrorNotSupported;
    *event = reinterpret_cast<cudaEvent_t>(
        static_cast<DovetailEvent*>(handles<Event>().add(std::make_shared<Event>(flags))));
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecord(cudaEvent_t handle, cudaStream_t stream) {
  return call([&] {
    return with_event(handle,
                      [&](Event& event) { return with_stream(stream, [&](Stream& s) { return event.record(s); }); });
  });
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t handle, cudaStream_t stream, unsigned int) {
  return cudaEventRecord(handle, stream);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t handle, unsigned int) {
  return call([&] {
    return with_event(handle,
                      [&](Event& event) { return with_stream(stream, [&](Stream& s) { return event.make_wait(s); }); });
  });
}

cudaError_t cudaEventQuery(cudaEvent_t handle) {
  return call([&] {
    return with_event(handle, [](Event& event) {
      if (is_captured(event)) return cudaErrorCapturedEvent;
      return event.complete() ? cudaSuccess : cudaErrorNotReady;
    });
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t handle) {
  return call([&] {
    return with_event(handle, [](Event& event) {
      if (is_captured(event)) return cudaErrorCapturedEvent;
      if (Stream::on_a_stream() && !event.complete()) return cudaErrorNotPermitted;
      event.wait();
      return cudaSuccess;
    });
  });
}

cudaError_t cudaEventDestroy(cudaEvent_t handle) {
  return call([&] { return handles<Event>().remove(handle) ? cudaSuccess : cudaErrorInvalidResourceHandle; });
}

cudaError_t cudaEventElapsedTime(float* ms, cudaEvent_t start, cudaEvent_t end) {
  return call([&] {
    if (ms == nullptr) return cudaErrorInvalidValue;
    std::chrono::steady_clock::time_point from, to;
    const auto read = [](cudaEvent_t handle, std::chrono::steady_clock::time_point& at) {
      return with_event(handle,
                        [&](Event& event) { return is_captured(event) ? cudaErrorCapturedEvent : event.time(at); });
    };
    if (const cudaError_t error = read(start, from); error != cudaSuccess) return error;
    if (const cudaError_t error = read(end, to); error != cudaSuccess) return error;
    *ms = std::chrono::duration<float, std::milli>(to - from).count();
    return cudaSuccess;
  });
}
