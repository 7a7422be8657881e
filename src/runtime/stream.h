#pragma once
#include <memory>

namespace dvt::runtime {

/// An order of work with a thread of its own that carries it out: what is enqueued runs one after the other.
/// Where a `Stream*` is nullptr the work runs on the caller's thread and is done when the call returns.
/// \threadsafety Every method may be called from any thread, except the destructor.
class Stream {
 public:
  using Function = void (*)(void* argument);

  /// Throws Error(kOutOfMemory) when no thread can be started.
  Stream();
  /// Waits for pending work.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Calls function(argument) on the stream's thread once everything enqueued before has run. The function must not
  /// throw, and must not enqueue to or synchronize this stream. Allocates and locks nothing; when 1,024 calls are
  /// pending it waits for one of them.
  void enqueue(Function function, void* argument);
  /// Waits until everything enqueued so far has run.
  void synchronize() noexcept;
  /// True when no work is pending.
  bool idle() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dvt::runtime
