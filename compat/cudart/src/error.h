#pragma once
#include <cuda_runtime_api.h>

#include <new>
#include <system_error>

namespace dvt::cudart {

/// Remembers an error as this thread's last one and returns it.
cudaError_t note(cudaError_t error) noexcept;

/// The body of a call: what it returns is noted, what it throws becomes an error.
template <class Body>
cudaError_t call(Body&& body) noexcept {
  try {
    return note(body());
  } catch (const std::bad_alloc&) {
    return note(cudaErrorMemoryAllocation);
  } catch (const std::system_error&) {
    return note(cudaErrorOperatingSystem);  // no thread could be started
  }
}

}  // namespace dvt::cudart
