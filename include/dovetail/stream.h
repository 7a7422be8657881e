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
/// Waits until all work enqueued so far is done. Always true: what cannot run is refused when it is enqueued.
extern "C" DOVETAIL_API bool dovetailStreamSynchronize(cudaStream_t stream) noexcept;
/// True when no work is pending.
extern "C" DOVETAIL_API bool dovetailStreamQuery(cudaStream_t stream) noexcept;
/// Waits for pending work, then frees the stream. nullptr is accepted and ignored.
extern "C" DOVETAIL_API void dovetailStreamDestroy(cudaStream_t stream) noexcept;
/// Calls function(argument) once everything enqueued before has run. The function must not enqueue work itself.
extern "C" DOVETAIL_API bool dovetailStreamAddCallback(cudaStream_t stream, void (*function)(void*),
                                                       void* argument) noexcept;
