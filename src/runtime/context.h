#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "runtime/engine.h"
#include "runtime/stream.h"

namespace dvt::runtime {

/// Result of a call that never throws: success, or the error that another call would have thrown.
class [[nodiscard]] Status {
 public:
  Status() = default;
  explicit Status(const Error& error) noexcept;
  /// Needs no memory itself.
  static Status out_of_memory() noexcept;
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  /// Precondition: !ok().
  const Error& error() const { return *error_; }

 private:
  std::shared_ptr<const Error> error_;
};

/// Told the time of each step of a run, in order, after the run, on the thread that carried it out.
struct Profiler {
  void (*report)(void* argument, const char* step, float ms) noexcept = nullptr;
  void* argument = nullptr;
};

/// Memory for an output whose shape is known only in a run, once it is known. Called on the thread that carries out
/// the run.
struct OutputAllocator {
  /// `current` is the address that was set, or what the allocator gave before. nullptr fails the run.
  void* (*reallocate)(void* argument, void* current, size_t bytes) noexcept = nullptr;
  void (*notify)(void* argument, std::span<const int64_t> dims) noexcept = nullptr;
  void* argument = nullptr;
};

/// Told of a run on a stream that failed on its way, on the thread that carried it out. Only runs whose shapes depend
/// on what their own steps report can.
struct FailureListener {
  void (*report)(void* argument, const Error& error) noexcept = nullptr;
  void* argument = nullptr;
};

/// One running state of an engine: shapes, addresses and an arena. Independent of other contexts.
/// \threadsafety Calls on one context must not overlap; different contexts may run at once.
class Context {
 public:
  ~Context();  ///< Waits for its runs that are still pending on a stream.
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Engine& engine() const;

  /// Chooses a profile; shapes and values of dynamic inputs are unset. Throws Error(kInvalidArgument).
  void set_profile(int profile);
  int profile() const;

  /// Throws Error(kInvalidArgument) naming the tensor, the axis, what was given and what the profile allows.
  void set_input_shape(std::string_view input, std::span<const int64_t> dims);
  /// Elements of an input shape tensor. Not needed when its address is set: then they are read from there by
  /// infer_shapes() and enqueue(). Throws like set_input_shape.
  void set_input_values(std::string_view input, std::span<const int64_t> values);

  /// Dims of an input as set, or of an output as they follow; -1 where that is not known yet. What is known only in a
  /// run is known when it is done, until shapes are set again.
  /// Throws Error(kInvalidArgument) when the shapes that were set contradict each other or when there is no such
  /// tensor.
  std::vector<int64_t> tensor_shape(std::string_view name);
  /// Most bytes that a tensor can have in this profile; SIZE_MAX where there is no bound.
  size_t max_bytes(std::string_view name) const;
  /// Names of inputs whose shape or values are missing; empty when all shapes are known. Throws like tensor_shape.
  std::vector<std::string> infer_shapes();

  /// An input is only read. nullptr unsets. Throws Error(kInvalidArgument): no such tensor, or not aligned to its
  /// elements.
  void set_address(std::string_view name, void* address);
  void* address(std::string_view name) const;

  /// Arena memory of at least engine().memory(profile).arena_bytes, 64-byte aligned, which must outlive the runs.
  /// Throws Error(kInvalidArgument) when it is too small or not aligned.
  void set_device_memory(void* memory, size_t bytes);

  /// Waits for this context's runs that are still pending on streams: their memory may then go.
  void wait();

  void set_profiler(Profiler profiler);
  /// For an output whose shape is known only in a run, in place of an address. Throws Error(kInvalidArgument).
  void set_output_allocator(std::string_view output, OutputAllocator allocator);
  void set_failure_listener(FailureListener listener);

  /// Runs the steps with the shapes and addresses as they are now; later changes do not touch this run. On nullptr it
  /// is done when the call returns. Runs of one context share its arena, so they must not be on two streams at once.
  /// When 64 runs of this context wait on streams, the call waits for one of them. Once a shape has run, another run of
  /// it allocates nothing and takes no lock of this context. An error in the run itself (a shape that does not fit, for
  /// what a step reported) is returned on nullptr, else told to the failure listener; the context may go on.
  /// On a stream that records, the run is kept with what it needs: replays see the shapes and addresses of now, and the
  /// memory of this context, which must not run elsewhere at the same time.
  Status enqueue(Stream* stream) noexcept;

 private:
  friend class Engine;
  struct State;
  struct Recorded;
  void record(Stream& stream) const;
  explicit Context(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // recorded runs share it
};

}  // namespace dvt::runtime
