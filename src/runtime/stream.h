#pragma once
#include <memory>

namespace dvt::runtime {

/// An order of work: what is enqueued runs one after the other.
/// Where a `Stream*` is nullptr the work runs on the caller's thread and is done when the call returns.
/// \threadsafety Every method may be called from any thread, except the destructor.
class Stream {
 public:
  using Function = void (*)(void* argument);

  Stream() = default;
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Calls function(argument) once everything enqueued before has run. The function must not throw, and must not
  /// enqueue to or synchronize this stream. Throws Error when the stream takes no work.
  virtual void enqueue(Function function, void* argument) = 0;
  /// Waits until everything enqueued so far has run.
  virtual void synchronize() noexcept = 0;
  /// True when no work is pending.
  virtual bool idle() const noexcept = 0;

  /// True while work is kept to be replayed instead of being carried out: record() takes it then, not enqueue().
  virtual bool recording() const noexcept { return false; }
  /// Keeps function(argument) for any number of replays, one at a time; release(argument) ends them, on any thread.
  /// Throws Error when it cannot, and does not release.
  virtual void record(Function function, void* argument, Function release);
};

/// A stream with a thread of its own.
class ThreadStream final : public Stream {
 public:
  /// Throws Error(kOutOfMemory) when no thread can be started.
  ThreadStream();
  /// Waits for pending work.
  ~ThreadStream() override;

  /// Allocates and locks nothing; when 1,024 calls are pending it waits for one of them.
  void enqueue(Function function, void* argument) override;
  void synchronize() noexcept override;
  bool idle() const noexcept override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dvt::runtime
