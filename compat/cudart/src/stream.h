#pragma once
#include <cuda_runtime_api.h>
#include <dovetail/stream.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace dvt::cudart {

struct Capture;
struct Node;
using Work = std::function<void()>;

/// A cudaStream_t points to one of these, and an engine of ours to its first part (DovetailStream).
class Stream : public DovetailStream {
 public:
  enum class Kind { kThread, kLegacy, kPerThread };
  Stream(Kind kind, unsigned flags, int priority);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Runs work in order: on the stream's thread, or for the default streams on the calling one, after what they wait
  /// for.
  void push(Work work);
  /// Waits until everything pushed so far has run. Not to be called on the stream's own thread.
  void wait();
  bool idle() const;
  /// Whether the calling thread is carrying out work of a stream: it must not wait for one.
  static bool on_a_stream();

  bool named() const { return kind != Kind::kThread; }
  /// Work of the legacy stream waits for that of blocking streams.
  bool blocking() const { return (flags & cudaStreamNonBlocking) == 0; }

  const Kind kind;
  const unsigned flags;
  const int priority;
  const uint64_t id;

  // While a graph is captured; guarded by graph_mutex() (capture.h).
  std::shared_ptr<Capture> capture;
  std::vector<Node*> frontier;  ///< What the next node depends on.
  std::atomic<bool> capturing{false};

 private:
  void loop();

  mutable std::mutex mutex_;  // guards what follows; the counters may be read without it
  std::condition_variable work_, done_;
  std::deque<Work> pending_;
  std::atomic<uint64_t> submitted_{0}, completed_{0};
  bool asleep_ = false;  ///< The thread waits for work_.
  int waiting_ = 0;      ///< Threads that wait for done_.
  bool stop_ = false;
  std::thread thread_;
};

/// nullptr when the handle is none.
std::shared_ptr<Stream> find_stream(cudaStream_t handle);
/// Waits for every stream, or for the blocking ones; on a stream's own thread, for none.
void wait_for_streams(bool only_blocking);

/// Gives work to a stream, or to the graph that it captures.
cudaError_t submit(Stream& stream, cudaGraphNodeType type, Work work);

/// The body of a call on a stream: body(stream), or cudaErrorInvalidResourceHandle.
template <class Body>
cudaError_t with_stream(cudaStream_t handle, Body&& body) {
  const std::shared_ptr<Stream> stream = find_stream(handle);
  return stream ? body(*stream) : cudaErrorInvalidResourceHandle;
}

}  // namespace dvt::cudart
