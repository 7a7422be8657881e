#pragma once

#include <cstdint>

#include <dovetail/namespace.h>

// The opaque handles are declared the way the CUDA runtime declares them, so that its headers may be included as well.
struct CUstream_st;
typedef struct CUstream_st* cudaStream_t;
struct CUevent_st;
typedef struct CUevent_st* cudaEvent_t;

/// An order of work: enqueued work runs one after the other, concurrently with the calling thread.
/// nullptr is also a stream: on the CPU its work runs on the caller's thread and is done when the call returns.

/// A new stream of the CPU device, or nullptr when no thread can be started.
extern "C" DOVETAIL_API cudaStream_t dovetailStreamCreate() noexcept;
/// Waits until all work enqueued so far is done. False, with the reason reported, for what is no stream.
extern "C" DOVETAIL_API bool dovetailStreamSynchronize(cudaStream_t stream) noexcept;
/// True when no work is pending.
extern "C" DOVETAIL_API bool dovetailStreamQuery(cudaStream_t stream) noexcept;
/// Waits for pending work, then frees the stream. nullptr is accepted and ignored.
extern "C" DOVETAIL_API void dovetailStreamDestroy(cudaStream_t stream) noexcept;
/// Calls function(argument) once everything enqueued before has run. The function must not enqueue work itself.
extern "C" DOVETAIL_API bool dovetailStreamAddCallback(cudaStream_t stream, void (*function)(void*),
                                                       void* argument) noexcept;

/// What a stream of the CPU device points to. A program that has an executor of its own makes one of these and gives
/// its address, cast to cudaStream_t, wherever the library takes a stream; the CUDA runtime on host memory
/// (compat/cudart) does so. The functions must not throw. `recording` and `record` may be nullptr.
struct DovetailStream {
  uint64_t magic;  ///< kDovetailStreamMagic while the stream lives; anything else is refused.
  /// Calls function(argument) once everything enqueued before has run. \return False when it cannot.
  bool (*enqueue)(DovetailStream* self, void (*function)(void*), void* argument);
  /// Waits until everything enqueued so far has run. \return False when it cannot.
  bool (*synchronize)(DovetailStream* self);
  /// True when no work is pending.
  bool (*query)(DovetailStream* self);
  /// True while work is not carried out but kept to be replayed (a graph is captured).
  bool (*recording)(DovetailStream* self);
  /// While recording: keeps function(argument) for every replay, then calls release(argument) once, on any thread.
  /// \return False when it cannot; release is then not called.
  bool (*record)(DovetailStream* self, void (*function)(void*), void* argument, void (*release)(void*));
};
constexpr uint64_t kDovetailStreamMagic = 0x4d52545356545644;

/// What an event of the CPU device points to: see IExecutionContext::setInputConsumedEvent.
struct DovetailEvent {
  uint64_t magic;  ///< kDovetailEventMagic while the event lives.
  /// Marks the event when everything enqueued on the stream so far has run. \return False when it cannot.
  bool (*record)(DovetailEvent* self, cudaStream_t stream);
};
constexpr uint64_t kDovetailEventMagic = 0x544e455656545644;
