#pragma once

#include <cstddef>

#include <dovetail/types.h>

namespace DOVETAIL_NAMESPACE {

/// Bytes that the library made: a plan, a timing cache. Owned by the caller, freed with delete.
/// It does not depend on the object that made it.
class IHostMemory : public INoCopy {
 public:
  virtual ~IHostMemory() noexcept = default;

  virtual void* data() const noexcept = 0;
  virtual std::size_t size() const noexcept = 0;  ///< In bytes.
  virtual DataType type() const noexcept = 0;

  /// Same as delete.
  void destroy() noexcept { delete this; }
};

}  // namespace DOVETAIL_NAMESPACE
